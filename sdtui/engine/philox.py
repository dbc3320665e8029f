"""A CUDA card's normal noise, computed anywhere."""

from __future__ import annotations

import math

import torch
from torch import Tensor

ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
WORD = 0xFFFFFFFF


def philox(counters: tuple[Tensor, Tensor, Tensor, Tensor], key: tuple[int, int]) -> tuple[Tensor, ...]:
    """Salmon et al. 2011, Philox 4×32-10: four random words of 32 bits for each counter of four, all held in int64."""
    first, second, third, fourth = counters
    low, high = key
    for _ in range(ROUNDS):
        # int64 wraps, and its shift carries the sign: the mask takes both out again
        even, odd = first * MULTIPLIERS[0], third * MULTIPLIERS[1]
        first, second = ((odd >> 32) & WORD) ^ second ^ low, odd & WORD
        third, fourth = ((even >> 32) & WORD) ^ fourth ^ high, even & WORD
        low, high = (low + WEYL[0]) & WORD, (high + WEYL[1]) & WORD
    return first, second, third, fourth


def box_muller(one: Tensor, other: Tensor) -> Tensor:
    """Normal numbers from two words each, in the float32 arithmetic of cuRAND's first output."""
    uniform = one.float() * 2.0**-32 + 2.0**-33
    angle = other.float() * (2.0**-32 * 2 * math.pi) + 2.0**-33 * 2 * math.pi
    return torch.sqrt(-2.0 * torch.log(uniform)) * torch.sin(angle)


class CudaNoise:
    """What torch.randn gives on a CUDA card after torch.manual_seed, draw by draw.

    Each element has a thread of its own on the card, so its number is the counter's third word, and the draw is the first. It
    holds up to the number of threads a card runs at once, at least 65,536, the latents of 1024 × 1024 pixels; a larger draw is laid out
    otherwise by each card, and here as if there were enough threads.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self._key = (seed & WORD, seed >> 32 & WORD)
        self._device = device
        self._draws = 0

    def __call__(self, shape: tuple[int, ...]) -> Tensor:
        """The next draw: float32 on the device."""
        threads = torch.arange(math.prod(shape), device=self._device)
        nothing = torch.zeros_like(threads)
        one, other, _, _ = philox((nothing + self._draws, nothing, threads, nothing), self._key)
        self._draws += 1
        return box_muller(one, other).view(shape)
