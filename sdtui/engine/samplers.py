"""Samplers: generators over (latents, sigmas, noise) that yield what they want denoised and read like their papers.

A sampler yields (x, sigma), is sent `denoised` (the model's guess of the clean latents at that point, same shape as x),
and returns the final latents. Latents: (4, height/8, width/8), clean latents plus sigma times unit noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from torch import Tensor

Point = tuple[Tensor, float]
Steps = Generator[Point, Tensor, Tensor]
Noise = Callable[[], Tensor]
Sample = Callable[[Tensor, tuple[float, ...], Noise], Steps]


def euler(latents: Tensor, sigmas: tuple[float, ...], noise: Noise) -> Steps:
    """Karras et al. 2022, algorithm 2 without churn and without the second-order correction: Euler's method."""
    x = latents
    for sigma, following in pairwise(sigmas):
        denoised = yield x, sigma
        slope = (x - denoised) / sigma
        x = x + slope * (following - sigma)
    return x


def euler_ancestral(latents: Tensor, sigmas: tuple[float, ...], noise: Noise) -> Steps:
    """Song et al. 2020 (score SDE), ancestral sampling: Euler's step to a lower sigma, and fresh noise up to the next."""
    x = latents
    for sigma, following in pairwise(sigmas):
        denoised = yield x, sigma
        down, up = ancestral_step(sigma, following)
        slope = (x - denoised) / sigma
        x = x + slope * (down - sigma)
        if up > 0:
            x = x + noise() * up
    return x


def dpmpp_2m(latents: Tensor, sigmas: tuple[float, ...], noise: Noise) -> Steps:
    """Lu et al. 2022, DPM-Solver++(2M), algorithm 2: multistep in lambda = −log sigma, of first order at both ends."""
    x, before, last_width = latents, None, 0.0
    for sigma, following in pairwise(sigmas):
        denoised = yield x, sigma
        if following == 0:
            return denoised
        width = math.log(sigma / following)
        target = denoised
        if before is not None:
            share = width / (2 * last_width)
            target = denoised + (denoised - before) * share
        x = x * (following / sigma) - target * math.expm1(-width)
        before, last_width = denoised, width
    return x


def ddim(latents: Tensor, sigmas: tuple[float, ...], noise: Noise) -> Steps:
    """Song et al. 2020 (DDIM), equation 12 with eta 0, divided by sqrt(ᾱ): the guess plus the predicted noise, scaled anew."""
    x = latents
    for sigma, following in pairwise(sigmas):
        denoised = yield x, sigma
        predicted = (x - denoised) / sigma
        x = denoised + predicted * following
    return x


def ancestral_step(sigma: float, following: float) -> tuple[float, float]:
    """The sigma to step down to and the sigma of the noise to add, so that together they are `following`."""
    up = min(following, math.sqrt(following**2 * (sigma**2 - following**2) / sigma**2))
    return math.sqrt(following**2 - up**2), up


class Sampler(NamedTuple):
    """A row of SAMPLERS.

    `preserves_variance`: starts from noise of the variance that training saw at the first sigma, sqrt(sigma² + 1) in these
    coordinates, and is scaled back at the last one (DDIM as CompVis and A1111 run it); the others start from sigma times noise.
    """

    sample: Sample
    preserves_variance: bool = False

    def start(self, sigma: float) -> float:
        """What unit noise is multiplied with to begin at this sigma."""
        return math.sqrt(sigma**2 + 1.0) if self.preserves_variance else sigma

    def end(self, sigma: float) -> float:
        """What the final latents are multiplied with when the last sigma is this one."""
        return 1.0 / math.sqrt(sigma**2 + 1.0) if self.preserves_variance else 1.0


SAMPLERS: Mapping[str, Sampler] = MappingProxyType(
    {
        "DPM++ 2M": Sampler(dpmpp_2m),
        "Euler": Sampler(euler),
        "Euler a": Sampler(euler_ancestral),
        "DDIM": Sampler(ddim, preserves_variance=True),
    }
)
