"""A large picture from small decodes: overlapping tiles of the latents, blended where they overlap."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from sdtui.engine.noise import PIXELS_PER_CELL

OVERLAP = 4
"""Neighbours share one part in so many of a tile's side, at least."""
TILE_SIDES = (96, 64, 48, 32, 24, 16, 8)
"""Sides of tiles in cells, to be tried in this order."""


def smaller_sides(cells: tuple[int, int], than: int = 0) -> Iterator[int]:
    """The sides of tiles, largest first, that are smaller than a picture's longer side, and than one that was too large (0: none was)."""
    limit = min(than or max(cells), max(cells))
    return (side for side in TILE_SIDES if side < limit)


def decode_tiled(decode: Callable[[Tensor], Tensor], latents: Tensor, side: int) -> Tensor:
    """(3, height, width) in RAM from latents (4, h, w) by decodes of at most side × side cells.

    Tiles are spread evenly, and each counts less towards its edges, so that no seam is seen. The picture is not quite that of
    one decode: the VAE's norms and its attention see a tile at a time.
    """
    height, width = latents.shape[-2] * PIXELS_PER_CELL, latents.shape[-1] * PIXELS_PER_CELL
    picture, counted = torch.zeros(3, height, width), torch.zeros(height, width)
    for top, bottom in spans(latents.shape[-2], side):
        for left, right in spans(latents.shape[-1], side):
            tile = decode(latents[:, top:bottom, left:right]).float().cpu()
            weight = torch.outer(_ramp(tile.shape[-2]), _ramp(tile.shape[-1]))
            place = (
                slice(top * PIXELS_PER_CELL, bottom * PIXELS_PER_CELL),
                slice(left * PIXELS_PER_CELL, right * PIXELS_PER_CELL),
            )
            picture[:, *place] += tile * weight
            counted[place] += weight
    return picture / counted


def spans(length: int, side: int) -> list[tuple[int, int]]:
    """Begin and end of tiles along one direction: evenly spread, overlapping by a part in OVERLAP or more."""
    if length <= side:
        return [(0, length)]
    step = side - side // OVERLAP
    count = -(-(length - side) // step) + 1
    return [
        (begin, begin + side) for begin in (round(number * (length - side) / (count - 1)) for number in range(count))
    ]


def _ramp(length: int) -> Tensor:
    """How much each row of a tile counts: more with every row from the edges to a quarter of the tile's side."""
    rise = torch.arange(1, length + 1, dtype=torch.float32)
    return torch.minimum(rise, rise.flip(0)).clamp(max=max(1, length // OVERLAP))
