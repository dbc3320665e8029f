"""Step previews: when they come and what they look like."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sdtui.engine.flight import Flight
from sdtui.engine.preview import LinearSketcher, rgb_bytes, shrink, sketcher_for
from sdtui.engine.sketching import Sketching
from sdtui.spec.outcome import Painted, Sketched
from tests.engine.renders import Clock, loaded, of, render


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
    outcomes = sketches_of(loaded(clock=clock), clock, one, 1000.0)
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


def test_sketches_by_decode_take_a_small_share_of_the_time_of_the_steps(pacing):
    sketching, _, offer = pacing
    one = in_flight()
    assert len(offer(1, [one])) == 1
    sketching.took(0.5)
    sketching.took(0.02)
    # 0.02 s are earned by 3 s of steps
    assert [len(offer(2 + now, [one], 1.25)) for now in range(4)] == [1, 1, 2, 2]


def test_a_picture_that_takes_a_second_gets_its_first_sketch_however_little_was_earned(pacing):
    sketching, _, offer = pacing
    before, quick, slow = in_flight(), in_flight(), in_flight()
    assert offer(1, [before]) == [before]
    sketching.took(100.0)
    steps = slow.render.params.steps
    assert offer(2, [quick], 0.9 / steps) == [before]
    assert offer(3, [slow], 1.1 / steps) == [before, slow]
    assert offer(4, [slow], 1.1 / steps) == [before, slow]


def test_the_picture_that_waited_longest_is_sketched_first_and_none_while_the_thread_is_busy(pacing):
    _, thread, offer = pacing
    one, other = in_flight(0.2), in_flight(0.1)
    thread.busy = True
    assert offer(1, [one, other]) == []
    thread.busy = False
    assert offer(1, [one, other]) == [other]
    assert offer(1.01, [one, other]) == [other, one]


def test_the_linear_sketch_of_sd1_is_one_pixel_a_cell():
    sketcher = sketcher_for((128, 256, 512, 512), "sd", torch.device("cpu"))
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


def test_sdxls_latents_have_a_map_of_their_own():
    sketcher = sketcher_for((128, 256, 512, 512), "xl", torch.device("cpu"))
    assert isinstance(sketcher, LinearSketcher)
    nothing = sketcher.sketch(torch.zeros(4, 1, 1))
    assert tuple(nothing.rgb) == (150, 140, 130)
    bright = sketcher.sketch(torch.tensor([1.0, 0.0, 0.0, 0.0]).view(4, 1, 1))
    assert tuple(bright.rgb) == (210, 200, 190)
