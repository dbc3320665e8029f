"""Schedule types: how the noise levels of a run are spread over its steps. Any of them goes with any sampler."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from sdtui.engine.beta import beta_quantile
from sdtui.engine.sampling.euler import restart_route
from sdtui.engine.sampling.steps import Sigmas
from sdtui.engine.sampling.table import SAMPLERS
from sdtui.engine.sigmas import TRAIN_STEPS, NoiseLevels
from sdtui.spec.samplers import sampler_spec

Schedule = Callable[[NoiseLevels, int], Sigmas]
KARRAS_RHO = 7.0
BETA_SHAPE = 0.6
ALIGNED = (14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029)
ALIGNED_XL = (14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029)


def uniform(levels: NoiseLevels, steps: int) -> Sigmas:
    """Evenly spread timesteps from 999 to 0, then 0 (A1111's "Uniform", k-diffusion's get_sigmas)."""
    return (*(levels.sigma(t) for t in _spread(TRAIN_STEPS - 1.0, 0.0, steps)), 0.0)


def karras(levels: NoiseLevels, steps: int) -> Sigmas:
    """Karras et al. 2022, equation 5, with rho 7 between the model's own highest and lowest sigma, then 0."""
    return (*karras_between(levels.highest, levels.lowest, steps), 0.0)


def karras_between(high: float, low: float, points: int) -> Sigmas:
    """Karras et al. 2022, equation 5, with rho 7: sigmas evenly spread in their seventh root, both ends among them."""
    roots = _spread(high ** (1.0 / KARRAS_RHO), low ** (1.0 / KARRAS_RHO), points)
    return tuple(root**KARRAS_RHO for root in roots)


def exponential(levels: NoiseLevels, steps: int) -> Sigmas:
    """Evenly spread log sigmas between the model's own highest and lowest, then 0."""
    high, low = math.log(levels.highest), math.log(levels.lowest)
    return (*(math.exp(log) for log in _spread(high, low, steps)), 0.0)


def sgm_uniform(levels: NoiseLevels, steps: int) -> Sigmas:
    """Timesteps from 999 evenly towards 0, which is left out, then 0 (Stability's generative-models)."""
    return (*(levels.sigma(t) for t in _spread(TRAIN_STEPS - 1.0, 0.0, steps + 1)[:-1]), 0.0)


def simple(levels: NoiseLevels, steps: int) -> Sigmas:
    """Whole timesteps downwards from 999 in strides of 1000 / steps, then 0 (ComfyUI's "simple")."""
    return (*(levels.sigma(TRAIN_STEPS - 1 - index * TRAIN_STEPS // steps) for index in range(steps)), 0.0)


def beta(levels: NoiseLevels, steps: int) -> Sigmas:
    """Lee et al. 2024 (Beta Sampling): sigmas at evenly spread quantiles of Beta(0.6, 0.6), dense at both ends, then 0."""
    high, low = levels.highest, levels.lowest
    shares = (beta_quantile(share, BETA_SHAPE, BETA_SHAPE) for share in _spread(1.0, 0.0, steps))
    return (*(low + share * (high - low) for share in shares), 0.0)


def align_your_steps(levels: NoiseLevels, steps: int, *, aligned: Sigmas = ALIGNED) -> Sigmas:
    """Sabour et al. 2024: the sigmas optimised for ten steps, log-linear between them, ends at the model's own, then 0."""
    logs = [math.log(levels.highest), *(math.log(sigma) for sigma in aligned[1:-1]), math.log(levels.lowest)]
    sigmas = (math.exp(_between(logs, place)) for place in _spread(0.0, len(logs) - 1.0, steps))
    return (*sigmas, 0.0)


def ddim(levels: NoiseLevels, steps: int) -> Sigmas:
    """Leading timesteps 1, 1+k, 1+2k, … downwards with k = 1000 // steps; ends at the sigma of timestep 0, not at 0 (CompVis)."""
    stride = TRAIN_STEPS // steps
    return (*(levels.sigma(1 + stride * step) for step in reversed(range(steps))), levels.lowest)


SCHEDULES: Mapping[str, Schedule] = MappingProxyType(
    {
        "Uniform": uniform,
        "Karras": karras,
        "Exponential": exponential,
        "SGM Uniform": sgm_uniform,
        "Simple": simple,
        "Beta": beta,
        "Align Your Steps": align_your_steps,
        "DDIM": ddim,
    }
)
XL_SCHEDULES: Mapping[str, Schedule] = MappingProxyType(
    {**SCHEDULES, "Align Your Steps": partial(align_your_steps, aligned=ALIGNED_XL)}
)
"""The same for SDXL, whose optimised sigmas are others."""


def schedule_sigmas(
    levels: NoiseLevels,
    schedule_type: str,
    sampler: str,
    steps: int,
    *,
    family: str = "",
) -> Sigmas:
    """The sigmas of a run with a model of this family, `steps` falling pairs; "Automatic" is the sampler's own habit.

    They only fall, but for a sampler that restarts.
    """
    spec = sampler_spec(sampler)
    schedules = XL_SCHEDULES if family.startswith("sdxl") else SCHEDULES
    spread = schedules[spec.automatic if schedule_type == "Automatic" else schedule_type]

    def of(count: int) -> Sigmas:
        if not spec.skips_lowest:
            return spread(levels, count)
        sigmas = spread(levels, count + 1)
        return (*sigmas[:-2], sigmas[-1])

    return restart_route(of, karras_between, steps) if SAMPLERS[sampler].restarts else of(steps)


def _between(values: list[float], place: float) -> float:
    """The value at a place between whole places, linear."""
    below = min(int(place), len(values) - 2)
    return values[below] + (values[below + 1] - values[below]) * (place - below)


def _spread(first: float, last: float, count: int) -> Sigmas:
    if count == 1:
        return (first,)
    return (*(first + (last - first) * index / (count - 1) for index in range(count - 1)), last)
