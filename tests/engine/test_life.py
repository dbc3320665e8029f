"""Loading, decoding, failing, freeing: everything in the engine that is not a step."""

from __future__ import annotations

import gc
import threading
import weakref
from itertools import pairwise

import numpy as np
import pytest
import torch

from sdtui.engine import decoder as decoder_module
from sdtui.engine.decoder import decode
from sdtui.engine.engine import Engine
from sdtui.engine.flight import Flight
from sdtui.engine.memory import CPU_CELLS, MOST_ROWS, row_bytes, row_limit
from sdtui.engine.preview import LinearSketcher, rgb_bytes, shrink, sketcher_for
from sdtui.engine.sketching import Sketching
from sdtui.errors import ModelError, RenderError, UsageError
from sdtui.spec.outcome import Begun, Broken, Left, Loading, Painted, Renderer, Sketched, Stepped
from tests.engine.checkpoints import write_original
from tests.engine.renders import builtin, drive, model_file, of, paint, render


def loaded(engine, **options):
    """A new engine with the built-in model."""
    made = Engine("cpu", **options)
    made.warm(builtin())
    drive(made)
    return made


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


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
    engine = loaded(Engine)
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
    engine = Engine("cpu", budget_bytes=20_000_000)
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


def spoiled(engine, change):
    """Replace the engine's UNet call; returns how to put it back."""
    forward = engine._stepper.forward
    original = forward.evaluate
    forward.evaluate = lambda checkpoint, requests, most_rows: change(original, checkpoint, requests, most_rows)
    return lambda: setattr(forward, "evaluate", original)


def test_an_error_in_a_shared_call_breaks_every_picture_of_that_call_and_no_other(engine):
    calls = []

    def fail(original, checkpoint, requests, most_rows):
        calls.append(len(requests))
        if len(calls) == 3:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied\nmore")
        return original(checkpoint, requests, most_rows)

    restore = spoiled(engine, fail)
    shared = [render(steps=5), render(steps=5, seed=8)]
    waiting = render(steps=2, width=128)
    for one in (*shared, waiting):
        engine.add(one)
    try:
        outcomes = drive(engine)
    finally:
        restore()
    broken = of(Broken, outcomes)
    assert [outcome.render for outcome in broken] == shared
    assert all("mat1 and mat2" in str(outcome.error) for outcome in broken)
    assert [painted.render for painted in of(Painted, outcomes)] == [waiting]


def test_without_memory_the_batch_is_halved_until_it_fits(engine):
    sizes = []

    def fail(original, checkpoint, requests, most_rows):
        rows = sum(request.rows for request in requests)
        sizes.append(rows)
        if rows > 4:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return original(checkpoint, requests, most_rows)

    restore = spoiled(engine, fail)
    engine._stepper._reduced.clear()
    try:
        pictures = paint(engine, *(render(steps=3, seed=seed) for seed in range(8)))
    finally:
        restore()
        engine._stepper._reduced.clear()
    assert len(pictures) == 8
    assert sizes[:3] == [16, 8, 4]
    assert max(sizes[3:]) == 4


def test_one_picture_whose_rows_do_not_fit_takes_them_in_turn(engine, checkpoint):
    seen = []
    unet = checkpoint.unet
    forward = unet.forward

    def fail(inputs, *arguments, **options):
        seen.append(len(inputs))
        if len(inputs) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(inputs, *arguments, **options)

    unet.forward = fail
    try:
        tight = paint(engine, one := render(steps=3))[one.id]
    finally:
        del unet.forward
        engine._stepper._reduced.clear()
    assert seen == [2] + [1] * 6
    roomy = paint(engine, other := render(steps=3))[other.id]
    difference = np.frombuffer(tight.rgb, np.uint8).astype(int) - np.frombuffer(roomy.rgb, np.uint8).astype(int)
    assert abs(difference).max() <= 1


def test_a_single_row_without_memory_breaks_with_the_numbers_and_holds_no_tensor(engine):
    def fail(original, checkpoint, requests, most_rows):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    restore = spoiled(engine, fail)
    one = render(steps=3)
    engine.add(one)
    try:
        outcomes = drive(engine)
    finally:
        restore()
        engine._stepper._reduced.clear()
    (broken,) = of(Broken, outcomes)
    assert "not enough memory on cpu" in str(broken.error)
    assert "64×64" in str(broken.error)
    assert broken.error.__traceback__ is None


