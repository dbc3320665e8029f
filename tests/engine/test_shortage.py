"""When memory runs out: rung by rung down, each one said, and pictures that are as they would have been, or say so."""

from __future__ import annotations

import weakref
from dataclasses import replace

import pytest
import torch

from sdtui.engine import loader as loader_module
from sdtui.engine import stepper as stepper_module
from sdtui.engine.checkpoint import Progress
from sdtui.engine.device import Budget
from sdtui.engine.engine import Engine
from sdtui.engine.ladder import SLICED, Ladder, Place
from sdtui.engine.memory import is_dead, is_out_of_memory
from sdtui.engine.shelf import Shelf
from sdtui.engine.slicing import slice_attention
from sdtui.engine.streaming import blocks_of, stream_blocks
from sdtui.spec.outcome import Broken, Loading, Painted
from tests.engine.checkpoints import write_original
from tests.engine.renders import builtin, drive, loaded, model_file, of, paint, relative, render
from tests.engine.short import limited, own_checkpoint, pixels

NO_MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


# ------------------------------------------------------------------ the rungs


@pytest.fixture
def ladder(checkpoint):
    """A ladder that may stream, with the built-in model of its own and another checkpoint on the device."""
    one, other = own_checkpoint(), replace(checkpoint)
    shelf = Shelf(Budget(10**12))
    shelf.put(("one", 0, 0), one)
    shelf.put(("other", 0, 0), other)
    return Ladder(one.compute, shelf, streams=True), one, shelf


def test_the_rungs_in_their_order(ladder):
    rungs, one, shelf = ladder
    place = Place(("one", 0, 0), (8, 8))
    said = [rungs.step_down(one, place, rows) for rows in (8, 8, 4, 2, 1, 1, 1)]
    assert [rung.note.split(":")[0] if rung else None for rung in said] == [
        "The other checkpoints left the device, which had too little memory.",
        "There was too little memory for 8 rows of this size in a call; it is 4 now.",
        "There was too little memory for 4 rows of this size in a call; it is 2 now.",
        "There was too little memory for 2 rows of this size in a call; it is 1 now.",
        "There was too little memory",
        "There was too little memory",
        None,
    ]
    assert [rung.makeshift for rung in said if rung] == ["", "", "", "", SLICED, ""]
    assert shelf.paths == ("one",)
    assert rungs.rows(place) == 1
    assert rungs.rows(Place(("one", 0, 0), (16, 8))) > 1000
    assert rungs.makeshift(one) == SLICED


def test_a_new_checkpoint_begins_at_the_top(ladder, checkpoint):
    rungs, one, _ = ladder
    for rows in (8, 1, 1, 1):
        rungs.step_down(one, Place(("one", 0, 0), (8, 8)), rows)
    assert rungs.makeshift(checkpoint) == ""
    rungs.forget()
    assert rungs.rows(Place(("one", 0, 0), (8, 8))) > 1000


@pytest.mark.parametrize("queries", [3, 1024])
@pytest.mark.parametrize("rows", [1, 3])
def test_attention_in_slices_gives_the_same_guess(checkpoint, queries, rows):
    one = own_checkpoint()
    torch.manual_seed(1)
    latents, context = torch.randn(rows, 4, 8, 16), torch.randn(rows, 77, one.unet.config.cross_attention_dim)
    with torch.inference_mode():
        whole = one.unet(latents, torch.tensor(500.0), context).sample
        slice_attention(one.unet, queries)
        sliced = one.unet(latents, torch.tensor(500.0), context).sample
    assert {type(each).__name__ for each in one.unet.attn_processors.values()} == {"SlicedAttention"}
    assert not torch.equal(whole, torch.zeros_like(whole))
    assert relative(sliced, whole) < 1e-5


def test_streamed_blocks_are_on_the_device_only_while_they_work_and_the_guess_is_the_same():
    one = own_checkpoint()
    latents, context = torch.randn(2, 4, 8, 8), torch.randn(2, 77, one.unet.config.cross_attention_dim)
    with torch.inference_mode():
        whole = one.unet(latents, torch.tensor(500.0), context).sample
    device, moves = torch.device("cpu", 0), []
    for number, block in enumerate(blocks_of(one.unet)):
        to = block.to
        block.to = lambda place, number=number, to=to: (moves.append((number, str(place))), to(place))[1]
    stream_blocks(one.unet, device)
    count = len(blocks_of(one.unet))
    assert moves == [(number, "cpu") for number in range(count)]
    moves.clear()
    with torch.inference_mode():
        assert torch.equal(one.unet(latents, torch.tensor(500.0), context).sample, whole)
    assert moves == [(number, place) for number in range(count) for place in ("cpu:0", "cpu")]


# ------------------------------------------------------------------ pictures


def test_sliced_attention_is_in_the_pictures_record_and_the_picture_is_the_same():
    engine = loaded()
    one, other = render(steps=3), render(steps=3)
    whole = paint(engine, one)[one.id]
    forward = engine._stepper.forward
    original, calls = forward.evaluate, []

    def fail_thrice(*given):
        calls.append(given)
        if len(calls) <= 2:
            raise NO_MEMORY
        return original(*given)

    forward.evaluate = fail_thrice
    sliced = paint(engine, other)[other.id]
    assert sliced.makeshift == SLICED
    assert any("slices" in note for note in sliced.notes)
    assert any("2 rows" in note for note in sliced.notes)
    assert abs(pixels(sliced) - pixels(whole)).max() <= 1
    assert whole.makeshift == ""
    assert whole.notes == ()


