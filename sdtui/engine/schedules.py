"""Schedule types: how the noise levels of a run are spread over its steps. Any of them goes with any sampler."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from sdtui.engine.sigmas import TRAIN_STEPS, NoiseLevels
from sdtui.spec.samplers import automatic_schedule

Sigmas = tuple[float, ...]
Schedule = Callable[[NoiseLevels, int], Sigmas]
KARRAS_RHO = 7.0


def uniform(levels: NoiseLevels, steps: int) -> Sigmas:
    """Evenly spread timesteps from 999 to 0, then 0 (A1111's "Uniform", k-diffusion's get_sigmas)."""
    return (*(levels.sigma(t) for t in _spread(TRAIN_STEPS - 1.0, 0.0, steps)), 0.0)


def karras(levels: NoiseLevels, steps: int) -> Sigmas:
    """Karras et al. 2022, equation 5, with rho 7 between the model's own highest and lowest sigma, then 0."""
    high, low = levels.highest ** (1.0 / KARRAS_RHO), levels.lowest ** (1.0 / KARRAS_RHO)
    return (*(root**KARRAS_RHO for root in _spread(high, low, steps)), 0.0)


def exponential(levels: NoiseLevels, steps: int) -> Sigmas:
    """Evenly spread log sigmas between the model's own highest and lowest, then 0."""
    high, low = math.log(levels.highest), math.log(levels.lowest)
    return (*(math.exp(log) for log in _spread(high, low, steps)), 0.0)


def ddim(levels: NoiseLevels, steps: int) -> Sigmas:
    """Leading timesteps 1, 1+k, 1+2k, … downwards with k = 1000 // steps; ends at the sigma of timestep 0, not at 0 (CompVis)."""
    stride = TRAIN_STEPS // steps
    return (*(levels.sigma(1 + stride * step) for step in reversed(range(steps))), levels.lowest)


SCHEDULES: Mapping[str, Schedule] = MappingProxyType(
    {"Uniform": uniform, "Karras": karras, "Exponential": exponential, "DDIM": ddim}
)


def schedule_sigmas(levels: NoiseLevels, schedule_type: str, sampler: str, steps: int) -> Sigmas:
    """The steps + 1 falling sigmas of a run; "Automatic" is the sampler's own habit."""
    name = automatic_schedule(sampler) if schedule_type == "Automatic" else schedule_type
    return SCHEDULES[name](levels, steps)


def _spread(first: float, last: float, count: int) -> tuple[float, ...]:
    if count == 1:
        return (first,)
    return (*(first + (last - first) * index / (count - 1) for index in range(count - 1)), last)
