"""Euler's method, its ancestral form, Heun's, and Restart, which walks Heun's steps up and down."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from itertools import pairwise

from torch import Tensor

from sdtui.engine.sampling.steps import Noise, Point, Sigmas, Steps, Unconditional, ancestral_step, walk

RESTART_LOW, RESTART_HIGH = 0.1, 2.0
RESTART_FROM, RESTART_TWICE_FROM = 20, 36
RESTART_STEPS = 9


def euler(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """Karras et al. 2022, algorithm 2 without churn and without the second-order correction: Euler's method."""
    x = latents
    for step, sigma, following in walk(sigmas):
        denoised = yield Point(x, sigma, step)
        slope = (x - denoised) / sigma
        x = x + slope * (following - sigma)
    return x


def euler_ancestral(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """Song et al. 2020 (score SDE), ancestral sampling: Euler's step to a lower sigma, and fresh noise up to the next."""
    x = latents
    for step, sigma, following in walk(sigmas):
        denoised = yield Point(x, sigma, step)
        down, up = ancestral_step(sigma, following, noise.eta)
        slope = (x - denoised) / sigma
        x = x + slope * (down - sigma)
        if up > 0:
            x = x + noise() * up
    return x


def heun(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """Karras et al. 2022, algorithm 1: Euler's step, then the mean of the slopes at both of its ends."""
    x = latents
    for step, sigma, following in walk(sigmas):
        x = yield from _heun_step(x, sigma, following, step)
    return x


def restart(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """Xu et al. 2023, algorithm 1: where sigma rises, noise is added up to it, and the way down is walked again."""
    x, step = latents, 0
    for sigma, following in pairwise(sigmas):
        if following > sigma:
            x = x + noise() * math.sqrt(following**2 - sigma**2)
        else:
            step += 1
            x = yield from _heun_step(x, sigma, following, step)
    return x


def restart_route(schedule: Callable[[int], Sigmas], back: Callable[[float, float, int], Sigmas], steps: int) -> Sigmas:
    """The sigmas of a run with restarts from about 0.1 up to about 2, `steps` falling pairs in all.

    Nine steps go into one restart from 20 steps on, two quarters of the steps into two from 36 on, as in A1111.
    `back(high, low, points)`: sigmas from high to low, both among them.
    """
    times = 0 if steps < RESTART_FROM else 1 if steps < RESTART_TWICE_FROM else 2
    length = RESTART_STEPS if times == 1 else steps // 4
    sigmas = schedule(steps - length * times)
    low, high = _nearest(sigmas, RESTART_LOW), _nearest(sigmas, RESTART_HIGH)
    if not times or high >= low:
        return schedule(steps)
    again = (*back(sigmas[high], sigmas[low], length + 1)[:-1], sigmas[low])
    return (*sigmas[: low + 1], *again * times, *sigmas[low + 1 :])


def _heun_step(
    x: Tensor, sigma: float, following: float, step: int
) -> Generator[Point | Unconditional, Tensor, Tensor]:
    denoised = yield Point(x, sigma, step)
    slope = (x - denoised) / sigma
    ahead = x + slope * (following - sigma)
    if following == 0:
        return ahead
    denoised = yield Point(ahead, following, step)
    return x + (slope + (ahead - denoised) / following) / 2 * (following - sigma)


def _nearest(sigmas: Sigmas, wanted: float) -> int:
    """The place of the sigma nearest to one, 0 left out."""
    return min(
        (place for place, sigma in enumerate(sigmas) if sigma > 0), key=lambda place: abs(sigmas[place] - wanted)
    )
