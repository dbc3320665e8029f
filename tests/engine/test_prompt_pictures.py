"""What the prompt language does is on the pictures of the built-in model, seen by the analyser that measures it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.renders import paint, render
from tools.demo_model.analyser import Sight, see

SEEDS = range(6)
USUAL_SCALE = 4.0
SHARP = {"steps": 12, "sampler": "DPM++ 2M"}


def pixels(painted) -> np.ndarray:
    return np.frombuffer(painted.rgb, np.uint8).reshape(painted.height_px, painted.width_px, 3)


DRAWN: dict[tuple[object, ...], list[np.ndarray]] = {}
"""Several tests look at the same pictures."""


def pictures(engine, prompt: str, *, negative: str = "", **params) -> list[np.ndarray]:
    """The prompt's picture for each of SEEDS, drawn once."""
    key = (prompt, negative, *sorted(params.items()))
    if key not in DRAWN:
        renders = [render(prompt, negative=negative, seed=seed, **(SHARP | params)) for seed in SEEDS]
        made = paint(engine, *renders)
        DRAWN[key] = [pixels(made[one.id]) for one in renders]
    return DRAWN[key]


def sights(engine, prompt: str, **settings) -> list[Sight]:
    """What the analyser sees on them."""
    return [see(picture) for picture in pictures(engine, prompt, **settings)]


@pytest.mark.parametrize("cfg_scale", [1.0, USUAL_SCALE])
def test_emphasis_raises_and_lowers_the_colour_that_it_names(engine, cfg_scale):
    def saturation(colour: str) -> float:
        guided = {} if cfg_scale == USUAL_SCALE else {"cfg_scale": cfg_scale}
        found = sights(engine, f"a large {colour} circle in the center on a white background", **guided)
        return float(np.mean([sight.things[0].saturation for sight in found]))

    weaker, plain, stronger = (saturation(colour) for colour in ("(red:0.6)", "red", "(red:1.4)"))
    assert weaker < plain < stronger


def test_emphasis_leaves_alone_what_it_does_not_name(engine):
    found = sights(engine, "a large (red:1.4) circle in the center on a white background")
    assert {(sight.backdrop, sight.things[0].shape, sight.things[0].position) for sight in found} == {
        ("white", "circle", "center")
    }


def closeness(picture: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """0: the first picture, 1: the second, by the pixels in which these two differ."""
    start = first.astype(float)
    way = second.astype(float) - start
    return float(((picture - start) * way).sum() / (way**2).sum())


def ways(engine, scheduled: str) -> list[float]:
    """How far the pictures of a schedule are from the circle of the same seed to its square."""
    told = "a large red {} in the center on a white background"
    three = [pictures(engine, told.format(shape)) for shape in ("circle", "square", scheduled)]
    return [closeness(made, circle, square) for circle, square, made in zip(*three, strict=True)]


def test_alternatives_in_turn_give_something_between_them(engine):
    assert 0.15 < np.mean(ways(engine, "[circle|square]")) < 0.85


def test_a_schedule_ends_as_what_it_changes_to(engine):
    found = sights(engine, "a large red [circle:square:0.5] in the center on a white background")
    assert [sight.things[0].shape for sight in found].count("square") >= 5
    early, late = (np.mean(ways(engine, f"[circle:square:{when}]")) for when in (0.1, 0.95))
    assert late < 0.5 < early


def test_prompts_joined_by_and_are_combined(engine):
    circle, red = "a large circle in the center on a white background", "a large red shape in the center"

    def reds_and_circles(prompt: str) -> tuple[int, int]:
        seen = [sight.things[0] for sight in sights(engine, prompt) if sight.things]
        return sum(thing.colour == "red" for thing in seen), sum(thing.shape == "circle" for thing in seen)

    assert reds_and_circles(circle)[0] < len(SEEDS) - 1
    assert reds_and_circles(red)[1] < len(SEEDS)
    assert min(reds_and_circles(f"{circle} AND {red}")) >= len(SEEDS) - 1


def colour_of_thing(sight: Sight) -> str:
    return sight.things[0].colour if sight.things else ""


def colour_behind(sight: Sight) -> str:
    return f"{sight.backdrop} background"


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [
        ("a large circle in the center on a white background", colour_of_thing),
        ("a large white circle in the center", colour_behind),
    ],
)
def test_a_negative_prompt_removes_what_it_names(engine, prompt, shown):
    before = [shown(sight) for sight in sights(engine, prompt)]
    kept = 0
    for name in sorted({*before} - {""}):
        after = [shown(sight) for sight in sights(engine, prompt, negative=name)]
        kept += sum(was == name == found for was, found in zip(before, after, strict=True))
    assert kept <= 1