def test_other_checkpoints_leave_the_device_first_and_no_pixel_changes(tmp_path):
    other = model_file(write_original(tmp_path / "other.safetensors"))
    engine = loaded()
    paint(engine, render(model=other, steps=1))
    limited(engine.checkpoint(builtin()).unet, 2)
    first, second = render(steps=2), render(steps=2, seed=8)
    pictures = paint(engine, first, second)
    assert engine.checkpoint(other) is None
    assert {picture.makeshift for picture in pictures.values()} == {""}
    assert "other checkpoints" in pictures[first.id].notes[0]


def test_nothing_holds_the_tensors_of_a_call_that_had_no_room():
    engine = loaded()
    held = []

    def fail(checkpoint, requests, most_rows):
        tensor = torch.zeros(1000)
        held.append(weakref.ref(tensor))
        raise torch.OutOfMemoryError("CUDA out of memory.")

    engine._stepper.forward.evaluate = fail
    alive = []
    step_down = engine._stepper.ladder.step_down
    engine._stepper.ladder.step_down = lambda *given: (alive.append(held[-1]() is not None), step_down(*given))[1]
    engine.add(render(steps=2))
    (broken,) = of(Broken, drive(engine))
    assert alive == [False, False, False]
    assert "64×64" in str(broken.error)


# ------------------------------------------------------------------ refusing, and a broken device


def test_a_size_that_cannot_fit_is_refused_with_the_numbers_before_any_sampling(monkeypatch):
    engine = loaded()
    monkeypatch.setattr(stepper_module, "free_memory", lambda device: -engine._shelf.held_bytes + 30_000_000)
    engine.add(render(steps=1, width=2048, height=2048))
    small = render(steps=1)
    before = engine.unet_calls
    engine.add(small)
    outcomes = drive(engine)
    (broken,) = of(Broken, outcomes)
    assert "2048×2048 needs at least" in str(broken.error)
    assert "0.0 GB" in str(broken.error)
    assert [painted.render for painted in of(Painted, outcomes)] == [small]
    assert engine.unet_calls == before + 1


@pytest.mark.parametrize(
    ("error", "out_of_memory", "dead"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), True, False),
        (MemoryError(), True, False),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"), True, False),
        (RuntimeError("MPS backend out of memory (MPS allocated: 8 GB)"), True, False),
        (RuntimeError("CUDA error: out of memory"), True, False),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True, False),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), False, True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), False, True),
        (torch.AcceleratorError("CUDA error: unspecified launch failure"), False, True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False, False),
        (ValueError("CUDA error"), False, False),
    ],
)
def test_what_an_error_says_about_memory_and_device(error, out_of_memory, dead):
    assert is_out_of_memory(error) == out_of_memory
    assert is_dead(error) == dead


def test_an_error_of_the_device_ends_the_engine_for_another_to_take_over():
    engine = loaded()

    def fail(*given):
        raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered")

    engine._stepper.forward.evaluate = fail
    engine.add(render(steps=2))
    with pytest.raises(torch.AcceleratorError):
        drive(engine)


def test_an_error_of_the_device_in_a_decode_ends_the_engine_too():
    engine = loaded()

    def fail(*given):
        raise RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED")

    engine.checkpoint(builtin()).vae.decoder.forward = fail
    engine.add(render(steps=1))
    with pytest.raises(RuntimeError, match="CUDNN"):
        drive(engine)


def test_a_unet_whose_values_are_not_finite_is_said_at_once_and_stops_no_other(engine):
    forward = engine._stepper.forward
    original, bad = forward.evaluate, render("bad", steps=6)

    def spoil(checkpoint, requests, most_rows):
        answers = original(checkpoint, requests, most_rows)
        if len(answers) == 2:
            answers[0] = answers[0] * float("nan")
        return answers

    forward.evaluate = spoil
    good = render(steps=3, seed=8)
    engine.add(bad)
    engine.add(good)
    before = engine.unet_calls
    try:
        outcomes = drive(engine)
    finally:
        forward.evaluate = original
    (broken,) = of(Broken, outcomes)
    assert broken.render is bad
    assert "not finite" in str(broken.error)
    assert [painted.render for painted in of(Painted, outcomes)] == [good]
    assert engine.unet_calls - before == 3


# ------------------------------------------------------------------ loading


def test_a_load_without_room_takes_the_others_off_the_device_and_begins_again(tmp_path, monkeypatch):
    other = model_file(write_original(tmp_path / "other.safetensors"))
    engine = loaded()
    load, tries = loader_module.load_checkpoint, []

    def short(record, compute):
        tries.append(record.path)
        if len(tries) == 1:
            yield Progress(0.5, "reading")
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return (yield from load(record, compute))

    monkeypatch.setattr(loader_module, "load_checkpoint", short)
    one = render(model=other, steps=1)
    engine.add(one)
    outcomes = drive(engine)
    assert len(of(Painted, outcomes)) == 1
    assert "making room" in [loading.text for loading in of(Loading, outcomes)]
    assert engine.checkpoint(builtin()) is None
    assert len(tries) == 2


def test_a_checkpoint_that_cannot_fit_is_refused_with_the_numbers(monkeypatch):
    engine = Engine("cpu")
    monkeypatch.setattr(loader_module, "free_memory", lambda device: 1_000_000)
    engine.add(render(steps=1))
    (broken,) = of(Broken, drive(engine))
    assert "needs at least 0.0 GB of memory, and cpu has 0.0 GB" in str(broken.error)


def test_an_error_of_the_device_in_a_load_ends_the_engine_too(monkeypatch):
    engine = Engine("cpu")

    def broken(record, compute):
        raise RuntimeError("CUDA error: device-side assert triggered")
        yield

    monkeypatch.setattr(loader_module, "load_checkpoint", broken)
    engine.add(render(steps=1))
    with pytest.raises(RuntimeError, match="device-side"):
        drive(engine)
