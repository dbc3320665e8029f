"""A second checkpoint takes a picture over."""

from __future__ import annotations

import shutil

import pytest
import torch
from msgspec.structs import replace

from sdtui.engine.flight import Flight
from sdtui.engine.refining import Refining
from sdtui.engine.requests import Evaluate
from sdtui.engine.sigmas import NoiseLevels
from sdtui.spec.adapter import Network
from sdtui.spec.job import Refiner
from sdtui.spec.outcome import Broken, Painted
from sdtui.weights.identify import builtin_path
from tests.engine.checkpoints import write_original
from tests.engine.renders import drive, final_latents, model_file, of, relative, render


def refined(path, *, switch_at, alike=True, **params):
    return replace(render(refiner_switch_at=switch_at, **params), refiner=Refiner(file=model_file(path), alike=alike))


@pytest.fixture
def copy(tmp_path):
    """The built-in model once more."""
    path = tmp_path / "copy.safetensors"
    shutil.copy(builtin_path(), path)
    return path


def models_of(engine, one):
    """The names of the models that made the picture's steps."""
    names = []
    forward = engine._stepper.forward
    original = forward.evaluate

    def note(checkpoint, requests, most_rows):
        names.append(checkpoint.name)
        return original(checkpoint, requests, most_rows)

    forward.evaluate = note
    try:
        engine.add(one)
        outcomes = drive(engine)
    finally:
        del forward.evaluate
    assert len(of(Painted, outcomes)) == 1, of(Broken, outcomes)
    return names


@pytest.mark.parametrize(
    ("switch_at", "first", "second"),
    # uniform: timesteps 999, 856, 714, 571, 428, 285, 143, 0
    [(0.8, 6, 2), (0.5, 4, 4), (0.01, 1, 7), (1.0, 8, 0), (0.999, 7, 1)],
)
def test_the_refiner_takes_over_when_so_much_noise_is_gone(engine, copy, switch_at, first, second):
    one = refined(copy, switch_at=switch_at, steps=8, schedule_type="Uniform")
    assert models_of(engine, one) == ["shapes-64"] * first + ["copy"] * second


def test_a_refiner_that_is_the_same_model_changes_nothing(engine, copy):
    plain, twice = render(steps=6), refined(copy, switch_at=0.5, steps=6)
    assert torch.equal(*final_latents(engine, plain), *final_latents(engine, twice))


def test_another_refiner_changes_the_picture(engine, tmp_path):
    path = write_original(tmp_path / "other.safetensors")
    plain, other = render(steps=6), refined(path, switch_at=0.5, steps=6)
    assert relative(final_latents(engine, other)[0], final_latents(engine, plain)[0]) > 0.1


def test_pictures_of_one_refiner_share_its_calls_too(engine, copy):
    before = engine.unet_calls
    pictures = [refined(copy, switch_at=0.5, steps=6, seed=seed) for seed in range(4)]
    alone = final_latents(engine, pictures[0])
    alone_calls = engine.unet_calls - before
    together = final_latents(engine, *pictures)
    assert engine.unet_calls - before - alone_calls <= alone_calls + 1
    assert relative(together[0], alone[0]) < 1e-4


def test_sdxl_and_its_refiner_work_together(engine, tmp_path):
    base, refiner = (
        write_original(tmp_path / f"{family}.safetensors", family=family) for family in ("sdxl", "sdxl-refiner")
    )
    one = refined(refiner, switch_at=0.8, alike=False, steps=8, model=model_file(base), schedule_type="Uniform")
    assert models_of(engine, one) == ["sdxl"] * 6 + ["sdxl-refiner"] * 2


def test_a_sampler_that_steps_back_stays_with_the_refiner(engine, copy):
    names = models_of(engine, refined(copy, switch_at=0.5, steps=8, sampler="Heun"))
    assert names == sorted(names, reverse=True)
    assert set(names) == {"shapes-64", "copy"}


def test_networks_go_along_to_a_refiner_of_the_same_family_alone(copy):
    network = Network(kind="lora", file=model_file(copy))
    for alike in (True, False):
        one = replace(refined(copy, switch_at=0.5, alike=alike), networks=(network,))
        flight = Flight(one)
        assert flight.adapted.networks == (network,)
        flight.request = Evaluate(model_file(copy), torch.zeros(4, 8, 8), 1.0, (torch.zeros(77, 8),))
        assert flight.adapted.networks == ((network,) if alike else ())
        assert bool(flight.group.networks) == alike


def test_a_refiner_that_cannot_be_loaded_breaks_its_picture_alone(engine, tmp_path):
    path = write_original(tmp_path / "cut.safetensors")
    bad = refined(path, switch_at=0.5, steps=4)
    path.unlink()
    good = render(steps=4)
    engine.add(bad)
    engine.add(good)
    outcomes = drive(engine)
    assert [outcome.render.id for outcome in of(Broken, outcomes)] == [bad.id]
    assert [painted.render.id for painted in of(Painted, outcomes)] == [good.id]


def test_the_share_is_that_of_the_trainings_timesteps(copy):
    levels = NoiseLevels()
    refining = Refining(model_file(copy), 0.8, levels, lambda: iter(()))
    assert not refining.begins(levels.sigma(200))
    assert refining.begins(levels.sigma(199))
