"""Sixel graphics (xterm, foot, Windows Terminal, tmux with sixel): pixels in bands of six rows, drawn at the cursor.

VT330/340 Programmer Reference Manual, volume 2, chapter 14. A register is always selected after it was defined: on xterm
and WezTerm a definition alone does not select it, and the colours come out wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sdtui.terminal.painter import LARGEST_WRITE, NOTHING, Box, CellSize, Painting, Quality, fit, moved
from sdtui.terminal.quantise import fine_palette, rgb, scaled
from sdtui.terminal.sixel_data import encode
from sdtui.terminal.sixel_sketch import sketch

if TYPE_CHECKING:
    from PIL.Image import Image

_BUDGET: dict[Quality, int] = {"preview": 10 * 1024, "first": LARGEST_WRITE}
"""Bytes on the wire of what is sent as a sketch: sixels cannot be scaled, and a few large squares take the fewest of them."""

# (bands a square is high, colours) of a sketch, better ones first; the first within the budget is sent, or the last.
_SKETCHES = ((1, 64), (1, 32), (2, 64), (2, 32), (3, 32), (4, 16), (8, 16))
_FULL = 0.9
"""So much of LARGEST_WRITE a tile is planned to take, by what the one above it took."""


class SixelPainter:
    """Draws with up to `colours` (2..256) registers; what was painted goes when text is written over it."""

    def __init__(self, colours: int = 256) -> None:
        self._colours = max(2, min(256, colours))

    def paint(self, picture: Image, box: Box, cell: CellSize, *, quality: Quality) -> Painting:
        """The picture as tiles; each write moves the cursor from the place's top left cell to its tile by itself."""
        size = fit(picture.width, picture.height, box, cell)
        if size is None:
            return NOTHING
        if quality in {"final", "true"}:
            indexed = fine_palette(scaled(rgb(picture), size.width_px, size.height_px), self._colours)
            return Painting(writes=tuple(_tiles(indexed, cell)), at_cursor=True, size=size.box)
        write = b""
        for bands, colours in _SKETCHES:
            write = sketch(rgb(picture), size, bands, min(colours, self._colours))
            if len(write) <= _BUDGET[quality]:
                break
        return Painting(writes=(write,), at_cursor=True, size=size.box)

    def grain(self, cell: CellSize) -> CellSize:
        """Pixels are those of the terminal."""
        return cell

    def clear(self) -> tuple[bytes, ...]:
        """Nothing: blank cells written over a sixel picture remove it."""
        return ()


def _tiles(indexed: Image, cell: CellSize) -> Iterator[bytes]:
    """The picture from top to bottom in writes of their own, each whole cells high."""
    rows = -(-indexed.height // cell.height_px)
    row, count = 0, 1
    while row < rows:
        tile = _strip(indexed, cell, row, count)
        if count > 1 and len(tile) > LARGEST_WRITE:
            count = max(1, count // 2)
            continue
        if len(tile) > LARGEST_WRITE:
            yield from _pieces(indexed, cell, row)
        else:
            yield tile
        row += count
        count = max(1, int(count * LARGEST_WRITE * _FULL / len(tile)))


def _strip(indexed: Image, cell: CellSize, row: int, count: int) -> bytes:
    top = row * cell.height_px
    bottom = min(indexed.height, top + count * cell.height_px)
    return moved(row, 0) + encode(indexed.crop((0, top, indexed.width, bottom)))


def _pieces(indexed: Image, cell: CellSize, row: int) -> Iterator[bytes]:
    """One row of cells in as few pieces side by side as keep each small enough."""
    top, columns = row * cell.height_px, -(-indexed.width // cell.width_px)
    bottom = min(indexed.height, top + cell.height_px)
    column, count = 0, columns // 2 or 1
    while column < columns:
        left, right = column * cell.width_px, min(indexed.width, (column + count) * cell.width_px)
        piece = moved(row, column) + encode(indexed.crop((left, top, right, bottom)))
        if len(piece) > LARGEST_WRITE and count > 1:
            count //= 2
            continue
        yield piece
        column += count
