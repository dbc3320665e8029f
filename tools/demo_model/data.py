"""The training data: scenes drawn from a seed, their captions as tokens, their latents, and what the aids aim at."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from tools.demo_model import autoencoder, captions, draw, pair, progress, tokens, words
from tools.demo_model.scene import SIDE_PX, Scene, Thing, random_scene, strength

CAPTIONS = 4
SLOTS = ("left", "right", "top", "bottom", "center")
NO_COLOUR = len(words.COLOUR_NAMES)
EMPHASIS_ALONE, EMPHASIS_PAIR = 0.45, 0.25


@dataclass(frozen=True, kw_only=True)
class DataPlan:
    """How many scenes are drawn: the single ones first, then the pairs."""

    folder: Path
    single: int = 36000
    pairs: int = 24000
    device: str = "cpu"


def scene_at(index: int, single: int) -> Scene:
    """Scene number `index` of the training data, always the same; the first `single` have one thing."""
    rnd = random.Random(f"training {index}")
    is_pair = index >= single
    return random_scene(rnd, pair=is_pair, emphasis=EMPHASIS_PAIR if is_pair else EMPHASIS_ALONE)


def caption_rows(index: int, shown: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Rows (4, 77) and emphasis (4, 77) of a scene's captions."""
    rnd = random.Random(f"captions {index}")
    encoded = [tokens.encode(captions.caption(shown, rnd)) for _ in range(CAPTIONS)]
    return np.array([rows for rows, _ in encoded], np.uint8), np.array([weights for _, weights in encoded], np.float16)


def slot_targets(shown: Scene) -> np.ndarray:
    """What stands in each slot (5, 4): shape, colour, size, style, all 0 where nothing is; int8."""
    slots = np.zeros((len(SLOTS), 4), np.int8)
    for thing in shown.things:
        slots[SLOTS.index(thing.position)] = (
            1 + words.SHAPE_NAMES.index(thing.shape),
            1 + words.COLOUR_NAMES.index(thing.colour),
            1 + words.SIZE_NAMES.index(thing.size),
            1 + words.STYLE_NAMES.index(thing.style),
        )
    return slots


def _coverage(thing: Thing, cells: int) -> np.ndarray:
    """How much of each cell (cells, cells) a thing covers, roughly, 0..1."""
    width = SIDE_PX / cells
    middles = (np.arange(cells) + 0.5) * width
    away = np.hypot(middles[None, :] - thing.x_px, middles[:, None] - thing.y_px)
    return np.clip((thing.radius_px - away) / width + 0.6, 0, 1)


def map_targets(shown: Scene, cells: int) -> np.ndarray:
    """What stands in each cell (4, cells, cells): shape (0 nothing), colour, colour strength 0..1, radius; float16.

    The radius is in units of 4 pixels around 14, so that it spreads about as far as the strength does.
    """
    found, most = np.zeros((4, cells, cells), np.float16), np.full((cells, cells), 0.45)
    for thing in shown.things:
        covered = _coverage(thing, cells)
        mine = covered > most
        most = np.maximum(most, covered)
        found[0][mine] = 1 + words.SHAPE_NAMES.index(thing.shape)
        found[1][mine] = words.COLOUR_NAMES.index(thing.colour)
        found[2][mine] = strength(thing.weight("colour"))
        found[3][mine] = (thing.radius_px - 14) / 4
    return found


def backdrop_targets(shown: Scene) -> np.ndarray:
    """The backdrop (3): kind, colour (9 at night), colour strength 0..1; float16."""
    backdrop = shown.backdrop
    night = backdrop.kind == "night"
    colour = NO_COLOUR if night else words.COLOUR_NAMES.index(backdrop.colour)
    amount = strength(1.0 if night else backdrop.weight("colour"))
    return np.array([words.BACKDROP_NAMES.index(backdrop.kind), colour, amount], np.float16)


@torch.no_grad()
def prepare(rank: int, world: int, plan: DataPlan) -> None:
    """Draw and encode this process's share of the scenes into data-RANK.pt."""
    vae = autoencoder.load(plan.folder / "autoencoder.pt").to(plan.device)
    mine = range(rank, plan.single + plan.pairs, world)
    kept: dict[str, list[np.ndarray]] = {key: [] for key in ("rows", "weights", "slots", "map4", "map8", "backdrop")}
    latents, drawn = [], []
    for place, index in enumerate(mine):
        shown = scene_at(index, plan.single)
        rows, weights = caption_rows(index, shown)
        found = (
            rows,
            weights,
            slot_targets(shown),
            map_targets(shown, 4),
            map_targets(shown, 8),
            backdrop_targets(shown),
        )
        for key, value in zip(kept, found, strict=True):
            kept[key].append(value)
        drawn.append(draw.render(shown))
        if len(drawn) == 32 or place == len(mine) - 1:
            shown_pictures = torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2).float() / 127.5 - 1
            encoded = vae.encode(shown_pictures.contiguous().to(plan.device)).latent_dist.mean
            latents.append(encoded.cpu() * autoencoder.SCALING)
            drawn = []
    content = {key: torch.from_numpy(np.stack(values)) for key, values in kept.items()}
    content |= {"latents": torch.cat(latents), "index": torch.tensor(list(mine))}
    progress.save_whole(plan.folder / f"data-{rank}.pt", content)
    pair.wait_for_all(world)
    if rank == 0:
        _merge(plan, world)


def _merge(plan: DataPlan, world: int) -> None:
    """One file data.pt in scene order from the processes' shares."""
    shares = [torch.load(plan.folder / f"data-{rank}.pt", weights_only=True) for rank in range(world)]
    order = torch.cat([share.pop("index") for share in shares]).argsort()
    merged = {key: torch.cat([share[key] for share in shares])[order] for key in shares[0]}
    progress.save_whole(plan.folder / "data.pt", {**merged, "single": plan.single})
    for rank in range(world):
        (plan.folder / f"data-{rank}.pt").unlink()
    print(f"data: {len(order)} scenes, {len(tokens.known_tokens())} tokens known", flush=True)


def load(folder: Path) -> dict[str, torch.Tensor]:
    """The prepared data: latents (scaled), rows, weights, targets, and `single`, how many scenes have one thing."""
    return torch.load(folder / "data.pt", weights_only=True)
