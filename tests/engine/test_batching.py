"""Which pictures share a UNet call, when they join and leave, and that sharing does not change them."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from msgspec.structs import replace

from sdtui.engine.engine import Engine
from sdtui.engine.flight import Flight, Groups, share_call
from sdtui.engine.requests import Evaluate
from sdtui.spec.adapter import Network
from sdtui.spec.outcome import Begun, Left, Painted, Stepped
from tests.engine.renders import builtin, drive, final_latents, of, paint, relative, render

TOLERANCE = 1e-4


def flight(*tokens, size=8, solo=False, name=""):
    """A flight that wants an evaluation under contexts of so many tokens."""
    held = Flight(render(name), solo=solo)
    contexts = tuple(torch.zeros(count, 2) for count in tokens)
    held.request = Evaluate(held.render.checkpoint, torch.zeros(4, size, size), 1.0, contexts)
    return held


@pytest.mark.parametrize(
    ("flights", "most_rows", "shared"),
    [
        ([], 8, []),
        ([flight(77, 77), flight(77, 77)], 8, [0, 1]),
        ([flight(77, 77), flight(77), flight(77, 77)], 8, [0, 1, 2]),
        # no more rows than there is room for, and whoever is smaller may fill it
        ([flight(77, 77), flight(77, 77), flight(77, 77)], 4, [0, 1]),
        ([flight(77, 77), flight(77, 77), flight(77)], 3, [0, 2]),
        # the oldest goes even when it is too large
        ([flight(77, 77, 77), flight(77)], 2, [0]),
        # another shape waits
        ([flight(77), flight(77, size=16), flight(77)], 8, [0, 2]),
        # alone is alone, first or later
        ([flight(77, solo=True), flight(77)], 8, [0]),
        ([flight(77), flight(77, solo=True), flight(77)], 8, [0, 2]),
        # lengths: one and two, two and three chunks share, one to five do not meet three and four
        ([flight(77), flight(154)], 8, [0, 1]),
        ([flight(154), flight(231)], 8, [0, 1]),
        ([flight(231), flight(308)], 8, [0]),
        ([flight(77), flight(154), flight(231), flight(308)], 8, [0, 1, 2]),
        ([flight(231), flight(154), flight(231)], 8, [0, 1, 2]),
        # who waits for something else takes no part
        ([Flight(render()), flight(77)], 8, [1]),
    ],
)
def test_the_oldest_and_whoever_fits_to_it_share_a_call(flights, most_rows, shared):
    assert share_call(flights, most_rows) == [flights[place] for place in shared]


def in_group(path):
    model = builtin().__class__(name=path, path=path, size=1, mtime_ns=1)
    return Flight(render(model=model))


def test_a_group_keeps_its_turn_until_it_is_empty():
    groups, one, other = Groups(30), in_group("a"), in_group("b")
    assert groups.choose([one, other], 0).model.path == "a"
    assert groups.choose([other, one], 29).model.path == "a"
    assert groups.choose([other], 29).model.path == "b"
    assert groups.choose([], 30) is None


def test_a_group_changes_after_its_time_slice_if_another_waits():
    groups, one, other = Groups(30), in_group("a"), in_group("b")
    assert [groups.choose([one, other], at).model.path for at in (0, 29, 30, 59, 60)] == ["a", "a", "b", "b", "a"]


def test_a_slice_begins_when_somebody_else_waits():
    groups, one, other = Groups(30), in_group("a"), in_group("b")
    assert [groups.choose([one], at).model.path for at in (0, 50, 100)] == ["a", "a", "a"]
    assert [groups.choose([one, other], at).model.path for at in (110, 129, 130)] == ["a", "a", "b"]


MIXED = (
    dict(prompt="a large red circle", sampler="Euler", steps=12),
    dict(prompt="a small blue square on the left", sampler="Euler a", steps=12, cfg_scale=7.0, seed=1),
    dict(prompt="a yellow star", sampler="DPM++ 2M", steps=9, negative="red", seed=2),
    dict(prompt="a green ring", sampler="DDIM", steps=10, cfg_scale=3.0, seed=3),
    dict(prompt="a white cross", sampler="DPM++ 2M", steps=12, cfg_scale=1.0, seed=4),
    dict(prompt="a pink triangle " + "on a black background " * 20, sampler="Euler", steps=5, seed=5),
    dict(
        prompt="a red circle AND a blue background", sampler="DPM++ 2M", schedule_type="Exponential", steps=11, seed=6
    ),
    dict(prompt="[a circle|a square] of (orange:1.3)", sampler="Euler a", schedule_type="Karras", steps=8, seed=7),
)


def mixed():
    return [render(**one) for one in MIXED]


def test_eight_mixed_pictures_equal_their_solo_runs_and_take_hardly_more_calls_than_the_longest(engine):
    before = engine.unet_calls
    together = final_latents(engine, *mixed())
    assert engine.unet_calls - before <= 12 + 2
    for one, shared in zip(mixed(), together, strict=True):
        (alone,) = final_latents(engine, one)
        assert relative(shared, alone) <= TOLERANCE, one.prompt


def test_pictures_join_and_leave_between_calls(engine):
    longer, shorter = render(steps=8), render(steps=3, seed=8)
    before = engine.unet_calls
    engine.add(longer)
    outcomes = drive(engine, lambda: engine.unet_calls - before == 2)
    engine.add(shorter)
    outcomes += drive(engine)
    batches = [(step.step, step.batch) for step in of(Stepped, outcomes) if step.render is longer]
    assert batches == [(1, 1), (2, 1), (3, 2), (4, 2), (5, 2), (6, 1), (7, 1), (8, 1)]
    assert engine.unet_calls - before == 8
    assert {painted.render.id for painted in of(Painted, outcomes)} == {longer.id, shorter.id}


def test_a_picture_that_was_joined_and_left_is_the_same_as_alone(engine):
    def longer():
        return render("a blue ring", steps=9, sampler="DPM++ 2M")

    held = {}
    submit = engine._decoder.submit
    engine._decoder.submit = lambda flight, checkpoint, latents, **options: (
        held.setdefault(flight.render.id, latents.clone()),
        submit(flight, checkpoint, latents, **options),
    )
    try:
        busy, alone = longer(), longer()
        engine.add(busy)
        before = engine.unet_calls
        drive(engine, lambda: engine.unet_calls - before == 3)
        leaving = render(steps=20, seed=9)
        engine.add(render(steps=3, seed=8))
        engine.add(leaving)
        drive(engine, lambda: engine.unet_calls - before == 5)
        engine.cancel(leaving.id)
        drive(engine)
        paint(engine, alone)
    finally:
        engine._decoder.submit = submit
    assert relative(held[busy.id], held[alone.id]) <= TOLERANCE


def test_cancel_takes_effect_at_the_next_turn(engine):
    one, other = render(steps=20), render(steps=20, seed=8)
    engine.add(one)
    engine.add(other)
    before = engine.unet_calls
    drive(engine, lambda: engine.unet_calls - before == 4)
    engine.cancel(one.id)
    outcomes = engine.turn()
    assert outcomes[0] == Left(render=one)
    assert {step.render.id for step in of(Stepped, outcomes)} == {other.id}
    assert not [outcome for outcome in drive(engine) if getattr(outcome, "render", None) is one]


def test_cancelling_what_was_never_begun_or_is_not_known_is_fine(engine):
    one = render()
    engine.add(one)
    engine.cancel(one.id)
    engine.cancel("nobody")
    assert not engine.idle
    assert list(engine.turn()) == [Left(render=one)]
    assert engine.idle


def test_a_render_may_come_again_right_after_it_was_cancelled(engine):
    one = render(steps=2)
    engine.add(one)
    before = engine.unet_calls
    drive(engine, lambda: engine.unet_calls - before == 1)
    engine.cancel(one.id)
    engine.add(one)
    outcomes = drive(engine)
    assert len(of(Left, outcomes)) == 1
    assert len(of(Painted, outcomes)) == 1


@pytest.mark.parametrize("how", ["exact", "alone"])
def test_exact_and_alone_keep_a_picture_from_sharing(engine, how):
    solo = render(steps=4, exact=how == "exact")
    engine.add(render(steps=4, seed=1))
    engine.add(solo, alone=how == "alone")
    engine.add(render(steps=4, seed=2))
    outcomes = drive(engine)
    assert {step.batch for step in of(Stepped, outcomes) if step.render is solo} == {1}
    assert {step.batch for step in of(Stepped, outcomes) if step.render is not solo} == {2}


def test_an_exact_picture_is_bit_equal_whatever_else_is_going_on(engine):
    def exact():
        return render("a yellow star", steps=6, sampler="Euler a", exact=True)

    alone, busy = exact(), exact()
    first = paint(engine, alone)[alone.id]
    crowd = [render(steps=9, seed=seed) for seed in range(3)]
    second = paint(engine, *crowd[:2], busy, crowd[2])[busy.id]
    assert first.rgb == second.rgb
    (one,) = final_latents(engine, exact())
    *_, other = final_latents(engine, *[render(steps=4, seed=seed) for seed in range(2)], exact())
    assert torch.equal(one, other)


def test_picture_i_of_a_job_is_the_single_picture_of_its_seed(engine):
    job = [render(seed=100 + index, steps=5) for index in range(4)]
    together = final_latents(engine, *job)
    (third,) = final_latents(engine, render(seed=102, steps=5))
    assert relative(together[2], third) <= TOLERANCE
    assert relative(together[1], third) > 0.1


def test_the_row_limit_keeps_the_order_of_arrival():
    engine = Engine("cpu", row_limit=lambda checkpoint, cells: 4)
    engine.warm(builtin())
    drive(engine)
    renders = [render(seed=seed, steps=3) for seed in range(5)]
    for one in renders:
        engine.add(one)
    outcomes = drive(engine)
    assert {step.batch for step in of(Stepped, outcomes)} == {1, 2}
    assert [begun.render.id for begun in of(Begun, outcomes)] == [one.id for one in renders]
    assert engine.unet_calls == 9


def test_pictures_of_another_size_wait_and_are_not_forgotten(engine):
    small, large = render(steps=4), render(steps=3, width=128, height=64)
    pictures = paint(engine, small, large)
    assert (pictures[large.id].width_px, pictures[large.id].height_px) == (128, 64)
    assert len(pictures[large.id].rgb) == 128 * 64 * 3


def test_begun_comes_before_the_first_step_and_steps_count_up(engine):
    one = render(steps=5)
    engine.add(one)
    outcomes = drive(engine)
    kinds = [type(outcome).__name__ for outcome in outcomes if isinstance(outcome, Begun | Stepped | Painted)]
    assert kinds == ["Begun", *["Stepped"] * 5, "Painted"]
    steps = of(Stepped, outcomes)
    assert [(step.step, step.steps) for step in steps] == [(step, 5) for step in range(1, 6)]
    assert all(step.seconds > 0 for step in steps)
    assert all(one <= other for one, other in pairwise(step.step for step in steps))


@pytest.mark.parametrize(("width", "height"), [(72, 88), (64, 200), (520, 64)])
def test_any_multiple_of_eight_is_a_size(engine, width, height):
    one = render(steps=1, width=width, height=height)
    picture = paint(engine, one)[one.id]
    assert (picture.width_px, picture.height_px, len(picture.rgb)) == (width, height, width * height * 3)


def test_more_rows_than_a_call_may_have_are_one_picture_all_the_same():
    engine = Engine("cpu", row_limit=lambda checkpoint, cells: 3)
    one = render("red AND blue AND green AND white AND black", steps=2)
    assert paint(engine, one)
    assert engine.unet_calls == 2


def with_networks(path, *names):
    model = builtin().__class__(name=path, path=path, size=1, mtime_ns=1)
    networks = tuple(Network(kind="lora", file=model.__class__(name=n, path=n, size=1, mtime_ns=1)) for n in names)
    return Flight(replace(render(model=model), networks=networks))


def test_what_is_applied_to_a_checkpoint_parts_groups_and_the_same_checkpoint_comes_next():
    groups, plain, other, dressed = Groups(30), with_networks("a"), with_networks("b"), with_networks("a", "detail")
    assert groups.choose([plain, other, dressed], 0) is plain
    assert groups.choose([other, dressed], 10) is dressed
    assert groups.choose([other, plain, dressed], 29) is dressed
    assert groups.choose([other, plain, dressed], 30) is other


def test_changing_what_is_applied_gives_a_checkpoint_no_longer_turn():
    groups, other, dressed = Groups(30), with_networks("b"), with_networks("a", "detail")
    assert groups.choose([with_networks("a"), other], 0).model.path == "a"
    assert groups.choose([other, dressed], 31) is other
