"""Samplers as coroutines, against problems whose solution is known."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sdtui.engine.samplers import SAMPLERS, Sampler, Steps, ancestral_step
from sdtui.engine.schedules import SCHEDULES, schedule_sigmas
from sdtui.engine.sigmas import NoiseLevels
from sdtui.spec.samplers import SAMPLER_NAMES

LEVELS = NoiseLevels()
START = torch.tensor([1.0, -0.5, 0.25, 2.0])


def run(
    sampler: Sampler, sigmas: tuple[float, ...], denoise: Callable[[Tensor, float], Tensor], seed: int = 0
) -> Tensor:
    """What a sampler makes of START at the first sigma."""
    source = torch.Generator().manual_seed(seed)
    return finish(
        sampler.sample(START * sigmas[0], sigmas, lambda: torch.randn(START.shape, generator=source)), denoise
    )


def finish(steps: Steps, denoise: Callable[[Tensor, float], Tensor]) -> Tensor:
    """What a sampler returns when every guess is this denoiser's."""
    x, sigma = next(steps)
    try:
        while True:
            x, sigma = steps.send(denoise(x, sigma))
    except StopIteration as finished:
        result: Tensor = finished.value
        return result


def gaussian(spread: float) -> Callable[[Tensor, float], Tensor]:
    """The perfect denoiser for data that is normal with this standard deviation."""
    return lambda x, sigma: x * (spread**2 / (spread**2 + sigma**2))


def solution(spread: float, first: float) -> Tensor:
    """Where the probability flow takes START at the first sigma."""
    return START * first * spread / math.sqrt(spread**2 + first**2)


def test_every_sampler_that_users_know_is_there_and_no_other() -> None:
    assert set(SAMPLERS) == set(SAMPLER_NAMES)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("name", SAMPLERS)
@settings(max_examples=15, deadline=None)
@given(steps=st.integers(1, 150))
def test_any_sampler_goes_with_any_schedule_and_any_number_of_steps(name: str, schedule: str, steps: int) -> None:
    seen: list[float] = []

    def denoise(x: Tensor, sigma: float) -> Tensor:
        seen.append(sigma)
        return gaussian(0.5)(x, sigma)

    result = run(SAMPLERS[name], schedule_sigmas(LEVELS, schedule, name, steps), denoise)
    assert result.isfinite().all()
    assert result.abs().max() < 20
    assert len(seen) == steps


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_certain_guess_is_where_every_sampler_ends(name: str) -> None:
    target = torch.tensor([0.1, 0.2, 0.3, 0.4])
    result = run(SAMPLERS[name], SCHEDULES["Karras"](LEVELS, 10), lambda x, sigma: target)
    assert torch.allclose(result, target, atol=1e-5)


@pytest.mark.parametrize("name", ["Euler", "DPM++ 2M", "DDIM"])
def test_deterministic_samplers_follow_the_probability_flow(name: str) -> None:
    sigmas = SCHEDULES["Karras"](LEVELS, 150)
    error = (run(SAMPLERS[name], sigmas, gaussian(0.5)) - solution(0.5, sigmas[0])).norm()
    assert error < 0.02


def test_two_steps_of_memory_beat_eulers_one() -> None:
    sigmas = SCHEDULES["Karras"](LEVELS, 20)
    errors = {
        name: (run(SAMPLERS[name], sigmas, gaussian(0.5)) - solution(0.5, sigmas[0])).norm()
        for name in ("Euler", "DPM++ 2M")
    }
    assert errors["DPM++ 2M"] < errors["Euler"] / 3


def test_ancestral_noise_makes_the_picture_another_and_the_seed_the_same() -> None:
    sigmas = SCHEDULES["Uniform"](LEVELS, 10)
    one, again, other = (run(SAMPLERS["Euler a"], sigmas, gaussian(0.5), seed) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.allclose(one, other, atol=1e-2)


def test_ancestral_sampling_keeps_the_spread_of_the_data() -> None:
    source = torch.Generator().manual_seed(3)
    sigmas = SCHEDULES["Karras"](LEVELS, 100)
    many = torch.randn(20_000, generator=source) * sigmas[0]
    steps = SAMPLERS["Euler a"].sample(many, sigmas, lambda: torch.randn(20_000, generator=source))
    assert finish(steps, gaussian(0.5)).std() == pytest.approx(0.5, rel=0.05)


@given(st.floats(0.01, 15), st.floats(0, 0.999))
def test_an_ancestral_step_adds_up_to_the_next_sigma(sigma: float, share: float) -> None:
    down, up = ancestral_step(sigma, sigma * share)
    assert math.hypot(down, up) == pytest.approx(sigma * share, abs=1e-9)


def test_ddim_starts_from_the_variance_of_training_and_ends_in_it() -> None:
    sampler = SAMPLERS["DDIM"]
    assert sampler.start(14.6) == pytest.approx(math.sqrt(14.6**2 + 1))
    assert sampler.end(0.03) == pytest.approx(1 / math.sqrt(0.03**2 + 1))
    assert SAMPLERS["Euler"].start(14.6) == 14.6
    assert SAMPLERS["Euler"].end(0.03) == 1
