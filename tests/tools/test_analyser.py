from __future__ import annotations

import random

import numpy as np
import pytest

from tools.demo_model import analyser, cases, draw, words
from tools.demo_model.scene import Backdrop, Scene, Thing, centre_px, radius_px


def drawn(*things: Thing, backdrop: str = "white") -> np.ndarray:
    return draw.render(Scene(backdrop=Backdrop(kind="solid", colour=backdrop), things=things))


def thing(shape: str, colour: str = "red", size: str = "large", position: str = "center") -> Thing:
    radius = radius_px(size, 1, pair=False)
    x, y = centre_px(position, radius, 1, pair=False)
    return Thing(shape=shape, colour=colour, size=size, position=position, x_px=x, y_px=y, radius_px=radius)


@pytest.mark.parametrize("shape", words.SHAPE_NAMES)
@pytest.mark.parametrize("size", words.SIZE_NAMES)
@pytest.mark.parametrize("position", words.POSITION_NAMES)
def test_each_shape_is_recognised_at_each_size_and_place(shape: str, size: str, position: str) -> None:
    (seen,) = analyser.see(drawn(thing(shape, size=size, position=position))).things
    assert (seen.shape, seen.position) == (shape, position)
    assert seen.radius_px == pytest.approx(radius_px(size, 1, pair=False), rel=0.08)


@pytest.mark.parametrize("colour", words.COLOUR_NAMES)
@pytest.mark.parametrize("behind", words.COLOUR_NAMES)
def test_each_colour_is_recognised_on_each_backdrop(colour: str, behind: str) -> None:
    sight = analyser.see(drawn(thing("circle", colour), backdrop=behind))
    assert sight.backdrop == behind
    assert [seen.colour for seen in sight.things] == ([] if colour == behind else [colour])


def test_two_things_are_told_apart() -> None:
    sight = analyser.see(
        drawn(thing("ring", "blue", "small", "left"), thing("star", "green", "small", "right"), backdrop="yellow")
    )
    assert {(seen.shape, seen.colour, seen.position) for seen in sight.things} == {
        ("ring", "blue", "left"),
        ("star", "green", "right"),
    }


def test_an_empty_picture_shows_nothing() -> None:
    assert analyser.see(drawn(backdrop="pink")).things == ()


def test_a_blot_has_no_shape() -> None:
    picture = drawn(backdrop="white")
    for row, width in ((20, 20), (24, 3), (28, 22), (32, 4), (36, 18)):
        picture[row : row + 4, 20 : 20 + width] = (200, 40, 40)
    (seen,) = analyser.see(picture).things
    assert seen.shape == ""


@pytest.mark.parametrize("pair", [False, True])
def test_what_the_evaluation_asks_for_is_seen_in_its_drawing(pair: bool) -> None:
    shown = cases.scenes(40, pair=pair, seed="test")
    answers = [cases.answer(scene, analyser.see(draw.render(scene))) for scene in shown]
    assert cases.shares(answers)["all"] == 100


@pytest.mark.parametrize("pair", [False, True])
def test_another_picture_does_not_answer_the_prompt(pair: bool) -> None:
    shown = cases.scenes(40, pair=pair, seed="test")
    moved = [*shown[1:], shown[0]]
    answers = [cases.answer(scene, analyser.see(draw.render(other))) for scene, other in zip(shown, moved, strict=True)]
    assert cases.shares(answers)["all"] < 10


def test_saturation_follows_the_drawn_emphasis() -> None:
    found = []
    for weight in (0.4, 0.7, 1.0, 1.3, 1.6):
        red = Thing(shape="circle", colour="red", size="large", position="center", weights={"colour": weight})
        found.append(analyser.see(drawn(red)).things[0].saturation)
    assert found == sorted(found)
    assert found[-1] > found[0] + 0.3


def test_the_same_seed_asks_for_the_same() -> None:
    assert cases.prompts(cases.scenes(5, pair=True)) == cases.prompts(cases.scenes(5, pair=True))
    assert random.Random("x").random() == random.Random("x").random()
