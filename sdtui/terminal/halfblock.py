"""Pictures out of half blocks: two pixels a cell, in the colours of ordinary text; works nearly everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdtui.terminal.painter import NOTHING, RGB, Box, Cell, CellSize, Painting, Quality, fit, rows
from sdtui.terminal.quantise import rgb, scaled

if TYPE_CHECKING:
    from PIL.Image import Image

UPPER_HALF = "▀"
_CUBE = (0, 95, 135, 175, 215, 255)
_GREYS = tuple(range(8, 248, 10))


class HalfBlockPainter:
    """Styled cells only; without truecolor each colour is the nearest of xterm's 256."""

    def __init__(self, *, truecolor: bool) -> None:
        self._truecolor = truecolor

    def paint(self, picture: Image, box: Box, cell: CellSize, *, quality: Quality) -> Painting:
        """Rows of `▀`, its foreground the upper pixel and its background the lower one."""
        size = fit(picture.width, picture.height, box, cell)
        if size is None:
            return NOTHING
        width = min(box.width_cells, max(1, round(size.width_px / cell.width_px)))
        height = min(2 * box.height_cells, max(1, round(2 * size.height_px / cell.height_px)))
        data = scaled(rgb(picture), width, height).tobytes()
        if not self._truecolor:
            data = _nearest(data)
        lines = [_pixels(data[start : start + 3 * width]) for start in range(0, len(data), 3 * width)]
        below: list[list[RGB | None]] = [list(line) for line in lines[1::2]]
        if height % 2:
            below.append([None] * width)
        cells = rows(
            (Cell(UPPER_HALF, fg, bg) for fg, bg in zip(upper, lower, strict=True))
            for upper, lower in zip(lines[::2], below, strict=True)
        )
        return Painting(cells=cells, size=Box(width, len(cells)))

    def grain(self, cell: CellSize) -> CellSize:
        """Two pixels, one over the other."""
        return CellSize(1, 2)

    def clear(self) -> tuple[bytes, ...]:
        """Nothing: the cells are text."""
        return ()


def _pixels(line: bytes) -> list[RGB]:
    return list(zip(line[::3], line[1::3], line[2::3], strict=True))


def _nearest(data: bytes) -> bytes:
    known: dict[RGB, bytes] = {}
    out = []
    for pixel in _pixels(data):
        if pixel not in known:
            known[pixel] = bytes(nearest_of_256(pixel))
        out.append(known[pixel])
    return b"".join(out)


def nearest_of_256(colour: RGB) -> RGB:
    """The nearest colour of xterm's cube of 216 and its 24 greys."""
    cube = tuple(min(_CUBE, key=lambda level: abs(level - part)) for part in colour)
    middle = sum(colour) / 3
    grey = min(_GREYS, key=lambda level: abs(level - middle))
    candidates: tuple[RGB, RGB] = ((cube[0], cube[1], cube[2]), (grey, grey, grey))
    return min(candidates, key=lambda c: sum((a - b) ** 2 for a, b in zip(c, colour, strict=True)))
