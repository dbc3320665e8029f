"""Noise levels and schedules, against their formulas and against diffusers."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sdtui.engine.beta import beta_quantile, beta_share
from sdtui.engine.schedules import SCHEDULES, schedule_sigmas
from sdtui.engine.sigmas import NoiseLevels
from sdtui.spec.samplers import SAMPLERS, SCHEDULE_TYPES, SamplerSpec, sampler_spec

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


@pytest.mark.parametrize("row", SAMPLERS, ids=lambda row: row.name)
def test_automatic_is_the_samplers_own_habit(row: SamplerSpec) -> None:
    for asked, meant in (("Automatic", row.automatic), ("Karras", "Karras"), ("Simple", "Simple")):
        found = schedule_sigmas(LEVELS, asked, row.name, 9)
        lowest_skipped = SCHEDULES[meant](LEVELS, 10)
        wanted = (*lowest_skipped[:-2], lowest_skipped[-1]) if row.skips_lowest else SCHEDULES[meant](LEVELS, 9)
        assert found == wanted


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (("DPM++ 2M", "DPM++ SDE", "DPM++ 2S a", "DPM2", "DPM2 a"), "Karras"),
        (("DPM++ 2M SDE", "DPM++ 3M SDE"), "Exponential"),
        (("Euler", "Euler a", "Heun", "LMS"), "Uniform"),
        (("DDIM", "DDIM CFG++", "PLMS", "UniPC"), "DDIM"),
    ],
)
def test_the_habits_are_those_users_know(names: tuple[str, ...], wanted: str) -> None:
    assert {sampler_spec(name).automatic for name in names} == {wanted}


@pytest.mark.parametrize(("steps", "rises"), [(1, 0), (19, 0), (20, 1), (35, 1), (36, 2), (50, 2), (150, 2)])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_restart_goes_up_again_and_still_takes_its_steps(schedule: str, steps: int, rises: int) -> None:
    sigmas = schedule_sigmas(LEVELS, schedule, "Restart", steps)
    pairs = list(pairwise(sigmas))
    assert sum(one > other for one, other in pairs) == steps
    risen = [(one, other) for one, other in pairs if other > one]
    assert len(risen) == rises
    for low, high in risen:
        assert 0.02 < low < 0.5
        assert 1 < high < 4


def test_sgm_uniform_leaves_the_lowest_timestep_out() -> None:
    found = [LEVELS.timestep(sigma) for sigma in SCHEDULES["SGM Uniform"](LEVELS, 4)[:-1]]
    assert found == pytest.approx([999, 749.25, 499.5, 249.75])


def test_simple_takes_whole_timesteps_in_even_strides() -> None:
    found = [LEVELS.timestep(sigma) for sigma in SCHEDULES["Simple"](LEVELS, 8)[:-1]]
    assert found == pytest.approx([999, 874, 749, 624, 499, 374, 249, 124])


def test_beta_has_its_sigmas_at_the_quantiles_of_the_distribution() -> None:
    high, low = LEVELS.highest, LEVELS.lowest
    shares = [(sigma - low) / (high - low) for sigma in SCHEDULES["Beta"](LEVELS, 11)[:-1]]
    below = [beta_share(share, 0.6, 0.6) for share in shares]
    assert below == pytest.approx([1 - index / 10 for index in range(11)], abs=1e-9)


@pytest.mark.parametrize(("a", "b"), [(0.6, 0.6), (2.0, 3.0), (0.5, 4.0), (1.0, 1.0)])
def test_the_share_below_a_number_is_the_integral_of_the_density(a: float, b: float) -> None:
    norm = math.gamma(a + b) / math.gamma(a) / math.gamma(b)
    for x in (0.1, 0.5, 0.83):
        # x = u^(1/a) takes the pole at 0 out of the integral
        points = [((index + 0.5) / 20_000) * x**a for index in range(20_000)]
        total = sum((1 - point ** (1 / a)) ** (b - 1) for point in points) * x**a / 20_000 / a
        assert beta_share(x, a, b) == pytest.approx(norm * total, rel=1e-6)
        assert beta_quantile(beta_share(x, a, b), a, b) == pytest.approx(x, rel=1e-9)


PUBLISHED = (14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029)
PUBLISHED_XL = (14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029)


@pytest.mark.parametrize(("family", "published"), [("sd1", PUBLISHED), ("sdxl", PUBLISHED_XL)])
def test_align_your_steps_has_the_published_sigmas(family: str, published: tuple[float, ...]) -> None:
    found = schedule_sigmas(LEVELS, "Align Your Steps", "Euler", 11, family=family)
    assert found[:-1] == pytest.approx(published, rel=0.01)
    assert found[-1] == 0


def test_align_your_steps_is_log_linear_between_them() -> None:
    found = schedule_sigmas(LEVELS, "Align Your Steps", "Euler", 21)
    assert found[2:19:2] == pytest.approx(PUBLISHED[1:-1])
    for before, between, after in zip(found[2:19:2], found[3:20:2], found[4:21:2], strict=False):
        assert between == pytest.approx(math.sqrt(before * after))
