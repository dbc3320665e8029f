"""Which checkpoints stay on the device and in RAM, what it takes to switch between them, and that the others die."""

from __future__ import annotations

import copy
import gc
import random
import weakref
from dataclasses import replace

import pytest
import torch

from sdtui.engine.decoder import decode, dtype_of
from sdtui.engine.device import Budget, machine_memory, memory_budget
from sdtui.engine.engine import Engine
from sdtui.engine.moving import arrange, modules_of
from sdtui.engine.shelf import Shelf
from sdtui.spec.outcome import Loading, Painted
from sdtui.spec.tuning import Tuning
from tests.engine.checkpoints import write_original
from tests.engine.renders import drive, final_latents, model_file, of, paint, render
from tests.engine.short import own_checkpoint, pixels

CPU = torch.device("cpu")


class Box:
    """Stands for a checkpoint of so many bytes; knows where it is."""

    def __init__(self, name, size_bytes=10):
        self.name, self.size_bytes, self.place = name, size_bytes, "device"


def shelf(device=20, ram=0):
    def to(place):
        return lambda box: setattr(box, "place", place)

    return Shelf(Budget(device, ram), park=to("ram"), unpark=to("device"))


def key(name):
    return (name, 0, 0)


def fill(made, *names, size_bytes=10):
    boxes = {name: Box(name, size_bytes) for name in names}
    for name, box in boxes.items():
        made.put(key(name), box)
    return boxes


@pytest.mark.parametrize(
    ("device", "ram", "on_device", "in_ram"),
    [
        (20, 0, "cd", ""),
        (20, 10, "cd", "b"),
        (20, 100, "cd", "ab"),
        (9, 100, "d", "abc"),
        (9, 9, "d", ""),
        (100, 100, "abcd", ""),
    ],
)
def test_the_newest_are_on_the_device_the_next_in_ram_and_the_others_gone(device, ram, on_device, in_ram):
    made = shelf(device, ram)
    boxes = fill(made, *"abcd")
    assert [name for name in "abcd" if made.get(key(name))] == list(on_device)
    assert all(boxes[name].place == "ram" for name in in_ram)
    assert made.held_bytes == 10 * len(on_device)
    assert made.parked_bytes == 10 * len(in_ram)
    assert set(made.paths) == {*on_device, *in_ram}


def test_what_waits_in_ram_is_brought_back_in_exchange_for_the_one_used_longest_ago():
    made = shelf(20, 100)
    boxes = fill(made, *"abc")
    assert made.get(key("b"))
    assert made.bring_back(key("a"))
    assert {name: box.place for name, box in boxes.items()} == {"a": "device", "b": "device", "c": "ram"}
    assert made.paths == ("a", "b", "c")
    assert not made.bring_back(key("a"))
    assert not made.bring_back(key("z"))


@pytest.mark.parametrize(("keep", "in_ram"), [(True, 20), (False, 0)])
def test_clearing_keeps_what_fits_into_ram_only_if_asked_to(keep, in_ram):
    made = shelf(30, 20)
    fill(made, *"abc")
    made.clear(keep=keep)
    assert (made.held_bytes, made.parked_bytes) == (0, in_ram)


def test_only_one_is_left_when_memory_is_short():
    made = shelf(30, 0)
    fill(made, *"abc")
    assert made.only(key("b"))
    assert made.paths == ("b",)
    assert not made.only(key("b"))


