"""Single questions about the model: does emphasis grow what it names, do negatives remove, do schedules hold, …"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from tools.demo_model import cases, words
from tools.demo_model.analyser import Sight, see
from tools.demo_model.draw import render
from tools.demo_model.pipeline import Painter, Runs

WEIGHTS = (0.4, 0.7, 1.0, 1.3, 1.6)
FILLERS = ("masterpiece", "beautiful", "highly detailed", "cinematic", "by a famous artist", "8k")


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Means of a measure at each of WEIGHTS, and whether they grow from each to the next."""

    name: str
    means: tuple[float, ...]

    @property
    def monotone(self) -> bool:
        """Whether each mean is above the one before."""
        return all(later > earlier for earlier, later in zip(self.means, self.means[1:], strict=False))

    def line(self) -> str:
        """Name, means, verdict."""
        values = " ".join(f"{value:.3f}" for value in self.means)
        return f"emphasis {self.name}: {values} {'grows' if self.monotone else 'DOES NOT GROW'}"


def _first(measure: Callable[[Sight], float]) -> Callable[[Sight], float]:
    return lambda sight: measure(sight) if sight.things else float("nan")


# what is emphasised → its prompt for (weight, hue, shape) and its measure
EMPHASES: dict[str, tuple[Callable[[float, str, str], Runs], Callable[[Sight], float]]] = {
    "colour → saturation": (
        lambda w, hue, shape: [("a large", 1), (hue, w), (f"{shape} in the center on a white background", 1)],
        _first(lambda sight: sight.things[0].saturation),
    ),
    "large → radius": (
        lambda w, hue, shape: [("a", 1), ("large", w), (f"{hue} {shape} in the center on a white background", 1)],
        _first(lambda sight: sight.things[0].radius_px),
    ),
    "small → smallness": (
        lambda w, hue, shape: [("a", 1), ("small", w), (f"{hue} {shape} in the center on a white background", 1)],
        _first(lambda sight: -sight.things[0].radius_px),
    ),
    "background → saturation": (
        lambda w, hue, shape: [(f"a large white {shape} in the center on a", 1), (hue, w), ("background", 1)],
        lambda sight: sight.saturation,
    ),
    "on the left → offset": (
        lambda w, hue, shape: [(f"a small {hue} {shape}", 1), ("on the left", w), ("on a white background", 1)],
        _first(lambda sight: 32 - sight.things[0].x_px),
    ),
}


def _subjects(count: int, seed: str) -> list[tuple[str, str]]:
    rnd = random.Random(seed)
    return [(rnd.choice(words.HUES), rnd.choice(words.SHAPE_NAMES)) for _ in range(count)]


def emphasis(painter: Painter, count: int, cfg_scale: float) -> tuple[list[Growth], list[np.ndarray]]:
    """How each measure follows its word's weight, over `count` subjects, with pictures for a sheet (one row a weight)."""
    found, kept = [], []
    for name, (prompt, measure) in EMPHASES.items():
        means = []
        for weight in WEIGHTS:
            embeddings = [painter.embed(prompt(weight, hue, shape)) for hue, shape in _subjects(count, "emphasis")]
            made = painter.paint(embeddings, seed=4000, cfg_scale=cfg_scale)
            means.append(float(np.nanmean([measure(see(picture)) for picture in made])))
            kept += made[:12]
        found.append(Growth(name=f"{name} at cfg {cfg_scale:g}", means=tuple(means)))
    return found, kept


def _things(pictures: list[np.ndarray]) -> list[tuple[str, str]]:
    sights = [see(picture) for picture in pictures]
    return [(sight.things[0].colour, sight.things[0].shape) if sight.things else ("", "") for sight in sights]


def negative(painter: Painter, count: int) -> dict[str, float]:
    """Per cent of pictures without what the negative prompt names, and without it when it names nothing.

    Nothing in the prompt says colour or shape; "nothing left out" is the share by chance.
    """
    found = {}
    base = painter.embed("a large shape in the center on a white background")
    plain = _things(painter.paint([base] * count, seed=700))
    for place, names in ((0, words.COLOUR_NAMES[:7]), (1, words.SHAPE_NAMES)):
        with_it, without_it = [], []
        for name in names:
            made = painter.paint([base] * count, seed=700, negative=painter.embed(name))
            with_it += [thing[place] != name for thing in _things(made)]
            without_it += [thing[place] != name for thing in plain]
        kind = ("colour", "shape")[place]
        found[f"{kind} absent"] = 100 * float(np.mean(with_it))
        found[f"{kind} absent by chance"] = 100 * float(np.mean(without_it))
    return found


