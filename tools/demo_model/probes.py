"""Single questions about the model: does emphasis grow what it names, do negatives remove, do schedules hold, …"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from tools.demo_model import cases, words
from tools.demo_model.analyser import Sight, see
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


def first_seed(seed: str, start: int) -> int:
    """Where a probe's picture seeds begin: another evaluation seed looks at other pictures."""
    return start + 10_000 * (sum(seed.encode()) % 97)


def _subjects(count: int, seed: str) -> list[tuple[str, str]]:
    rnd = random.Random(seed)
    return [(rnd.choice(words.HUES), rnd.choice(words.SHAPE_NAMES)) for _ in range(count)]


def emphasis(painter: Painter, count: int, cfg_scale: float, seed: str) -> tuple[list[Growth], list[np.ndarray]]:
    """How each measure follows its word's weight, over `count` subjects, with pictures for a sheet (one row a weight)."""
    found, kept = [], []
    for name, (prompt, measure) in EMPHASES.items():
        means = []
        for weight in WEIGHTS:
            embeddings = [
                painter.embed(prompt(weight, hue, shape)) for hue, shape in _subjects(count, f"emphasis {seed}")
            ]
            made = painter.paint(embeddings, seed=first_seed(seed, 4000), cfg_scale=cfg_scale)
            means.append(float(np.nanmean([measure(see(picture)) for picture in made])))
            kept += made[:12]
        found.append(Growth(name=f"{name} at cfg {cfg_scale:g}", means=tuple(means)))
    return found, kept


def things(pictures: list[np.ndarray]) -> list[tuple[str, str]]:
    """Colour and shape of the largest thing on each picture, empty where there is none."""
    sights = [see(picture) for picture in pictures]
    return [(sight.things[0].colour, sight.things[0].shape) if sight.things else ("", "") for sight in sights]


def negative(painter: Painter, count: int, seed: str) -> dict[str, float]:
    """Per cent of pictures that lose what they showed when a negative prompt names it, everything else the same.

    The prompt leaves open what is then named (a colour, a shape, the backdrop); without a negative it is always there.
    """
    began = first_seed(seed, 700)
    rnd, found = random.Random(f"negative {seed}"), {}
    open_prompts = {
        "colour": lambda: f"a large {rnd.choice(words.SHAPE_NAMES)} in the center on a white background",
        "shape": lambda: f"a large {rnd.choice(words.HUES)} shape in the center on a white background",
        "backdrop": lambda: f"a large {rnd.choice(('white', 'black'))} {rnd.choice(words.SHAPE_NAMES)} in the center",
    }
    for kind, prompt in open_prompts.items():
        wanted = [painter.embed(prompt()) for _ in range(count)]
        shown = _shown(kind, painter.paint(wanted, seed=began))
        named = [f"{name} background" if kind == "backdrop" else name for name in shown]
        made = painter.paint(wanted, seed=began, negative=torch.cat([painter.embed(name) for name in named]))
        pairs = [(before, after) for before, after in zip(shown, _shown(kind, made), strict=True) if before]
        found[f"{kind} removed"] = 100 * float(np.mean([before != after for before, after in pairs]))
        found[f"{kind}s by chance"] = len({before for before, _ in pairs})
    return found


def _shown(kind: str, pictures: list[np.ndarray]) -> list[str]:
    if kind == "backdrop":
        return [see(picture).backdrop for picture in pictures]
    return [thing[kind == "shape"] for thing in things(pictures)]


def unknown_words(painter: Painter, count: int, seed: str) -> dict[str, float]:
    """Per cent right with two unknown words before and behind each prompt."""
    rnd = random.Random(f"unknown {seed}")
    shown = cases.scenes(count, pair=False, seed=f"unknown {seed}")
    plain = cases.prompts(shown)
    dressed = [f"{rnd.choice(FILLERS)}, {text}, {rnd.choice(FILLERS)}" for text in plain]
    found = {}
    for name, texts in (("without", plain), ("with", dressed)):
        made = painter.paint([painter.embed(text) for text in texts], seed=first_seed(seed, 300))
        answers = [cases.answer(scene, see(picture)) for scene, picture in zip(shown, made, strict=True)]
        found |= {f"{key} {name}": value for key, value in cases.shares(answers).items() if key in ("shape", "all")}
    return found