def test_one_pictures_own_error_stops_no_other(engine):
    bad, worse, good = render(clip_skip=9, steps=3), render("a <lora:x:1>", steps=3), render(steps=3)
    for one in (bad, worse, good):
        engine.add(one)
    outcomes = drive(engine)
    assert [outcome.render for outcome in of(Broken, outcomes)] == [bad, worse]
    assert [painted.render for painted in of(Painted, outcomes)] == [good]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_latents_that_are_not_finite_are_an_error_and_never_a_black_picture(checkpoint, value):
    with torch.inference_mode(), pytest.raises(RenderError, match="not finite"):
        decode(checkpoint, torch.full((4, 8, 8), value))


def test_a_vae_that_overflows_in_half_precision_decodes_again_in_float32(checkpoint, monkeypatch):
    precise = []

    def decode_once(checkpoint, latents, *, in_float32=False):
        precise.append(in_float32)
        return torch.zeros(3, 64, 64) if in_float32 else torch.full((3, 64, 64), float("nan"))

    monkeypatch.setattr(decoder_module, "_decode_once", decode_once)
    half = type(checkpoint)(
        **{name: getattr(checkpoint, name) for name in checkpoint.__slots__ if name not in {"compute", "__weakref__"}},
        compute=checkpoint.compute._replace(dtype=torch.float16),
    )
    picture = decode(half, torch.zeros(4, 8, 8))
    assert precise == [False, True]
    assert picture.notes
    with pytest.raises(RenderError, match="VAE"):
        decode(checkpoint, torch.zeros(4, 8, 8))


def test_a_decode_that_fails_breaks_its_picture_alone(engine, monkeypatch):
    bad, good = render(steps=2), render(steps=3, seed=8)
    original = decoder_module.decode

    def fail_first(checkpoint, latents):
        monkeypatch.setattr(decoder_module, "decode", original)
        raise RuntimeError("no convolution")

    monkeypatch.setattr(decoder_module, "decode", fail_first)
    engine.add(bad)
    engine.add(good)
    outcomes = drive(engine)
    assert [outcome.render for outcome in of(Broken, outcomes)] == [bad]
    assert [painted.render for painted in of(Painted, outcomes)] == [good]


def test_a_decode_never_holds_up_the_others_next_step(engine, monkeypatch):
    may_go = threading.Event()
    original = decoder_module.decode

    def slow(checkpoint, latents):
        assert may_go.wait(60)
        return original(checkpoint, latents)

    monkeypatch.setattr(decoder_module, "decode", slow)
    short, long = render(steps=2), render(steps=6, seed=8)
    engine.add(short)
    engine.add(long)
    before = engine.unet_calls
    outcomes = drive(engine, lambda: engine.unet_calls - before == 6)
    assert not of(Painted, outcomes)
    may_go.set()
    assert {painted.render.id for painted in of(Painted, drive(engine))} == {short.id, long.id}


def test_a_picture_cancelled_while_it_is_decoded_does_not_come(engine, monkeypatch):
    may_go = threading.Event()
    original = decoder_module.decode
    monkeypatch.setattr(decoder_module, "decode", lambda *given: may_go.wait(60) and original(*given))
    one = render(steps=1)
    engine.add(one)
    before = engine.unet_calls
    drive(engine, lambda: engine.unet_calls - before == 1)
    engine.cancel(one.id)
    outcomes = list(engine.turn())
    may_go.set()
    outcomes += drive(engine)
    assert of(Left, outcomes) == [Left(render=one)]
    assert not of(Painted, outcomes)


def sketches_of(engine, clock, one, step_s):
    """What came out while the clock went on by so many seconds in every UNet call, each decode being waited for."""
    original = engine._stepper.forward.evaluate

    def evaluate(*given):
        clock.now += step_s
        return original(*given)

    engine._stepper.forward.evaluate = evaluate
    engine.add(one)
    outcomes = []
    while not engine.idle:
        outcomes += engine.turn()
        if engine._decoder.busy:
            engine._decoder.wait(60)
    engine._stepper.forward.evaluate = original
    return outcomes


