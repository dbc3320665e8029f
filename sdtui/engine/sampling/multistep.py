"""Linear multistep methods: one guess a step, and the slopes of the steps before."""

from __future__ import annotations

import math

from torch import Tensor

from sdtui.engine.sampling.steps import Noise, Point, Sigmas, Steps, walk

ORDER = 4
GAUSS = 1 / math.sqrt(3)
ADAMS = (
    (3 / 2, -1 / 2),
    (23 / 12, -16 / 12, 5 / 12),
    (55 / 24, -59 / 24, 37 / 24, -9 / 24),
)


def lms(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """Adams and Bashforth's method of order 4 for steps of any width (Hairer et al., III.5): the polynomial through the last
    slopes, integrated over sigma.
    """
    x = latents
    slopes: list[Tensor] = []
    for step, sigma, following in walk(sigmas):
        denoised = yield Point(x, sigma, step)
        slopes = [(x - denoised) / sigma, *slopes[: ORDER - 1]]
        knots = sigmas[step - len(slopes) : step][::-1]
        for slope, share in zip(slopes, adams_shares(knots, following), strict=True):
            x = x + slope * share
    return x


def plms(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """Liu et al. 2022 (PNDM), algorithm 2 begun with a pseudo improved Euler step: Adams and Bashforth's method of order 4.

    Its coefficients are those of evenly spread timesteps, on any schedule.
    """
    x = latents
    slopes: list[Tensor] = []
    for step, sigma, following in walk(sigmas):
        denoised = yield Point(x, sigma, step)
        slopes = [(x - denoised) / sigma, *slopes[: ORDER - 1]]
        slope = slopes[0]
        if len(slopes) > 1:
            shares = ADAMS[len(slopes) - 2]
            slope = sum((one * share for one, share in zip(slopes, shares, strict=True)), start=slope * 0)
        elif following > 0:
            ahead = x + slope * (following - sigma)
            denoised = yield Point(ahead, following, step)
            slope = (slope + (ahead - denoised) / following) / 2
        x = x + slope * (following - sigma)
    return x


def adams_shares(knots: tuple[float, ...], following: float) -> tuple[float, ...]:
    """The integral from the first knot to `following` of each knot's Lagrange polynomial.

    Gauss and Legendre's rule with two points, which is exact for the cubic that four knots make.
    """
    middle, half = (following + knots[0]) / 2, (following - knots[0]) / 2
    points = (middle - half * GAUSS, middle + half * GAUSS)
    return tuple(half * sum(_lagrange(knots, place, point) for point in points) for place in range(len(knots)))


def _lagrange(knots: tuple[float, ...], place: int, point: float) -> float:
    """1 at the knot of this place, 0 at the others."""
    others = (knot for other, knot in enumerate(knots) if other != place)
    return math.prod((point - knot) / (knots[place] - knot) for knot in others)
