"""Questions about pictures whose prompt or pixels change on the way: schedules, img2img, inpainting."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import numpy as np
import torch

from tools.demo_model import cases, words
from tools.demo_model.analyser import see
from tools.demo_model.draw import render
from tools.demo_model.pipeline import Painter
from tools.demo_model.probes import first_seed, things
from tools.demo_model.scene import DIRECTIONS, SIDE_PX

# A picture this far (0..1) on the way from the one to the other is a mixture of both.
MIXTURE = (0.15, 0.85)


def between(picture: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """How far a picture is on the way from the first (0) to the second (1), by the pixels in which these differ."""
    start = first.astype(np.float32)
    way = second.astype(np.float32) - start
    return float(((picture.astype(np.float32) - start) * way).sum() / max(1.0, float((way**2).sum())))


def schedules(painter: Painter, count: int, seed: str) -> tuple[dict[str, str], list[np.ndarray]]:
    """What [circle|square] (an even and an odd number of steps) and [circle:square:when] give, with pictures.

    Shapes are counted in per cent; then the mean way from the circle of the same seed (0) to its square (1), and the
    per cent of mixtures.
    """
    told = "a large red {} in the center on a white background"
    circle, square = painter.embed(told.format("circle")), painter.embed(told.format("square"))
    found, kept, began = {}, [], first_seed(seed, 60)

    def note(name: str, line: Callable[[int, int], torch.Tensor], by: Painter) -> None:
        ends = [by.paint([end] * count, seed=began) for end in (circle, square)]
        made = by.paint([line(0, 0)] * count, seed=began, timeline=line)
        counts = Counter(shape or "neither" for _, shape in things(made))
        seen = ", ".join(f"{shape} {100 * times / count:.0f}" for shape, times in counts.most_common())
        ways = np.array([between(*three) for three in zip(made, *ends, strict=True)])
        mixed = 100 * float(((ways > MIXTURE[0]) & (ways < MIXTURE[1])).mean())
        found[name] = f"{seen}; way {ways.mean():.2f}, mixtures {mixed:.0f}"
        kept.extend(made[:12])

    for steps in (painter.steps, painter.steps + 1):
        turns = Painter(pipe=painter.pipe, steps=steps, cfg_scale=painter.cfg_scale, batch=painter.batch)
        note(f"[circle|square] in {steps} steps", lambda _i, s: (circle, square)[s % 2], turns)
    for when in (0.1, 0.25, 0.5, 0.75, 0.9):
        change = int(when * painter.steps)
        note(f"[circle:square:{when}]", lambda _i, s, change=change: circle if s < change else square, painter)
    return found, kept


def repainted(painter: Painter, count: int, seed: str) -> dict[str, float]:
    """img2img at 0.6 under a prompt with another colour or another shape, in turn, and no position.

    Per cent that keep the position and that show the colour and shape asked for.
    """
    rnd = random.Random(f"repainted {seed}")
    before = cases.scenes(count, pair=False, seed=f"repainted {seed}")
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
        [render(shown) for shown in before],
        [painter.embed(text) for text in texts],
        strength=0.6,
        seed=first_seed(seed, 900),
    )
    sights = [see(picture) for picture in made]
    kept = [
        bool(sight.things) and sight.things[0].position == shown.things[0].position
        for sight, shown in zip(sights, before, strict=True)
    ]
    pairs = list(zip(things(made), asked, strict=True))
    return {
        "position kept": 100 * float(np.mean(kept)),
        "colour as asked": 100 * float(np.mean([thing[0] == wanted[0] for thing, wanted in pairs])),
        "shape as asked": 100 * float(np.mean([thing[1] == wanted[1] for thing, wanted in pairs])),
    }


def _half(across: int, down: int) -> np.ndarray:
    """A mask (64, 64) of the half of the picture that lies in a direction."""
    mask = np.zeros((SIDE_PX, SIDE_PX), np.float32)
    middle = SIDE_PX // 2
    rows = slice(middle, None) if down > 0 else slice(None, middle) if down < 0 else slice(None)
    columns = slice(middle, None) if across > 0 else slice(None, middle) if across < 0 else slice(None)
    mask[rows, columns] = 1
    return mask


def filled(painter: Painter, count: int, seed: str) -> dict[str, float]:
    """Inpainting: per cent of pictures that are whole and right after one half was drawn anew.

    Either the half without the thing, under a prompt that does not tell the backdrop, or the half of a thing in the
    middle, under a prompt that does not tell its colour or the backdrop's.
    """
    shown = cases.scenes(5 * count, pair=False, seed=f"filled {seed}")
    aside = [scene for scene in shown if scene.things[0].position != "center"][:count]
    centred = [scene for scene in shown if scene.things[0].position == "center"][: count // 2]
    found = {}
    for name, some in (("backdrop", aside), ("half a thing", centred)):
        masks, texts = [], []
        for place, scene in enumerate(some):
            (thing,) = scene.things
            across, down = DIRECTIONS[thing.position]
            masks.append(_half(-across, -down) if name == "backdrop" else _half(*((1, 0) if place % 2 else (0, 1))))
            colour = f"{thing.colour} " if name == "backdrop" else ""
            texts.append(f"a {thing.size} {colour}{thing.shape} {words.plain(thing.position)}")
        made = painter.fill(
            [render(scene) for scene in some],
            masks,
            [painter.embed(text) for text in texts],
            seed=first_seed(seed, 500),
        )
        answers = [cases.answer(scene, see(picture)) for scene, picture in zip(some, made, strict=True)]
        found |= {f"{name}: {key}": value for key, value in cases.shares(answers).items() if key != "size"}
    return found
