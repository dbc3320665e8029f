"""Noise levels and schedules, against their formulas and against diffusers."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sdtui.engine.schedules import SCHEDULES, schedule_sigmas
from sdtui.engine.sigmas import NoiseLevels
from sdtui.spec.samplers import SAMPLERS, SCHEDULE_TYPES

LEVELS = NoiseLevels()
BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def test_every_schedule_type_that_users_know_is_there_and_no_other() -> None:
    assert {"Automatic", *SCHEDULES} == set(SCHEDULE_TYPES)


def test_the_noise_levels_are_those_of_stable_diffusion() -> None:
    assert LEVELS.lowest == pytest.approx(0.029167, rel=1e-4)
    assert LEVELS.highest == pytest.approx(14.614642, rel=1e-5)


def test_sigmas_of_whole_timesteps_agree_with_diffusers() -> None:
    from diffusers import DDIMScheduler

    remaining = DDIMScheduler(**BETAS).alphas_cumprod.double()
    wanted = ((1 - remaining) / remaining).sqrt()
    ours = torch.tensor([LEVELS.sigma(t) for t in range(1000)], dtype=torch.float64)
    assert torch.allclose(ours, wanted, rtol=2e-5)


@given(st.floats(0, 999))
def test_the_timestep_of_a_sigma_is_the_timestep_it_came_from(timestep: float) -> None:
    assert LEVELS.timestep(LEVELS.sigma(timestep)) == pytest.approx(timestep, abs=1e-6)


@pytest.mark.parametrize(("sigma", "timestep"), [(1e-4, 0.0), (0.02, 0.0), (20.0, 999.0), (1e6, 999.0)])
def test_sigmas_outside_of_the_training_get_the_nearest_timestep(sigma: float, timestep: float) -> None:
    assert LEVELS.timestep(sigma) == timestep


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 20, 50, 99, 149, 150])
@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_has_a_falling_sigma_more_than_it_has_steps(name: str, steps: int) -> None:
    sigmas = SCHEDULES[name](LEVELS, steps)
    assert len(sigmas) == steps + 1
    assert all(math.isfinite(sigma) for sigma in sigmas)
    assert all(one > other for one, other in pairwise(sigmas))
    assert sigmas[-1] == (LEVELS.lowest if name == "DDIM" else 0.0)
    assert sigmas[0] <= LEVELS.highest * (1 + 1e-12)


def test_uniform_karras_and_exponential_go_from_the_highest_to_the_lowest_sigma() -> None:
    for name in ("Uniform", "Karras", "Exponential"):
        sigmas = SCHEDULES[name](LEVELS, 20)
        assert sigmas[0] == pytest.approx(LEVELS.highest)
        assert sigmas[-2] == pytest.approx(LEVELS.lowest)


# a single step is left out: diffusers begins it at the lowest sigma, A1111 and we at the highest
@pytest.mark.parametrize("steps", [2, 10, 20, 33])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        # log-linear between two timesteps as A1111, where diffusers is linear: hence the wider tolerance
        ("Uniform", {"timestep_spacing": "linspace"}),
        ("Karras", {"use_karras_sigmas": True}),
    ],
)
def test_schedules_agree_with_diffusers(name: str, options: dict[str, object], steps: int) -> None:
    from diffusers import EulerDiscreteScheduler

    scheduler = EulerDiscreteScheduler(**BETAS, **options)
    scheduler.set_timesteps(steps)
    ours = torch.tensor(SCHEDULES[name](LEVELS, steps))
    assert torch.allclose(ours, scheduler.sigmas, rtol=2e-4 if name == "Uniform" else 2e-5, atol=1e-6)


def test_exponential_is_evenly_spread_in_the_logarithm() -> None:
    logs = [math.log(sigma) for sigma in SCHEDULES["Exponential"](LEVELS, 12)[:-1]]
    widths = [one - other for one, other in pairwise(logs)]
    assert max(widths) == pytest.approx(min(widths))


@pytest.mark.parametrize("steps", [1, 2, 10, 20, 50, 150])
def test_the_ddim_schedule_has_diffusers_leading_timesteps(steps: int) -> None:
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler(**BETAS, steps_offset=1, timestep_spacing="leading")
    scheduler.set_timesteps(steps)
    ours = [LEVELS.timestep(sigma) for sigma in SCHEDULES["DDIM"](LEVELS, steps)]
    assert ours[:-1] == pytest.approx(scheduler.timesteps.tolist(), abs=1e-6)
    assert ours[-1] == 0


def test_automatic_is_the_samplers_own_habit() -> None:
    for row in SAMPLERS:
        assert schedule_sigmas(LEVELS, "Automatic", row.name, 9) == SCHEDULES[row.automatic](LEVELS, 9)
        assert schedule_sigmas(LEVELS, "Karras", row.name, 9) == SCHEDULES["Karras"](LEVELS, 9)
