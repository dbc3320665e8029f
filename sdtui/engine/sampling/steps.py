"""What a sampler yields and is handed."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from itertools import pairwise
from typing import NamedTuple, Protocol

from torch import Tensor

Sigmas = tuple[float, ...]


class Point(NamedTuple):
    """Latents to be denoised at a sigma, for step `step` (from 1); answered with the guess of the clean latents there.

    latents: (4, height/8, width/8), clean latents plus sigma times unit noise; the answer has the same shape.
    """

    latents: Tensor
    sigma: float
    step: int


class Unconditional(NamedTuple):
    """Answered at once with the guess at the last point as it is without the prompt's pull."""


class Noise(Protocol):
    """The chance in a run, all of it from the picture's own seed.

    `eta`: how much of the noise that a sampler could add is added, 0..1.
    """

    @property
    def eta(self) -> float:
        """0 adds none, 1 all."""

    def __call__(self) -> Tensor:
        """The next unit noise."""

    def between(self, sigma: float, following: float) -> Tensor:
        """Unit noise of the way from a sigma down to another: the same path however many steps it is walked in."""


Steps = Generator[Point | Unconditional, Tensor, Tensor]
Sample = Callable[[Tensor, Sigmas, Noise], Steps]


def walk(sigmas: Sigmas) -> Iterator[tuple[int, float, float]]:
    """(step from 1, sigma, the sigma after it) for every step of a run."""
    for step, (sigma, following) in enumerate(pairwise(sigmas), 1):
        yield step, sigma, following


def ancestral_step(sigma: float, following: float, eta: float = 1.0) -> tuple[float, float]:
    """The sigma to step down to and the sigma of the noise to add, so that together they are `following`.

    Song et al. 2020 (score SDE), appendix F; with eta the noise of DDIM's equation 16, which is the same in these coordinates.
    """
    up = min(following, eta * math.sqrt(following**2 * (sigma**2 - following**2) / sigma**2))
    return math.sqrt(following**2 - up**2), up
