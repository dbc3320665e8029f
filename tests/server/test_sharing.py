"""Which of several devices gets a render: the holder of its checkpoint, else the least busy."""

from collections import Counter

import pytest

from sdtui.jobs.queue import RenderQueue, Waiting
from sdtui.server.device import Device
from sdtui.server.sharing import GOOD_BATCH, next_share
from sdtui.spec.orders import Free
from tests.jobs.make import a_render


def path_of(model):
    return a_render(model=model).checkpoint.path


def device(name, *held, in_flight=16, busy=0):
    made = Device(name, in_flight, held=tuple(map(path_of, held)))
    for number in range(busy):
        one = Waiting(render=a_render(f"{name}-{number}", model=f"own of {name}"), queued_at=0.0)
        made.running[one.render.id] = one
    return made


def share_out(devices, *models, alone=()):
    """Hand out a render of each of these models in turn; the device each got to, "" where none."""
    queue = RenderQueue()
    queue.append(
        Waiting(render=a_render(f"r{number:03}", model=model), queued_at=0.0, alone=number in alone)
        for number, model in enumerate(models)
    )
    got = {}
    while (share := next_share(devices, queue, 1.0)) is not None:
        share.device.running[share.one.render.id] = share.one
        got[share.one.render.id] = share.device.name
    return [got.get(f"r{number:03}", "") for number in range(len(models))]


def test_each_checkpoint_goes_to_the_device_that_holds_it():
    devices = [device("a", "x"), device("b", "y"), device("c", "z")]
    assert share_out(devices, *"zxyzyx") == list("cabcba")


def test_what_nobody_holds_goes_to_the_least_busy():
    assert share_out([device("a", busy=2), device("b", busy=1)], "x") == ["b"]


def test_a_holder_that_is_busy_still_gets_what_it_holds():
    assert share_out([device("a", "x", busy=2), device("b")], "x") == ["a"]


def test_three_checkpoints_in_any_order_settle_on_a_device_each():
    got = share_out([device("a"), device("b"), device("c")], *"xyzzyxyzx")
    assert {model: {name for name, of in zip(got, "xyzzyxyzx", strict=True) if of == model} for model in "xyz"} == {
        "x": {"a"},
        "y": {"b"},
        "z": {"c"},
    }


def test_more_than_a_good_batch_of_one_checkpoint_spreads():
    got = Counter(share_out([device("a", "x"), device("b")], *"x" * 12))
    assert got["a"] >= GOOD_BATCH
    assert got["b"] >= GOOD_BATCH
    assert got.total() == 12


def test_what_all_hold_is_shared_evenly():
    assert Counter(share_out([device("a", "x"), device("b", "x")], *"xxxxxx")) == {"a": 3, "b": 3}


def test_nobody_waits_for_a_holder_without_room():
    assert share_out([device("a", "x", in_flight=2, busy=2), device("b")], "x") == ["b"]


def test_a_device_that_cannot_be_used_holds_nothing_up():
    broken = device("a", "x")
    broken.usable = False
    assert share_out([broken, device("b")], "x") == ["b"]


def test_a_suspect_does_not_wait_for_its_holder_to_be_empty():
    assert share_out([device("a", "x", busy=1), device("b")], "x", alone={0}) == ["b"]


@pytest.mark.parametrize(
    ("idle_s", "sent", "state"),
    [
        ((50,), [], "no"),
        ((101,), [Free(keep=True)], "to RAM"),
        ((101, 150, 199), [Free(keep=True)], "to RAM"),
        ((101, 201), [Free(keep=True), Free()], "dropped"),
        ((101, 201, 400), [Free(keep=True), Free()], "dropped"),
    ],
)
def test_an_idle_device_gives_its_models_to_ram_and_later_drops_them(idle_s, sent, state):
    idle = device("a")
    idle.ready, idle.released = True, "no"
    orders = []
    idle.send = orders.append
    for now in idle_s:
        idle.rest(float(now), 100.0)
    assert (orders, idle.released) == (sent, state)


@pytest.mark.parametrize(("after_s", "busy", "ready"), [(0.0, 0, True), (10.0, 1, True), (10.0, 0, False)])
def test_a_device_that_works_or_is_never_to_rest_keeps_its_models(after_s, busy, ready):
    kept = device("a", busy=busy)
    kept.ready, kept.released = ready, "no"
    kept.send = lambda order: pytest.fail(f"{order} was sent")
    kept.rest(1e6, after_s)
    assert kept.released == "no"
