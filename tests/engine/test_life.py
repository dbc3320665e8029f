"""Loading, taking turns, freeing: the life of an engine and its checkpoints."""

from __future__ import annotations

import gc
import weakref
from itertools import pairwise

import pytest

from sdtui.engine.device import Budget
from sdtui.engine.engine import Engine
from sdtui.errors import ModelError, UsageError
from sdtui.spec.outcome import Begun, Broken, Left, Loading, Painted, Renderer, Stepped
from tests.engine.checkpoints import write_original
from tests.engine.renders import Clock, builtin, drive, loaded, model_file, of, paint, render


def test_the_engine_is_a_renderer():
    renderer: Renderer = Engine("cpu")
    assert renderer.device == "cpu"
    assert renderer.idle
    assert list(renderer.turn()) == []


@pytest.mark.parametrize("name", ["tpu", "cuda:99", "mps"])
def test_a_device_that_is_not_there_is_a_sentence(name):
    with pytest.raises(UsageError, match=name):
        Engine(name)


def test_warm_loads_when_nobody_waits_and_says_so():
    engine = Engine("cpu")
    engine.warm(builtin())
    assert not engine.idle
    outcomes = drive(engine)
    assert [outcome.state for outcome in of(Loading, outcomes)][-1] == "ready"
    assert engine.idle
    one = render(steps=1)
    engine.add(one)
    first = engine.turn()
    assert of(Begun, first) == [Begun(render=one)]


def test_warming_what_cannot_be_loaded_says_why_and_ends(tmp_path):
    engine = Engine("cpu")
    path = write_original(tmp_path / "gone.safetensors")
    model = model_file(path)
    path.unlink()
    engine.warm(model)
    outcomes = drive(engine)
    assert "cannot be read" in outcomes[-1].text
    assert engine.idle


def test_the_state_goes_from_loading_over_rendering_to_ready():
    engine = Engine("cpu")
    engine.add(render(steps=2))
    states = [outcome.state for outcome in of(Loading, drive(engine))]
    assert [state for state, before in zip(states, [None, *states], strict=False) if state != before] == [
        "loading",
        "ready",
        "rendering",
        "ready",
    ]


def test_everything_waiting_for_a_model_that_cannot_be_loaded_breaks(tmp_path):
    engine = Engine("cpu")
    path = tmp_path / "broken.safetensors"
    write_original(path, edit=lambda tensors: tensors.pop("model.diffusion_model.out.2.bias"))
    engine.add(render(model=model_file(path)))
    engine.add(render(model=model_file(path), seed=8))
    broken = of(Broken, drive(engine))
    assert len(broken) == 2
    assert all(isinstance(outcome.error, ModelError) for outcome in broken)


def test_release_frees_the_model_and_the_next_render_loads_it_again():
    engine = loaded()
    held = weakref.ref(next(iter(engine._shelf._loaded.values())).unet)
    one = render(steps=6)
    engine.add(one)
    before = engine.unet_calls
    drive(engine, lambda: engine.unet_calls - before == 3)
    while engine._decoder.busy:
        engine._decoder.wait(60)
        assert list(engine._decoder.take())
    engine.release()
    gc.collect()
    assert held() is None
    outcomes = drive(engine)
    assert next(outcome.state for outcome in of(Loading, outcomes)) == "loading"
    assert [step.step for step in of(Stepped, outcomes)] == [4, 5, 6]
    assert len(of(Painted, outcomes)) == 1


def test_the_checkpoint_used_longest_ago_dies_when_the_budget_is_full(tmp_path):
    small = [model_file(write_original(tmp_path / f"{seed}.safetensors", seed=seed)) for seed in range(3)]
    engine = Engine("cpu", budget=Budget(20_000_000))
    held = {}
    for model in (*small[:2], small[0], small[2]):
        paint(engine, render(model=model, steps=1))
        for key, checkpoint in engine._shelf._loaded.items():
            held.setdefault(key[0], weakref.ref(checkpoint.unet))
        del checkpoint
    gc.collect()
    alive = [held[model.path]() is not None for model in small]
    assert alive == [True, False, True]
    assert engine._shelf.held_bytes <= 20_000_000


def test_two_checkpoints_take_turns_by_the_clock(tmp_path):
    other = model_file(write_original(tmp_path / "other.safetensors"))
    clock = Clock()
    engine = Engine("cpu", clock=clock, slice_s=30)
    one, two = render(steps=8), render(model=other, steps=8)
    engine.add(one)
    engine.add(two)
    order = []
    while not engine.idle:
        outcomes = engine.turn()
        order += [step.render.id for step in of(Stepped, outcomes)]
        clock.now += 8 if of(Stepped, outcomes) else 0
    changes = sum(before != after for before, after in pairwise(order))
    assert len(order) == 16
    assert 3 <= changes <= 4
    assert order[0] == one.id


def test_a_load_nobody_wants_any_more_is_given_up(tmp_path):
    engine = Engine("cpu")
    one = render()
    engine.add(one)
    engine.turn()
    engine.cancel(one.id)
    outcomes = drive(engine)
    assert of(Left, outcomes) == [Left(render=one)]
    assert engine.idle
