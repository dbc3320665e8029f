"""What goes wrong in one picture, one call or one decode, and what it must not touch."""

from __future__ import annotations

import copy
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from sdtui.engine import decoder as decoder_module
from sdtui.engine.decoder import decode, dtype_of
from sdtui.engine.memory import CPU_CELLS, MOST_ROWS, row_bytes, row_limit
from sdtui.errors import RenderError
from sdtui.spec.outcome import Broken, Left, Painted
from tests.engine.renders import drive, of, paint, render


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
    engine._stepper.ladder.forget()
    try:
        pictures = paint(engine, *(render(steps=3, seed=seed) for seed in range(8)))
    finally:
        restore()
        engine._stepper.ladder.forget()
    assert len(pictures) == 8
    # another checkpoint may have to leave first, and then the same is tried once more
    assert list(dict.fromkeys(sizes))[:3] == [16, 8, 4]
    assert max(sizes[sizes.index(4) :]) == 4


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
        engine._stepper.ladder.forget()
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
        engine._stepper.ladder.forget()
    (broken,) = of(Broken, outcomes)
    assert "not enough memory on cpu" in str(broken.error)
    assert "64×64" in str(broken.error)
    assert broken.error.__traceback__ is None


def test_one_pictures_own_error_stops_no_other(engine):
    bad, worse, good = render(clip_skip=9, steps=3), render(sampler="Eular", steps=3), render(steps=3)
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

    def decode_once(checkpoint, vae, latents):
        precise.append(dtype_of(vae) == torch.float32)
        return torch.zeros(3, 64, 64) if precise[-1] else torch.full((3, 64, 64), float("nan"))

    monkeypatch.setattr(decoder_module, "_decode_once", decode_once)
    half = replace(checkpoint, vae=copy.deepcopy(checkpoint.vae).half())
    picture = decode(half, torch.zeros(4, 8, 8))
    assert precise == [False, True]
    assert "float32" in picture.notes[0]
    monkeypatch.setattr(decoder_module, "_decode_once", lambda *given: torch.full((3, 64, 64), float("nan")))
    with pytest.raises(RenderError, match="VAE"):
        decode(checkpoint, torch.zeros(4, 8, 8))


def test_a_decode_that_fails_breaks_its_picture_alone(engine, monkeypatch):
    bad, good = render(steps=2), render(steps=3, seed=8)
    original = decoder_module.decode

    def fail_first(*given):
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

    def slow(*given):
        assert may_go.wait(60)
        return original(*given)

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


def test_the_row_limit_of_a_cpu_is_a_matter_of_cells(checkpoint):
    assert row_limit(checkpoint, (8, 8)) == MOST_ROWS
    assert row_limit(checkpoint, (16, 16)) == CPU_CELLS // 256
    assert row_limit(checkpoint, (64, 64)) == 1
    assert row_limit(checkpoint, (256, 256)) == 1


def test_a_row_of_sd1_is_estimated_at_105_mb_in_half_precision():
    assert row_bytes(320, (64, 64), torch.float16) == 104_857_600
