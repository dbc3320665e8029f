"""UniPC of Zhao et al. 2023."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from sdtui.engine.sampling.steps import Noise, Point, Sigmas, Steps, walk

ORDER = 2
"""What its authors advise under guidance; the third order is for none."""


class Guess(NamedTuple):
    """A guess of the clean latents, and the sigma it was made at."""

    denoised: Tensor
    sigma: float


def unipc(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """UniPC-2 with B2(h) = 1 − exp(−h) on the guess of the clean latents: algorithms 5 and 6, no guess beyond one a step."""
    x, start, order = latents, latents, 0
    held: list[Guess] = []
    for step, sigma, following in walk(sigmas):
        denoised = yield Point(x, sigma, step)
        if held:
            x = _unified(start, held[:order], sigma, Guess(denoised, sigma))
        if following == 0:
            return denoised
        held = [Guess(denoised, sigma), *held[: ORDER - 1]]
        order = min(ORDER, step, len(sigmas) - step)
        start = x
        x = _unified(start, held[:order], following, None)
    return x


def _unified(x: Tensor, held: list[Guess], following: float, arrived: Guess | None) -> Tensor:
    """From the newest guess's sigma to `following`: the predictor, or the corrector where a guess at the end is known."""
    newest = held[0]
    h = math.log(newest.sigma / following)
    known = held[1:] if arrived is None else [*held[1:], arrived]
    result = x * (following / newest.sigma) - newest.denoised * math.expm1(-h)
    if not known:
        return result
    places = [math.log(newest.sigma / guess.sigma) / h for guess in known]
    for guess, place, share in zip(known, places, _shares(places, h), strict=True):
        result = result + (guess.denoised - newest.denoised) * (share / place * -math.expm1(-h))
    return result


def _shares(places: list[float], h: float) -> list[float]:
    """Zhao et al. 2023, equation 9: what each known difference counts, so that all orders up to their number vanish.

    A single one counts a half, whatever h (their proposition on UniP-2 and UniC-1).
    """
    if len(places) == 1:
        return [0.5]
    phi, sides = math.expm1(-h) / -h - 1, []
    for power in range(1, len(places) + 1):
        sides.append(phi * math.factorial(power) / math.expm1(-h))
        phi = phi / -h - 1 / math.factorial(power + 1)
    rows = [[place**power for place in places] for power in range(len(places))]
    matrix = torch.tensor(rows, dtype=torch.float64)
    solved: list[float] = torch.linalg.solve(matrix, torch.tensor(sides, dtype=torch.float64)).tolist()
    return solved
