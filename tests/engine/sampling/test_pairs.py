"""Any sampler goes with any schedule type and any number of steps, and counts them honestly."""

from __future__ import annotations

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor

from sdtui.engine.denoise import Guide, denoise
from sdtui.engine.guidance import Guidance
from sdtui.engine.prediction import epsilon
from sdtui.engine.requests import Evaluate, Note
from sdtui.engine.sampling.dpm import MOST_TRIES
from sdtui.engine.sampling.steps import ancestral_step
from sdtui.engine.sampling.table import SAMPLERS
from sdtui.engine.schedules import SCHEDULES, schedule_sigmas
from sdtui.engine.sigmas import NoiseLevels
from sdtui.spec.params import Params
from sdtui.spec.samplers import SAMPLER_NAMES
from tests.engine.renders import builtin
from tests.engine.sampling.gaussian import START, TestNoise, gaussian, run

LEVELS = NoiseLevels()
ZERO_TERMINAL = NoiseLevels(zero_terminal=True)

TWICE = {"Heun", "DPM2", "DPM2 a", "DPM++ 2S a", "DPM++ SDE", "Restart"}
"""Two calls a step, but for a last one to sigma 0."""

FEW_STEPS = 10
"""With fewer, the extrapolation of a third-order step from pure noise to nearly none may overshoot, as the papers warn."""


def calls_of(name: str, steps: int, *, to_zero: bool) -> int:
    """How many guesses a run takes."""
    if name in TWICE:
        return 2 * steps - to_zero
    return steps + (name == "PLMS" and (steps > 1 or not to_zero))


def test_every_sampler_that_users_know_is_there_and_no_other() -> None:
    assert set(SAMPLERS) == set(SAMPLER_NAMES)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("name", SAMPLERS)
@settings(max_examples=4, deadline=None)
@given(steps=st.integers(1, 150))
@example(steps=1)
@example(steps=2)
@example(steps=20)
def test_any_sampler_goes_with_any_schedule_and_any_number_of_steps(name: str, schedule: str, steps: int) -> None:
    sigmas = schedule_sigmas(LEVELS, schedule, name, steps)
    row = SAMPLERS[name]
    found = run(name, sigmas, eta=row.eta_of(Params()))
    assert found.result.isfinite().all()
    assert found.result.abs().max() < (20 if steps >= FEW_STEPS else 200)
    assert [point.step for point in found.points] == sorted(point.step for point in found.points)
    assert {found.points[0].step, found.points[-1].step} <= set(range(1, steps + 1))
    if name == "DPM adaptive":
        assert found.calls <= 3 * MOST_TRIES + 1
    else:
        assert found.calls == calls_of(name, steps, to_zero=sigmas[-1] == 0)
        assert {point.step for point in found.points} == set(range(1, steps + 1))


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_schedule_from_pure_noise_is_survived(name: str) -> None:
    for schedule in SCHEDULES:
        found = run(name, schedule_sigmas(ZERO_TERMINAL, schedule, name, 20), eta=SAMPLERS[name].eta_of(Params()))
        assert found.result.isfinite().all(), schedule


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_certain_guess_is_where_every_sampler_ends(name: str) -> None:
    target = torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64)
    for steps in (1, 2, 20, 40):
        found = run(name, schedule_sigmas(LEVELS, "Karras", name, steps), lambda x, sigma: target)
        assert torch.allclose(found.result, target, atol=1e-5)


def test_the_adaptive_sampler_is_bounded_on_a_problem_without_an_end() -> None:
    source = torch.Generator().manual_seed(1)

    def erratic(x: Tensor, sigma: float) -> Tensor:
        return torch.randn(x.shape, generator=source, dtype=x.dtype) * 10

    for schedule in ("Karras", "DDIM"):
        found = run("DPM adaptive", SCHEDULES[schedule](LEVELS, 20), erratic)
        assert 3 * MOST_TRIES <= found.calls <= 3 * MOST_TRIES + 1
        assert found.points[-1].sigma <= 0.05


def test_the_adaptive_sampler_takes_narrower_steps_for_a_harder_problem() -> None:
    def wavy(x: Tensor, sigma: float) -> Tensor:
        return gaussian(x, sigma) + torch.sin(x / sigma * 4) * min(sigma, 1.0)

    sigmas = SCHEDULES["Exponential"](LEVELS, 20)
    assert run("DPM adaptive", sigmas, wavy, eta=0).calls > 1.5 * run("DPM adaptive", sigmas, eta=0).calls


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_run_notes_every_step_once_it_is_done(name: str) -> None:
    steps = 20
    sigmas = schedule_sigmas(LEVELS, "Automatic", name, steps)
    now = Guidance((torch.zeros(77, 4),), None)
    guide = Guide((now,) * steps, (), 0.0, 0.0, epsilon)
    start = START.float()[:, None, None]
    noise = TestNoise(1.0, shape=start.shape)
    making = denoise(SAMPLERS[name].sample(start * sigmas[0], sigmas, noise), guide, builtin())
    noted: list[int] = []
    answer = None
    try:
        while True:
            request = making.send(answer)
            if isinstance(request, Note):
                noted.append(request.step)
                answer = None
            else:
                assert isinstance(request, Evaluate)
                answer = gaussian(request.latents, request.sigma)[None]
    except StopIteration:
        pass
    assert noted[-1] == steps
    assert noted == sorted(set(noted))
    if name != "DPM adaptive":
        assert noted == list(range(1, steps + 1))


@given(st.floats(0.01, 15), st.floats(0, 0.999), st.floats(0, 1))
def test_an_ancestral_step_adds_up_to_the_next_sigma(sigma: float, share: float, eta: float) -> None:
    down, up = ancestral_step(sigma, sigma * share, eta)
    assert (down**2 + up**2) ** 0.5 == pytest.approx(sigma * share, abs=1e-9)
    assert ancestral_step(sigma, sigma * share, 0)[1] == 0


def test_samplers_by_timesteps_start_from_the_variance_of_training_and_end_in_it() -> None:
    for name in ("DDIM", "DDIM CFG++", "PLMS", "UniPC"):
        assert SAMPLERS[name].start(14.6) == pytest.approx((14.6**2 + 1) ** 0.5)
        assert SAMPLERS[name].end(0.03) == pytest.approx((0.03**2 + 1) ** -0.5)
    assert SAMPLERS["Euler"].start(14.6) == 14.6
    assert SAMPLERS["Euler"].end(0.03) == 1


@pytest.mark.parametrize(
    ("name", "wanted"), [("Euler a", 0.3), ("DPM++ SDE", 0.3), ("DDIM", 0.7), ("DDIM CFG++", 0.7), ("Euler", 0.0)]
)
def test_each_sampler_knows_its_eta(name: str, wanted: float) -> None:
    assert SAMPLERS[name].eta_of(Params(eta=0.3, eta_ddim=0.7)) == wanted