def schedules(painter: Painter, count: int) -> tuple[dict[str, str], list[np.ndarray]]:
    """What [circle|square] (an even and an odd number of steps) and [circle:square:when] give, with pictures.

    The texts count shapes in per cent; a "mixture" is a thing that is neither of the known shapes.
    """
    told = "a large red {} in the center on a white background"
    circle, square = painter.embed(told.format("circle")), painter.embed(told.format("square"))
    found, kept = {}, []

    def note(name: str, line: Callable[[int, int], torch.Tensor], by: Painter) -> None:
        made = by.paint([line(0, 0)] * count, seed=60, timeline=line)
        counts = Counter(shape or "mixture" for _, shape in _things(made))
        found[name] = ", ".join(f"{shape} {100 * times / count:.0f}" for shape, times in counts.most_common())
        kept.extend(made[:12])

    for steps in (painter.steps, painter.steps + 1):
        turns = Painter(pipe=painter.pipe, steps=steps, cfg_scale=painter.cfg_scale, batch=painter.batch)
        note(f"[circle|square] in {steps} steps", lambda _i, s: (circle, square)[s % 2], turns)
    for when in (0.1, 0.25, 0.5, 0.75, 0.9):
        change = int(when * painter.steps)
        note(f"[circle:square:{when}]", lambda _i, s, change=change: circle if s < change else square, painter)
    return found, kept


def repainted(painter: Painter, count: int) -> dict[str, float]:
    """img2img at 0.6 under a prompt with another colour or another shape, in turn, and no position.

    Per cent that keep the position and that show the colour and shape asked for.
    """
    rnd = random.Random("repainted")
    before = cases.scenes(count, pair=False, seed="repainted")
    asked = []
    for place, shown in enumerate(before):
        (thing,) = shown.things
        colours = [name for name in words.COLOUR_NAMES if name not in (shown.backdrop.colour, thing.colour)]
        shapes = [name for name in words.SHAPE_NAMES if name != thing.shape]
        asked.append((rnd.choice(colours), thing.shape) if place % 2 else (thing.colour, rnd.choice(shapes)))
    texts = [
        f"a {shown.things[0].size} {colour} {shape} on a {shown.backdrop.colour} background"
        for shown, (colour, shape) in zip(before, asked, strict=True)
    ]
    made = painter.repaint(
        [render(shown) for shown in before], [painter.embed(text) for text in texts], strength=0.6, seed=900
    )
    sights = [see(picture) for picture in made]
    kept = [
        bool(sight.things) and sight.things[0].position == shown.things[0].position
        for sight, shown in zip(sights, before, strict=True)
    ]
    pairs = list(zip(_things(made), asked, strict=True))
    return {
        "position kept": 100 * float(np.mean(kept)),
        "colour as asked": 100 * float(np.mean([thing[0] == wanted[0] for thing, wanted in pairs])),
        "shape as asked": 100 * float(np.mean([thing[1] == wanted[1] for thing, wanted in pairs])),
    }


def unknown_words(painter: Painter, count: int) -> dict[str, float]:
    """Per cent right with two unknown words before and behind each prompt."""
    rnd = random.Random("unknown")
    shown = cases.scenes(count, pair=False, seed="unknown")
    plain = cases.prompts(shown)
    dressed = [f"{rnd.choice(FILLERS)}, {text}, {rnd.choice(FILLERS)}" for text in plain]
    found = {}
    for name, texts in (("without", plain), ("with", dressed)):
        made = painter.paint([painter.embed(text) for text in texts], seed=300)
        answers = [cases.answer(scene, see(picture)) for scene, picture in zip(shown, made, strict=True)]
        found |= {f"{key} {name}": value for key, value in cases.shares(answers).items() if key in ("shape", "all")}
    return found
