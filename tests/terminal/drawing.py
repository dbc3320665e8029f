"""Painters and pictures that the tests of this room share."""

from __future__ import annotations

from PIL import Image

from sdtui.terminal.capabilities import TRUECOLOR, Capabilities, PaintProtocol
from sdtui.terminal.painter import CellSize, Painter
from sdtui.terminal.protocols import painter_for

CELL = CellSize(8, 17)
RED, GREEN, BLUE, MAGENTA = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 0, 255)
WRITING: tuple[PaintProtocol, ...] = ("kitty", "kitty-direct", "iterm", "sixel")


def painter(protocol: PaintProtocol, *, colours: int = TRUECOLOR, image_id: int = 0x010203, **known: object) -> Painter:
    return painter_for(Capabilities(protocol=protocol, cell=CELL, colours=colours, **known), image_id=image_id)  # type: ignore[arg-type]


def quadrants(width: int, height: int) -> Image.Image:
    small = Image.frombytes("RGB", (2, 2), bytes([*RED, *GREEN, *BLUE, *MAGENTA]))
    return small.resize((width, height), Image.Resampling.NEAREST)