def test_sketches_come_while_the_picture_grows_and_look_like_it():
    clock = Clock()
    one = render("a large red circle on a white background", steps=16, sampler="DPM++ 2M")
    outcomes = sketches_of(loaded(Engine, clock=clock), clock, one, 1000.0)
    sketches = of(Sketched, outcomes)
    assert [sketch.step for sketch in sketches] == list(range(1, 16))
    last = sketches[-1]
    assert len(last.rgb) == last.width_px * last.height_px * 3
    (painted,) = of(Painted, outcomes)
    difference = np.frombuffer(last.rgb, np.uint8).astype(int) - np.frombuffer(painted.rgb, np.uint8).astype(int)
    assert np.sqrt((difference**2).mean()) < 25


class Thread:
    """A decoder that only notes what it is given."""

    def __init__(self):
        self.busy = False
        self.given = []

    def submit_sketch(self, flight, step, checkpoint, latents):
        self.given.append((flight, step))


@pytest.fixture
def pacing(checkpoint):
    """A way to offer guesses of some flights, and what was sketched of them."""
    thread = Thread()
    sketching = Sketching(thread)

    def offer(now, flights, step_s=1.0):
        list(sketching.offer([(flight, 1, torch.zeros(4, 8, 8)) for flight in flights], checkpoint, now, step_s))
        return [flight for flight, _ in thread.given]

    return sketching, thread, offer


def in_flight(sketch_at=0.1):
    flight = Flight(render())
    flight.sketch_at = sketch_at
    return flight


def test_a_picture_is_not_sketched_in_its_first_tenth_of_a_second_nor_four_times_a_second(pacing):
    _, _, offer = pacing
    one = in_flight()
    counts = [len(offer(now, [one])) for now in (0.05, 0.1, 0.2, 0.34, 0.36)]
    assert counts == [0, 1, 1, 1, 2]


def test_sketches_by_decode_take_a_sixtieth_of_the_time_of_the_steps(pacing):
    sketching, _, offer = pacing
    one = in_flight()
    assert len(offer(1, [one])) == 1
    sketching.took(0.5)
    sketching.took(0.02)
    # 0.02 s are earned by 1.2 s of steps
    assert [len(offer(2 + now, [one], 0.5)) for now in range(4)] == [1, 1, 2, 2]


def test_the_picture_that_waited_longest_is_sketched_first_and_none_while_the_thread_is_busy(pacing):
    _, thread, offer = pacing
    one, other = in_flight(0.2), in_flight(0.1)
    thread.busy = True
    assert offer(1, [one, other]) == []
    thread.busy = False
    assert offer(1, [one, other]) == [other]
    assert offer(1.01, [one, other]) == [other, one]


def test_the_linear_sketch_of_sd1_is_one_pixel_a_cell():
    sketcher = sketcher_for((128, 256, 512, 512), torch.device("cpu"))
    assert isinstance(sketcher, LinearSketcher)
    sketch = sketcher.sketch(torch.zeros(4, 6, 9))
    assert (sketch.width_px, sketch.height_px) == (9, 6)
    assert set(sketch.rgb) == {128}


def test_bytes_are_rows_of_rgb_and_clamped():
    picture = torch.tensor([[[-2.0, 1.0]], [[0.0, 2.0]], [[-1.0, 1.0]]])
    assert list(rgb_bytes(picture)) == [0, 128, 0, 255, 255, 255]


@pytest.mark.parametrize(("size", "wanted"), [((64, 64), (64, 64)), ((512, 768), (85, 128)), ((2048, 64), (128, 4))])
def test_a_sketch_is_small(size, wanted):
    assert shrink(torch.zeros(3, *size)).shape[1:] == wanted


def test_the_row_limit_of_a_cpu_is_a_matter_of_cells(checkpoint):
    assert row_limit(checkpoint, (8, 8)) == MOST_ROWS
    assert row_limit(checkpoint, (16, 16)) == CPU_CELLS // 256
    assert row_limit(checkpoint, (64, 64)) == 1
    assert row_limit(checkpoint, (256, 256)) == 1


def test_a_row_of_sd1_is_estimated_at_105_mb_in_half_precision():
    assert row_bytes(320, (64, 64), torch.float16) == 104_857_600
