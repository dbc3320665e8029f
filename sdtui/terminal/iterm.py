"""iTerm2's inline pictures (OSC 1337; iTerm2, WezTerm, VS Code): a JPEG at the cursor, stretched over whole cells.

https://iterm2.com/documentation-images.html ; a picture that is too much for one write goes as strips one under the other.
"""

from __future__ import annotations

import io
from base64 import standard_b64encode
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sdtui.terminal.painter import LARGEST_WRITE, NOTHING, Box, CellSize, Painting, Quality, fit, moved, whole_cells
from sdtui.terminal.quantise import rgb, scaled, shrunk
from sdtui.terminal.tmux import passthrough

if TYPE_CHECKING:
    from PIL.Image import Image

_SMALL: dict[Quality, tuple[int, int]] = {"preview": (128 * 128, 10 * 1024), "first": (256 * 256, LARGEST_WRITE)}
"""Pixels and bytes on the wire of what is sent whole, in one write."""
_FINAL_QUALITY = 85
_SMALL_QUALITIES = (75, 60, 40, 25, 10)
_FULL = 0.9


class ItermPainter:
    """Sends JPEGs; what was painted goes when text is written over it."""

    def __init__(self, *, in_tmux: bool = False) -> None:
        self._in_tmux = in_tmux

    def paint(self, picture: Image, box: Box, cell: CellSize, *, quality: Quality) -> Painting:
        """The picture as strips; each write moves the cursor from the place's top left cell to its strip by itself."""
        size = fit(picture.width, picture.height, box, cell)
        if size is None:
            return NOTHING
        place = whole_cells(size, box, cell)
        shown = shrunk(rgb(picture), size.width_px * size.height_px)
        if quality in _SMALL:
            pixels, most = _SMALL[quality]
            small, write = shrunk(shown, pixels), b""
            for level in _SMALL_QUALITIES:
                write = self._inline(small, place, level)
                if len(write) <= most:
                    break
            return Painting(writes=(write,), at_cursor=True, size=place)
        whole = self._inline(shown, place, _FINAL_QUALITY)
        writes = (whole,) if len(whole) <= LARGEST_WRITE else tuple(self._strips(shown, place, cell))
        return Painting(writes=writes, at_cursor=True, size=place)

    def grain(self, cell: CellSize) -> CellSize:
        """Pixels are those of the terminal."""
        return cell

    def clear(self) -> tuple[bytes, ...]:
        """Nothing: blank cells written over the picture remove it."""
        return ()

    def _strips(self, shown: Image, place: Box, cell: CellSize) -> Iterator[bytes]:
        """The picture from top to bottom, each strip whole cells high."""
        width, height = place.width_cells * cell.width_px, place.height_cells * cell.height_px
        whole = scaled(shown, width, height)
        row, count, level = 0, 1, _FINAL_QUALITY
        while row < place.height_cells:
            count = min(count, place.height_cells - row)
            strip = whole.crop((0, row * cell.height_px, width, (row + count) * cell.height_px))
            write = moved(row, 0) + self._inline(strip, Box(place.width_cells, count), level)
            if len(write) > LARGEST_WRITE and (count > 1 or level > 10):
                count, level = (count // 2, level) if count > 1 else (1, level - 15)
                continue
            yield write
            row += count
            count = max(1, int(count * LARGEST_WRITE * _FULL / len(write)))

    def _inline(self, picture: Image, place: Box, level: int) -> bytes:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=level)
        keys = f"inline=1;size={out.tell()};width={place.width_cells};height={place.height_cells}"
        head = f"\x1b]1337;File={keys};preserveAspectRatio=0;doNotMoveCursor=1:"
        escape = head.encode() + standard_b64encode(out.getvalue()) + b"\x07"
        return passthrough(escape) if self._in_tmux else escape
