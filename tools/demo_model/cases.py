"""What the evaluation asks for: prompts of held-out combinations from fixed seeds, and whether a sight answers them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence

from tools.demo_model.analyser import Seen, Sight
from tools.demo_model.captions import full_prompt
from tools.demo_model.scene import Scene, radius_px, random_scene

SEED = "evaluation"
Answer = dict[str, bool]


def scenes(count: int, *, pair: bool, seed: str = SEED) -> list[Scene]:
    """Scenes of plain things on one colour, every triple of shape, colour and background colour held out."""
    rnd, found = random.Random(f"{seed} {pair}"), []
    while len(found) < count:
        shown = random_scene(rnd, pair=pair, unseen=True)
        if all(thing.style == "plain" for thing in shown.things):
            found.append(shown)
    return found


def prompts(shown: Iterable[Scene]) -> list[str]:
    """The full prompt of each scene."""
    return [full_prompt(scene) for scene in shown]


def answer(shown: Scene, sight: Sight) -> Answer:
    """Which of the attributes asked for are there; `all` is every one of them."""
    found = _pair(shown, sight) if len(shown.things) == 2 else _single(shown, sight)
    found["background"] = sight.backdrop == shown.backdrop.colour
    return {**found, "all": all(found.values())}


def _single(shown: Scene, sight: Sight) -> Answer:
    (thing,) = shown.things
    seen = sight.things[0] if sight.things else None
    middle = radius_px("", 1, pair=False)
    return {
        "colour": seen is not None and seen.colour == thing.colour,
        "shape": seen is not None and seen.shape == thing.shape,
        "position": seen is not None and seen.position == thing.position,
        "size": seen is not None and (seen.radius_px > middle) == (thing.size == "large"),
        "alone": len(sight.things) == 1,
    }


def _pair(shown: Scene, sight: Sight) -> Answer:
    """Both things must be right, each at its place (sizes are not asked: in pairs they differ little)."""
    at: dict[str, Seen] = {seen.position: seen for seen in reversed(sight.things)}
    both = [(thing, at.get(thing.position)) for thing in shown.things]
    return {
        "colour": all(seen is not None and seen.colour == thing.colour for thing, seen in both),
        "shape": all(seen is not None and seen.shape == thing.shape for thing, seen in both),
        "position": all(seen is not None for _, seen in both),
    }


def shares(answers: Sequence[Answer]) -> dict[str, float]:
    """Per cent right by attribute."""
    return {key: 100 * sum(found[key] for found in answers) / len(answers) for key in answers[0]}


def shapes(shown: Sequence[Scene], answers: Sequence[Answer]) -> dict[str, float]:
    """Per cent of single things with the right shape, by shape."""
    asked, right = Counter[str](), Counter[str]()
    for scene, found in zip(shown, answers, strict=True):
        asked[scene.things[0].shape] += 1
        right[scene.things[0].shape] += found["shape"]
    return {name: 100 * right[name] / asked[name] for name in sorted(asked)}


def figures(name: str, values: dict[str, float]) -> str:
    """One line: name, then each figure with its per cent."""
    return f"{name}: " + ", ".join(f"{key} {value:.1f}" for key, value in values.items())
