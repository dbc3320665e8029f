"""DPM-Solver of Lu et al. 2022 (NeurIPS): singlestep methods on the predicted noise, and the midpoint steps called DPM2."""

from __future__ import annotations

import math
from collections.abc import Generator

import torch
from torch import Tensor

from sdtui.engine.sampling.steps import Noise, Point, Sigmas, Steps, Unconditional, ancestral_step, walk

MOST_TRIES = 60
FIRST_WIDTH = 0.05
TOLERANCE, RELATIVE_TOLERANCE = 0.0078, 0.05
CAUTION, MOST_GROWTH = 0.9, 5.0

Solving = Generator[Point | Unconditional, Tensor, tuple[Tensor, Tensor]]


def dpm2(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """DPM-Solver-2 with r = 1/2 (Lu et al. 2022, algorithm 1), in the form of Karras et al. 2022: the slope half-way in lambda."""
    x = latents
    for step, sigma, following in walk(sigmas):
        x = yield from _midpoint_step(x, sigma, following, step)
    return x


def dpm2_ancestral(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """The midpoint step to a lower sigma, and fresh noise up to the next (Song et al. 2020)."""
    x = latents
    for step, sigma, following in walk(sigmas):
        down, up = ancestral_step(sigma, following, noise.eta)
        x = yield from _midpoint_step(x, sigma, down, step)
        if up > 0:
            x = x + noise() * up
    return x


def dpm_fast(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """DPM-Solver-fast (Lu et al. 2022, section 3.4): third-order steps over three intervals each, a lower order for the rest.

    Every interval of the schedule costs one guess, so that steps are calls.
    """
    x, done = latents, 0
    intervals = len(sigmas) - (2 if sigmas[-1] == 0 else 1)
    while done < intervals:
        order = min(3, intervals - done)
        sigma, following = sigmas[done], sigmas[done + order]
        down, up = ancestral_step(sigma, following, noise.eta)
        numbers = (done + 1, done + 2, done + 3)
        _, x = yield from _solve(x, sigma, down, order, numbers)
        if up > 0:
            x = x + noise() * up
        done += order
    if sigmas[-1] == 0:
        x = yield Point(x, sigmas[-2], len(sigmas) - 1)
    return x


def dpm_adaptive(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """DPM-Solver-23 (Lu et al. 2022, appendix C): steps as wide as the difference of orders 2 and 3 allows.

    Only the ends of the schedule count; its steps are how progress is told. A try is never narrower than what the tries
    that are left need to arrive, so there are at most MOST_TRIES of three guesses each.
    """
    x, sigma, width = latents, sigmas[0], FIRST_WIDTH
    before = x
    end = sigmas[-1] or sigmas[-2]
    for attempt in range(MOST_TRIES):
        if sigma <= end:
            break
        left = math.log(sigma / end)
        least = left / (MOST_TRIES - attempt)
        width = min(max(width, least), left)
        following = end if width == left else sigma * math.exp(-width)
        down, up = ancestral_step(sigma, following, noise.eta)
        step = sum(other >= sigma for other in sigmas[:-1])
        low, high = yield from _solve(x, sigma, down, 3, (step, step, step))
        error = _error(low, high, before)
        if width == least or not error > 1:
            x, before, sigma = high, low, following
            if up > 0:
                x = x + noise() * up
        width *= min(CAUTION * max(error, 1e-9) ** (-1 / 3), MOST_GROWTH)
    if sigmas[-1] == 0:
        x = yield Point(x, sigma, len(sigmas) - 1)
    return x


def _midpoint_step(
    x: Tensor, sigma: float, following: float, step: int
) -> Generator[Point | Unconditional, Tensor, Tensor]:
    denoised = yield Point(x, sigma, step)
    slope = (x - denoised) / sigma
    if following == 0:
        return x - slope * sigma
    middle = math.sqrt(sigma * following)
    ahead = x + slope * (middle - sigma)
    denoised = yield Point(ahead, middle, step)
    return x + (ahead - denoised) / middle * (following - sigma)


def _solve(x: Tensor, sigma: float, following: float, order: int, steps: tuple[int, int, int]) -> Solving:
    """A step of DPM-Solver-1, -2 or -3 (algorithms 1 and 2); returns the result of the order below, and of the order itself."""
    h = math.log(sigma / following)
    denoised = yield Point(x, sigma, steps[0])
    slope = (x - denoised) / sigma
    first = x - slope * (following * math.expm1(h))
    if order == 1:
        return first, first
    r = 1 / 2 if order == 2 else 1 / 3
    inner = sigma * math.exp(-r * h)
    u = x - slope * (inner * math.expm1(r * h))
    denoised = yield Point(u, inner, steps[1])
    bend = (u - denoised) / inner - slope
    second = first - bend * (following / (2 * r) * math.expm1(h))
    if order == 2:
        return first, second
    inner = sigma * math.exp(-2 / 3 * h)
    u = x - slope * (inner * math.expm1(2 / 3 * h)) - bend * (2 * inner * (math.expm1(2 / 3 * h) / (2 / 3 * h) - 1))
    denoised = yield Point(u, inner, steps[2])
    bend = (u - denoised) / inner - slope
    return second, first - bend * (following * 3 / 2 * (math.expm1(h) / h - 1))


def _error(low: Tensor, high: Tensor, before: Tensor) -> float:
    """The difference of the orders against what is tolerated; up to 1 will do."""
    tolerated = (RELATIVE_TOLERANCE * torch.maximum(low.abs(), before.abs())).clamp(min=TOLERANCE)
    return float(((low - high) / tolerated).square().mean().sqrt())
