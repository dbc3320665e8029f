"""Pictures whose opposite edges touch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn
from torch.nn import functional

MARGIN = 8
"""Cells of the other side that a tile at an edge sees."""


@contextmanager
def join_edges(module: nn.Module, wanted: bool) -> Iterator[None]:
    """While inside, every convolution of the module sees the opposite edge beyond its own, where that is wanted.

    Afterwards they are exactly as they were.
    """
    found = [part for part in module.modules() if isinstance(part, nn.Conv2d)] if wanted else []
    convolutions = [part for part in found if part.padding_mode == "zeros" and any(part.padding)]
    try:
        for part in convolutions:
            part.padding_mode = "circular"
        yield
    finally:
        for part in convolutions:
            part.padding_mode = "zeros"


def wrapped(latents: Tensor) -> Tensor:
    """Latents (4, h, w) with the opposite edges around them, up to MARGIN cells of them: for decodes that see parts only."""
    margins = [min(MARGIN, side) for side in latents.shape[-2:]]
    return functional.pad(latents[None], (margins[1], margins[1], margins[0], margins[0]), mode="circular")[0]


def unwrapped(picture: Tensor, size_px: tuple[int, int]) -> Tensor:
    """The middle of a picture (3, height, width) in this height and width."""
    top, left = ((held - wanted) // 2 for held, wanted in zip(picture.shape[-2:], size_px, strict=True))
    return picture[:, top : top + size_px[0], left : left + size_px[1]]
