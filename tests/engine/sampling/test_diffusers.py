"""The same latents as diffusers wherever it has the pair: same sigmas, same noise, same model."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from sdtui.engine.sampling.steps import Point
from sdtui.engine.sampling.table import SAMPLERS
from sdtui.engine.schedules import SCHEDULES, schedule_sigmas
from sdtui.engine.sigmas import NoiseLevels

BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
LEVELS = NoiseLevels()
SHAPE = (4, 8, 8)
TOLERANCE = 1e-4
WEIGHTS = torch.randn(4, 4, 3, 3, generator=torch.Generator().manual_seed(2)) * 0.15
KARRAS = {"use_karras_sigmas": True}
EXPONENTIAL = {"use_exponential_sigmas": True}
LEADING = {"steps_offset": 1, "timestep_spacing": "leading"}


def model(x: Tensor) -> Tensor:
    """A small network in a UNet's place: noise predicted from latents of about unit variance."""
    return torch.tanh(torch.nn.functional.conv2d(x[None], WEIGHTS, padding=1)[0]) + 0.6 * x


class SequentialNoise:
    """One stream for everything, as diffusers draws."""

    def __init__(self, eta: float, seed: int) -> None:
        self.eta = eta
        self._stream = torch.Generator().manual_seed(seed)

    def __call__(self) -> Tensor:
        return torch.randn(SHAPE, generator=self._stream)

    def between(self, sigma: float, following: float) -> Tensor:
        return self()


class Pair(NamedTuple):
    """A sampler of ours with its eta, and diffusers' scheduler with its options; `unscaled`: its latents keep their variance."""

    sampler: str
    scheduler: str
    options: dict[str, Any]
    schedule: str
    steps: int = 20
    eta: float = 0.0
    unscaled: bool = True
    stride: int = 1
    theirs: dict[str, Any] = {}


SDE = {"algorithm_type": "sde-dpmsolver++", **KARRAS}
UNIPC = {"final_sigmas_type": "sigma_min", **LEADING}
PAIRS = (
    Pair("Euler", "EulerDiscreteScheduler", KARRAS, "Karras", unscaled=False),
    Pair("Euler", "EulerDiscreteScheduler", EXPONENTIAL, "Exponential", unscaled=False),
    Pair("Euler a", "EulerAncestralDiscreteScheduler", {"timestep_spacing": "linspace"}, "", eta=1, unscaled=False),
    Pair("Heun", "HeunDiscreteScheduler", KARRAS, "Karras", unscaled=False),
    Pair("DPM2", "KDPM2DiscreteScheduler", KARRAS, "Karras", unscaled=False),
    Pair("DPM2 a", "KDPM2AncestralDiscreteScheduler", KARRAS, "Karras", eta=1, unscaled=False),
    Pair("DPM++ 2M", "DPMSolverMultistepScheduler", KARRAS, "Karras"),
    Pair("DPM++ 2M", "DPMSolverMultistepScheduler", EXPONENTIAL, "Exponential", steps=33),
    Pair("DPM++ 2M SDE", "DPMSolverMultistepScheduler", {**SDE, "solver_type": "midpoint"}, "Karras", eta=1),
    Pair("DPM++ 2M SDE Heun", "DPMSolverMultistepScheduler", {**SDE, "solver_type": "heun"}, "Karras", eta=1),
    # its third order on the SDE has a wrong sign, so the flow it is
    Pair("DPM++ 3M SDE", "DPMSolverMultistepScheduler", {"solver_order": 3, "solver_type": "heun", **KARRAS}, "Karras"),
    # singlestep, on a schedule whose sigmas are where the inner points are
    Pair("DPM++ 2S a", "DPMSolverSinglestepScheduler", EXPONENTIAL, "Exponential", steps=21, stride=2),
    Pair("DPM++ SDE", "DPMSolverSinglestepScheduler", EXPONENTIAL, "Exponential", steps=21, stride=2),
    Pair("DDIM", "DDIMScheduler", {"set_alpha_to_one": False, "clip_sample": False, **LEADING}, "DDIM"),
    Pair(
        "DDIM",
        "DDIMScheduler",
        {"set_alpha_to_one": False, "clip_sample": False, **LEADING},
        "DDIM",
        eta=0.7,
        theirs={"eta": 0.7},
    ),
    Pair("PLMS", "PNDMScheduler", {"skip_prk_steps": True, "set_alpha_to_one": False, **LEADING}, "DDIM"),
    Pair("UniPC", "UniPCMultistepScheduler", UNIPC, ""),
    Pair("UniPC", "UniPCMultistepScheduler", UNIPC, "", steps=5),
    Pair("UniPC", "UniPCMultistepScheduler", KARRAS, "Karras"),
    Pair("LCM", "LCMScheduler", {}, "", steps=8, eta=1),
)


@pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning")
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.sampler}-{pair.schedule}-{pair.steps}-{pair.eta}")
def test_the_latents_are_those_of_diffusers(pair: Pair) -> None:
    scheduler = scheduler_of(pair)
    sigmas = our_sigmas(pair, scheduler)
    start = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1)) * sigmas[0]
    found = ours(pair, start, sigmas)
    wanted = diffused(pair, scheduler, start, sigmas)
    assert float((found - wanted).norm() / wanted.norm()) <= TOLERANCE


def scheduler_of(pair: Pair) -> Any:
    """diffusers' scheduler, its steps set."""
    import diffusers

    made = getattr(diffusers, pair.scheduler)(**BETAS, **pair.options)
    made.set_timesteps(pair.steps)
    return made


def our_sigmas(pair: Pair, scheduler: Any) -> tuple[float, ...]:
    """Our schedule's, or those of diffusers where ours has none such."""
    if pair.sampler == "LCM":
        signals = scheduler.alphas_cumprod[scheduler.timesteps].tolist()
        return (*(math.sqrt((1 - signal) / signal) for signal in signals), 0.0)
    if not pair.schedule:
        return tuple(scheduler.sigmas.tolist())
    sigmas = SCHEDULES[pair.schedule](LEVELS, pair.steps)
    return (*sigmas[: -1 : pair.stride], sigmas[-1])


def ours(pair: Pair, start: Tensor, sigmas: tuple[float, ...]) -> Tensor:
    """The final latents of our sampler."""
    steps = SAMPLERS[pair.sampler].sample(start, sigmas, SequentialNoise(pair.eta, 3))
    try:
        asked = next(steps)
        while True:
            assert isinstance(asked, Point)
            noise = model(asked.latents / math.sqrt(asked.sigma**2 + 1))
            asked = steps.send(asked.latents - asked.sigma * noise)
    except StopIteration as finished:
        result: Tensor = finished.value
        return result


def diffused(pair: Pair, scheduler: Any, start: Tensor, sigmas: tuple[float, ...]) -> Tensor:
    """The final latents of diffusers' scheduler, in our coordinates."""
    generator = torch.Generator().manual_seed(3)
    options = dict(pair.theirs)
    if pair.eta:
        options["generator"] = generator
    x = (start / math.sqrt(sigmas[0] ** 2 + 1) if pair.unscaled else start)[None]
    for timestep in scheduler.timesteps:
        noise = model(scheduler.scale_model_input(x, timestep)[0])[None]
        stepped = scheduler.step(noise, timestep, x, **options)
        x = stepped.prev_sample
    return x[0] * math.sqrt(sigmas[-1] ** 2 + 1) if pair.unscaled else x[0]


def test_automatic_gives_dpm2_a_step_more_and_takes_the_lowest_sigma_out() -> None:
    sigmas = schedule_sigmas(LEVELS, "Automatic", "DPM2", 10)
    assert sigmas == (*SCHEDULES["Karras"](LEVELS, 11)[:-2], 0.0)
