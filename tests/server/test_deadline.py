"""How long a worker may be silent: what the slowest shape in flight may need, ten minutes while one is not measured."""

import msgspec

from sdtui.jobs.queue import Waiting
from sdtui.server.device import DEADLINE_FLOOR_S, DEADLINE_STEPS, FIRST_DEADLINE_S, Device
from sdtui.spec.event import StepDone
from tests.jobs.make import a_render


def fly(device, name, *, side=64, model="m", seconds=()):
    """Put a render of this shape in flight; its steps took so many seconds each."""
    render = a_render(name, model=model)
    params = msgspec.structs.replace(render.params, width=side, height=side)
    render = msgspec.structs.replace(render, params=params)
    device.running[render.id] = Waiting(render=render, queued_at=0.0)
    for number, took in enumerate(seconds, 1):
        device.measure(StepDone(job_id=1, render_id=name, step=number, steps=20, seconds=took))


def test_a_shape_that_was_not_measured_has_ten_minutes():
    device = Device("cpu", 4)
    assert device.deadline_s == FIRST_DEADLINE_S
    fly(device, "small", seconds=[0.01] * 5)
    assert device.deadline_s == DEADLINE_FLOOR_S
    fly(device, "large", side=2048)
    assert device.deadline_s == FIRST_DEADLINE_S


def test_another_checkpoint_is_another_shape():
    device = Device("cpu", 4)
    fly(device, "small", seconds=[0.01] * 5)
    fly(device, "other", model="slow one")
    assert device.deadline_s == FIRST_DEADLINE_S


def test_the_slowest_in_flight_sets_the_deadline_and_takes_it_along():
    device = Device("cpu", 4)
    fly(device, "small", seconds=[0.01] * 50)
    fly(device, "large", side=2048, seconds=[10.0, 12.0, 90.0])
    assert device.deadline_s == DEADLINE_STEPS * 12.0
    del device.running["large"]
    assert device.deadline_s == DEADLINE_FLOOR_S


def test_a_step_of_what_is_no_longer_in_flight_measures_nothing():
    device = Device("cpu", 4)
    device.measure(StepDone(job_id=1, render_id="gone", step=1, steps=2, seconds=1.0))
    assert not device.step_seconds
