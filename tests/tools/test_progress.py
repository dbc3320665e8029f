from __future__ import annotations

import torch

from tools.demo_model import batches, progress


def test_the_rate_rises_stays_and_falls() -> None:
    assert progress.rate(0, 0) < progress.rate(50, 0) < progress.rate(100, 0) == 1
    assert progress.rate(500, 0.4) == 1
    assert progress.rate(500, 0.6) > progress.rate(500, 0.9) > progress.rate(500, 1) > 0


def test_steps_measure_a_run_without_a_limit() -> None:
    course = progress.Course(10, 100, None)
    assert [course.done(step) for step in (10, 50, 100)] == [0.1, 0.5, 1]


def test_time_measures_a_run_with_a_limit_from_where_it_goes_on() -> None:
    now = 0.0
    course = progress.Course(50, 100, 10, clock=lambda: now)
    assert course.done(50) == 0.5
    now = 300.0
    assert course.done(51) == 0.75
    now = 600.0
    assert course.done(52) == 1


def test_averages_change_places_with_the_weights_and_back() -> None:
    weight = torch.nn.Parameter(torch.zeros(2))
    average = progress.AveragedWeights([weight], 0.9)
    weight.data.fill_(1)
    average.update(0)
    average.swap()
    assert 0 < float(weight.detach()[0]) < 1
    average.swap()
    assert float(weight.detach()[0]) == 1


def test_a_checkpoint_is_whole_or_not_there(tmp_path) -> None:
    progress.save_whole(tmp_path / "kept.pt", {"step": 1})
    progress.save_whole(tmp_path / "kept.pt", {"step": 2})
    assert torch.load(tmp_path / "kept.pt", weights_only=True) == {"step": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["kept.pt"]


def test_the_noise_is_that_of_sd1() -> None:
    alphas = batches.signal_shares()
    assert abs(float(((1 - alphas[-1]) / alphas[-1]) ** 0.5) - 14.61) < 0.01


def test_high_noise_counts_in_the_loss_and_the_weights_keep_its_size() -> None:
    chance, weight = batches.noise_levels(60.0)
    assert abs(float(chance.sum()) - 1) < 1e-5
    assert abs(float((chance * weight).sum()) - 1) < 1e-5
    assert (chance * weight)[900] > (chance * weight)[500] > (chance * weight)[50]
