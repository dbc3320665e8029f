"""A problem whose solution is known: data that is normal, and the perfect denoiser for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from sdtui.engine.brownian import BrownianPath, mixed
from sdtui.engine.sampling.steps import Point, Sample, Sigmas
from sdtui.engine.sampling.table import SAMPLERS

START = torch.tensor([1.0, -0.5, 0.25, 2.0], dtype=torch.float64)
MEAN, SPREAD = 0.3, 0.5

Denoise = Callable[[Tensor, float], Tensor]


class TestNoise:
    """Noise of any shape from one seed; both kinds in float64."""

    __test__ = False

    def __init__(self, eta: float = 1.0, *, seed: int = 0, shape: tuple[int, ...] = START.shape) -> None:
        self.eta = eta
        self._shape = shape
        self._stream = torch.Generator().manual_seed(seed)
        self._path = BrownianPath(lambda key: self._draw(torch.Generator().manual_seed(mixed(seed, key))))

    def __call__(self) -> Tensor:
        return self._draw(self._stream)

    def between(self, sigma: float, following: float) -> Tensor:
        return self._path.between(sigma, following)

    def _draw(self, generator: torch.Generator) -> Tensor:
        return torch.randn(self._shape, generator=generator, dtype=torch.float64)


class Run(NamedTuple):
    """What a sampler returned, and the points it asked about."""

    result: Tensor
    points: list[Point]

    @property
    def calls(self) -> int:
        return len(self.points)


def gaussian(x: Tensor, sigma: float) -> Tensor:
    """The perfect denoiser for data that is normal around MEAN with the standard deviation SPREAD."""
    return MEAN + (x - MEAN) * (SPREAD**2 / (SPREAD**2 + sigma**2))


def solution(first: float, last: float) -> Tensor:
    """Where the probability flow takes START at the first sigma, at the last one."""
    return MEAN + (START * first - MEAN) * math.sqrt((SPREAD**2 + last**2) / (SPREAD**2 + first**2))


def run(
    sampler: str | Sample,
    sigmas: Sigmas,
    denoise: Denoise = gaussian,
    *,
    eta: float = 1.0,
    noise: TestNoise | None = None,
    start: Tensor = START,
) -> Run:
    """Carry a sampler through, START times the first sigma being where it begins."""
    sample = SAMPLERS[sampler].sample if isinstance(sampler, str) else sampler
    steps = sample(start * sigmas[0], sigmas, noise or TestNoise(eta, shape=start.shape))
    points: list[Point] = []
    denoised = start
    try:
        asked = next(steps)
        while True:
            if isinstance(asked, Point):
                points.append(asked)
                denoised = denoise(asked.latents, asked.sigma)
            asked = steps.send(denoised)
    except StopIteration as finished:
        return Run(finished.value, points)


def geometric(first: float, last: float, steps: int) -> Sigmas:
    """Sigmas evenly spread in the logarithm, both ends among them."""
    return (*(first * (last / first) ** (index / steps) for index in range(steps)), last)
