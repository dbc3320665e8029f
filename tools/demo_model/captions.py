"""Scenes in words: weighted captions, sometimes incomplete, reworded or mixed with unknown words."""

from __future__ import annotations

import random

from tools.demo_model import words
from tools.demo_model.scene import Backdrop, Scene, Thing

# Stands for a token that no caption means anything by; every token outside the table shares its embedding.
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
# Chance that a caption is a word or two, as negative prompts are: of a thing alone, of a pair; that such a one is a shape
# and nothing else. What a bare shape looks like is learnt from things alone, and there are few without emphasis.
FRAGMENTS, FRAGMENTS_OF_PAIRS, SHAPE_ALONE = 0.6, 0.15, 0.5

Run = tuple[str, float]
Caption = list[Run]


def worded(name: str, rnd: random.Random) -> str:
    """One of an attribute's wordings, as often as its share says."""
    word = words.WORDS[name]
    return rnd.choices(word.wordings, word.shares)[0]


def _kept(weight: float, chance: float, rnd: random.Random) -> bool:
    """Whether an attribute is named: always when it is emphasised."""
    return weight != 1.0 or rnd.random() < chance


def _with_article(runs: Caption) -> Caption:
    return [(words.article(runs[0][0]), 1.0), *runs]


def thing_runs(thing: Thing, rnd: random.Random, *, pair: bool) -> Caption:
    """A thing's words without article and position: size, style, colour, shape.

    A thing alone goes without colour or shape more often: what no word says has to stay open, not fall to one habit.
    """
    runs: Caption = []
    if _kept(thing.weight("size"), 0.75, rnd):
        runs.append((worded(thing.size, rnd), thing.weight("size")))
    if thing.style != "plain" and _kept(thing.weight("style"), 0.95, rnd):
        runs.append((thing.style, thing.weight("style")))
    if _kept(thing.weight("colour"), 0.95 if pair else 0.86, rnd):
        runs.append((thing.colour, thing.weight("colour")))
    named = _kept(thing.weight("shape"), 0.96 if pair else 0.92, rnd)
    return [*runs, (worded(thing.shape, rnd) if named else words.ANY_SHAPE, thing.weight("shape"))]


def backdrop_runs(backdrop: Backdrop) -> Caption:
    """A backdrop's words without article."""
    if backdrop.kind == "night":
        return [(words.plain("night"), 1.0)]
    kind = [("checkered", backdrop.weight("kind"))] if backdrop.kind == "checkered" else []
    return [(backdrop.colour, backdrop.weight("colour")), *kind, ("background", 1.0)]


def _joined(parts: list[Caption]) -> Caption:
    """Parts with commas between them."""
    joined = list(parts[0])
    for part in parts[1:]:
        joined += [(",", 1.0), *part]
    return joined


def _one(thing: Thing, rnd: random.Random) -> tuple[Caption, Caption]:
    """The thing's words and its position's, the latter empty when it is not told."""
    told = _kept(thing.weight("position"), 0.62, rnd)
    return thing_runs(thing, rnd, pair=False), [(worded(thing.position, rnd), thing.weight("position"))] if told else []


def _two(things: tuple[Thing, ...], rnd: random.Random) -> Caption:
    """Two things with both positions, with their relation, or just both."""
    first, second = things if rnd.random() < 0.6 else (things[1], things[0])
    left, right = (_with_article(thing_runs(thing, rnd, pair=True)) for thing in (first, second))
    form = rnd.random()
    if form < 0.68:
        place = [(worded(first.position, rnd), 1.0)]
        return [*left, *place, ("and", 1.0), *right, (worded(second.position, rnd), 1.0)]
    if form < 0.92:
        return [*left, (words.RELATIONS[first.position], 1.0), *right]
    return [*left, ("and", 1.0), *right]


def _fragment(scene: Scene, rnd: random.Random) -> Caption:
    """One to two words of the scene, as they stand in a negative prompt."""
    thing = rnd.choice(scene.things)
    runs = [run for run in thing_runs(thing, rnd, pair=False) if run[0] != words.ANY_SHAPE]
    runs += [(worded(thing.position, rnd), 1.0)] if len(scene.things) == 1 and rnd.random() < 0.5 else []
    parts: list[Caption] = [[(text, 1.0)] for text, _ in runs]
    parts += [[(text, 1.0) for text, _ in backdrop_runs(scene.backdrop)]]
    if rnd.random() < SHAPE_ALONE:
        return [(worded(thing.shape, rnd), 1.0)]
    return _joined(rnd.sample(parts, min(len(parts), rnd.choice((1, 1, 2)))))


def _sprinkled(caption: Caption, rnd: random.Random) -> Caption:
    """The caption with a few unknown words before, behind and between its own."""
    for _ in range(rnd.choice((1, 1, 2, 2, 3, 4, 6))):
        spot = rnd.randrange(len(caption) + 1)
        caption = [*caption[:spot], (UNKNOWN, 1.0), *caption[spot:]]
    return caption


def is_emphasised(scene: Scene) -> bool:
    """Whether any attribute has an emphasis of its own."""
    return bool(scene.backdrop.weights) or any(thing.weights for thing in scene.things)


def _sentence(scene: Scene, rnd: random.Random) -> Caption:
    backdrop = scene.backdrop
    told = bool(backdrop.weights) or rnd.random() < 0.92
    behind = backdrop_runs(backdrop) if told else []
    if len(scene.things) == 1:
        runs, place = _one(scene.things[0], rnd)
        if rnd.random() < 0.2:
            parts = [part for part in (runs, place, behind) if part]
            rnd.shuffle(parts)
            return _joined(parts)
        caption = [*_with_article(runs), *place]
    else:
        caption = _two(scene.things, rnd)
    if not behind:
        return caption
    return [*caption, ("on", 1.0) if rnd.random() < 0.75 else (",", 1.0), *_with_article(behind)]


def caption(scene: Scene, rnd: random.Random) -> Caption:
    """A weighted caption [(words, emphasis), …] of a scene."""
    short = FRAGMENTS if len(scene.things) == 1 else FRAGMENTS_OF_PAIRS
    if not is_emphasised(scene) and rnd.random() < short:
        return _fragment(scene, rnd)
    runs = _sentence(scene, rnd)
    if rnd.random() < 0.06:
        runs = [(rnd.choice(words.OPENINGS), 1.0), *runs]
    return _sprinkled(runs, rnd) if rnd.random() < 0.2 else runs


def full_prompt(scene: Scene) -> str:
    """The plain and complete prompt of a scene: what the evaluation asks for."""
    phrases = []
    for thing in scene.things:
        style = "striped " if thing.style == "striped" else ""
        phrases.append(
            f"{words.article(thing.size)} {thing.size} {style}{thing.colour} {thing.shape} {words.plain(thing.position)}"
        )
    behind = " ".join(text for text, _ in backdrop_runs(scene.backdrop))
    return f"{' and '.join(phrases)} on {words.article(behind)} {behind}"


def prompt_text(runs: Caption) -> str:
    """A caption as a prompt: `(red:1.3)` where the emphasis is not 1."""
    return " ".join(text if weight == 1 else f"({text}:{weight:g})" for text, weight in runs).replace(" ,", ",")
