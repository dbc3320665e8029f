"""Every preset that ships gives what its comment promises, on the built-in model, seen by the analyser that measures it."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from sdtui.spec.document import Document
from sdtui.spec.preset import Preset, apply
from sdtui.workspace.paths import starter_folder
from sdtui.workspace.presets import PresetFolder
from tests.engine.renders import paint, render
from tools.demo_model.analyser import Sight, see

TYPED = Document(prompt="a large blue square in the center", params={"seed": 3})


def shipped(name: str) -> Preset:
    return PresetFolder(starter_folder("presets")).find(name)


def pictures(engine, name: str, document: Document = TYPED) -> list[np.ndarray]:
    """The pictures of a document with a preset laid over it: as many as it says, seed after seed."""
    laid = apply(document, [shipped(name)])
    params = dict(laid.params)
    count, seed = int(params.pop("batch_count", 1)), int(params.pop("seed", 7))
    renders = [
        render(laid.prompt, negative=laid.negative_prompt, seed=seed + number, **params) for number in range(count)
    ]
    made = paint(engine, *renders)
    return [
        np.frombuffer(made[one.id].rgb, np.uint8).reshape(made[one.id].height_px, made[one.id].width_px, 3)
        for one in renders
    ]


def is_typed(sight: Sight) -> bool:
    return any((thing.shape, thing.colour) == ("square", "blue") for thing in sight.things)


def test_there_are_no_others() -> None:
    names = {preset.name for preset in PresetFolder(starter_folder("presets")).look().presets}
    assert names == {"careful", "explore", "on-black", "quick-look", "red-circle"}


@pytest.mark.parametrize(("name", "count"), [("quick-look", 4), ("explore", 12)])
def test_several_pictures_each_of_its_own_show_what_was_typed(engine, name: str, count: int) -> None:
    made = pictures(engine, name)
    assert len(made) == count
    assert len({picture.tobytes() for picture in made}) == count
    assert sum(is_typed(see(picture)) for picture in made) >= 0.7 * count


def test_careful_is_the_same_to_the_bit_on_every_run(engine) -> None:
    (first,), (second,) = pictures(engine, "careful"), pictures(engine, "careful")
    assert first.tobytes() == second.tobytes()
    assert is_typed(see(first))
    (quick,) = pictures(engine, "careful", replace(TYPED, params={"seed": 4}))
    assert quick.tobytes() != first.tobytes()


def test_on_black_puts_what_was_typed_before_black(engine) -> None:
    (picture,) = pictures(engine, "on-black")
    sight = see(picture)
    assert sight.backdrop == "black"
    assert is_typed(sight)


def test_red_circle_is_a_picture_by_itself(engine) -> None:
    (picture,) = pictures(engine, "red-circle", Document())
    sight = see(picture)
    assert (sight.backdrop, sight.things[0].shape, sight.things[0].colour) == ("white", "circle", "red")