@pytest.mark.parametrize(
    ("device", "tuning", "wanted"),
    [
        ("cpu", Tuning(device_gb=2), Budget(2_000_000_000)),
        ("cpu", Tuning(ram_gb=3), Budget(3_000_000_000)),
        ("cpu", Tuning(ram_gb=3, workers=3), Budget(1_000_000_000)),
        ("cpu", Tuning(), Budget(machine_memory() // 2)),
        ("mps", Tuning(device_gb=2, ram_gb=4), Budget(2_000_000_000)),
    ],
)
def test_the_budget_is_the_configured_one_else_a_share_of_the_memory(device, tuning, wanted):
    assert memory_budget(torch.device(device), tuning) == wanted


def test_a_card_has_a_budget_of_its_own_and_one_in_ram(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1, 10_000_000_000))
    card = torch.device("cuda", 0)
    assert memory_budget(card, Tuning(workers=2)) == Budget(8_000_000_000, machine_memory() // 4)
    assert memory_budget(card, Tuning(device_gb=3, ram_gb=5)) == Budget(3_000_000_000, 5_000_000_000)


@pytest.mark.parametrize(("says", "wanted"), [("max\n", None), ("1000000\n", 1_000_000), ("9" * 30, None)])
def test_a_container_has_the_memory_it_is_allowed(tmp_path, says, wanted):
    limit = tmp_path / "memory.max"
    limit.write_text(says)
    assert machine_memory(limit) == (wanted or machine_memory(tmp_path / "none"))


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """Three small checkpoints of 10 MB each when loaded."""
    folder = tmp_path_factory.mktemp("three")
    return [model_file(write_original(folder / f"{seed}.safetensors", seed=seed)) for seed in range(3)]


def loads(outcomes):
    """The checkpoints that were read from the disk, in order."""
    return [outcome.checkpoint for outcome in of(Loading, outcomes) if outcome.progress == 0.0]


def test_a_switch_back_reads_nothing_from_the_disk_while_it_waits_in_ram(three):
    engine = Engine("cpu", budget=Budget(1, 100_000_000))
    first = render(model=three[0], steps=2)
    before = paint(engine, first)[first.id]
    engine.add(render(model=three[1], steps=1))
    assert loads(drive(engine)) == [three[1].name]
    again = render(model=three[0], steps=2)
    engine.add(again)
    outcomes = drive(engine)
    assert loads(outcomes) == []
    assert of(Painted, outcomes)[0].rgb == before.rgb


def test_idle_models_go_to_ram_and_come_back_by_themselves_and_a_release_drops_them(three):
    engine = Engine("cpu", budget=Budget(100_000_000, 100_000_000))
    paint(engine, render(model=three[0], steps=1))
    held = weakref.ref(engine.checkpoint(three[0]).unet)
    engine.release(keep=True)
    assert engine.checkpoint(three[0]) is None
    engine.add(render(model=three[0], steps=1))
    assert loads(drive(engine)) == []
    engine.release()
    gc.collect()
    assert held() is None
    engine.add(render(model=three[0], steps=1))
    assert loads(drive(engine)) == [three[0].name]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("ram", "switches"), [(0, 50), (12_000_000, 12)])
def test_switches_leave_nothing_behind(three, ram, switches):
    engine = Engine("cpu", budget=Budget(12_000_000, ram))
    held = []
    for number in range(switches):
        model = three[number % 3]
        engine.add(render(model=model, steps=1, seed=number))
        drive(engine)
        held.append(weakref.ref(engine.checkpoint(model).unet))
    gc.collect()
    alive = {id(one()) for one in held if one() is not None}
    assert len(alive) == (2 if ram else 1)


@pytest.mark.parametrize("order", range(3))
def test_renders_of_three_checkpoints_in_random_order_load_each_once(three, order):
    engine = Engine("cpu", budget=Budget(12_000_000))
    wanted = [render(model=model, steps=2, seed=seed) for model in three for seed in range(8)]
    random.Random(order).shuffle(wanted)
    for one in wanted:
        engine.add(one)
    outcomes = drive(engine)
    assert sorted(loads(outcomes)) == sorted(model.name for model in three)
    assert len(of(Painted, outcomes)) == 24


def test_a_smaller_budget_counts_at_once(three):
    engine = Engine("cpu")
    paint(engine, *(render(model=model, steps=1) for model in three))
    assert all(engine.checkpoint(model) for model in three)
    engine.tune(Tuning(device_gb=0.012))
    assert sum(engine.checkpoint(model) is not None for model in three) == 1


def test_what_is_held_is_told(three):
    engine = Engine("cpu")
    engine.add(render(model=three[0], steps=1))
    engine.add(render(model=three[1], steps=1))
    assert set(of(Loading, drive(engine))[-1].held) == {three[0].path, three[1].path}


def test_every_module_of_a_checkpoint_is_moved(checkpoint):
    assert {checkpoint.unet, checkpoint.vae, checkpoint.text_encoder} <= set(modules_of(checkpoint))


@pytest.mark.parametrize(
    ("kind", "has_bfloat16", "vae", "channels_last"),
    [
        ("cpu", False, torch.float32, {"vae"}),
        ("cuda", True, torch.bfloat16, {"vae", "unet"}),
        ("cuda", False, torch.float32, {"vae", "unet"}),
        ("mps", False, torch.float32, set()),
    ],
)
def test_weights_are_laid_out_as_the_device_likes_them(kind, has_bfloat16, vae, channels_last):
    one = own_checkpoint()
    one.vae.to(memory_format=torch.contiguous_format)
    compute = one.compute._replace(device=torch.device(kind), has_bfloat16=has_bfloat16)
    arrange(replace(one, compute=compute))
    assert dtype_of(one.vae) == vae
    for name in ("vae", "unet"):
        weights = [weight for weight in getattr(one, name).parameters() if weight.ndim == 4 and min(weight.shape) > 1]
        assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights) == (
            name in channels_last
        )


def test_a_bfloat16_vae_makes_nearly_the_same_picture(engine, checkpoint):
    (latents,) = final_latents(engine, render("a red circle on a white background", steps=8))
    half = replace(checkpoint, vae=copy.deepcopy(checkpoint.vae).bfloat16())
    with torch.inference_mode():
        one, other = decode(checkpoint, latents), decode(half, latents)
    assert abs(pixels(one) - pixels(other)).mean() < 2
    assert other.notes == ()
