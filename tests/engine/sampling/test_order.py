"""Each sampler comes nearer to the known solution as fast as its paper says."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import pytest
import torch

from sdtui.engine.sampling.table import SAMPLERS
from tests.engine.sampling.gaussian import SPREAD, START, TestNoise, geometric, run, solution

HIGH, LOW = 10.0, 0.2

ORDERS: dict[str, float] = {
    "Euler": 1,
    "Euler a": 1,
    "DDIM": 1,
    "DDIM CFG++": 1,
    "Heun": 2,
    "Restart": 2,
    "DPM2": 2,
    "DPM2 a": 2,
    "DPM++ 2M": 2,
    "DPM++ 2S a": 2,
    "DPM++ SDE": 2,
    "DPM++ 2M SDE": 2,
    "DPM++ 2M SDE Heun": 2,
    "PLMS": 2,
    "UniPC": 2,
    "DPM++ 3M SDE": 2,
    "DPM fast": 3,
    "LMS": 3,
}
"""At eta 0, over sigmas evenly spread in the logarithm. PLMS is of a higher order on evenly spread sigmas only; the first and last
steps of UniPC and of the third order of DPM-Solver++ are of a lower one."""
STRONG_ORDER = 0.7


def errors(name: str, counts: Sequence[int]) -> list[float]:
    """How far the probability flow is missed with so many steps."""
    runs = [run(name, geometric(HIGH, LOW, count), eta=0.0) for count in counts]
    return [float((one.result - solution(HIGH, LOW)).norm()) for one in runs]


def orders(found: Sequence[float]) -> list[float]:
    """The orders that errors of doubled step counts speak of."""
    return [math.log2(one / other) for one, other in itertools.pairwise(found)]


def test_every_sampler_has_an_order_but_those_that_choose_their_steps_or_draw_all_noise_anew() -> None:
    assert set(SAMPLERS) - set(ORDERS) == {"DPM adaptive", "LCM"}


@pytest.mark.parametrize(("name", "order"), ORDERS.items())
def test_without_noise_the_error_falls_with_the_samplers_order(name: str, order: float) -> None:
    assert orders(errors(name, (96, 192)))[0] > order - 0.15


def test_multistep_methods_have_their_full_order_where_their_steps_are_even() -> None:
    for name in ("PLMS", "LMS"):
        even = [tuple(HIGH - (HIGH - LOW) * index / count for index in range(count + 1)) for count in (24, 48, 96)]
        found = [float((run(name, sigmas, eta=0.0).result - solution(HIGH, LOW)).norm()) for sigmas in even]
        assert min(orders(found)) > 2.8, name


def test_more_order_is_less_error_at_twenty_steps() -> None:
    error = {name: errors(name, (20,))[0] for name in ORDERS}
    for name in ("DPM++ 2M", "LMS", "DPM fast", "UniPC", "DPM++ 3M SDE"):
        assert error[name] < error["Euler"] / 5, name


@pytest.mark.parametrize("name", ["DPM++ SDE", "DPM++ 2M SDE", "DPM++ 2M SDE Heun", "DPM++ 3M SDE"])
def test_more_steps_come_nearer_to_the_same_picture_under_the_same_noise(name: str) -> None:
    start = torch.randn(2000, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def made(sampler: str, per_octave: int) -> torch.Tensor:
        sigmas = tuple(2.0 ** (3 - index / per_octave) for index in range(5 * per_octave + 1))
        return run(sampler, sigmas, noise=TestNoise(seed=3, shape=start.shape), start=start).result

    fine = made("DPM++ SDE", 16)
    found = [float((made(name, count) - fine).square().mean().sqrt()) for count in (1, 2, 4)]
    assert min(orders(found)) > STRONG_ORDER
    assert found[-1] < 0.1 * SPREAD


NOISY = [name for name, row in SAMPLERS.items() if row.eta or row.restarts]


@pytest.mark.parametrize("name", NOISY)
def test_noise_keeps_the_spread_of_the_data(name: str) -> None:
    start = torch.randn(20_000, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    sigmas = (*geometric(HIGH, 0.03, 60), 0.0)
    if name == "Restart":
        sigmas = (*geometric(HIGH, 0.1, 40), *geometric(2, 0.1, 19), *geometric(0.09, 0.03, 10), 0.0)
    found = run(name, sigmas, noise=TestNoise(1.0, shape=start.shape), start=start).result
    assert float(found.std()) == pytest.approx(SPREAD, rel=0.06)


@pytest.mark.parametrize("name", NOISY)
def test_the_same_seed_makes_the_same_and_another_seed_another(name: str) -> None:
    sigmas = (*geometric(HIGH, 0.1, 12), 2.0, 0.1, 0.0) if name == "Restart" else (*geometric(HIGH, 0.1, 12), 0.0)
    one, again, other = (run(name, sigmas, noise=TestNoise(1.0, seed=seed)).result for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.allclose(one, other, atol=1e-3)


@pytest.mark.parametrize("name", sorted(set(SAMPLERS) - set(NOISY) - {"LCM"}))
def test_samplers_without_noise_draw_none(name: str) -> None:
    sigmas = (*geometric(HIGH, 0.1, 12), 0.0)
    one, other = (run(name, sigmas, noise=TestNoise(1.0, seed=seed)).result for seed in (1, 2))
    assert torch.equal(one, other)


def test_lcm_starts_anew_from_its_guess_at_every_step() -> None:
    denoised = torch.full_like(START, 0.25)
    found = run("LCM", (10.0, 3.0, 1.0), lambda x, sigma: denoised, noise=TestNoise(seed=5))
    drawn = TestNoise(seed=5)
    assert torch.allclose(found.points[1].latents, denoised + 3 * drawn())
    assert torch.allclose(found.result, denoised + drawn())
