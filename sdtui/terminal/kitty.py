"""kitty's graphics protocol with Unicode placeholders: the picture travels once, ordinary text shows where it is.

https://sw.kovidgoyal.net/kitty/graphics-protocol/ ; for kitty from 0.28 and ghostty, inside tmux too. Scrolling, cropping
and covering come for free: the cells are text like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdtui.terminal.kitty_data import chunked, delete, encoded, two_at_a_time
from sdtui.terminal.painter import NOTHING, RGB, Box, Cell, CellSize, Painting, Quality, fit, rows, whole_cells
from sdtui.terminal.tmux import passthrough

if TYPE_CHECKING:
    from PIL.Image import Image

PLACEHOLDER = "\U0010eeee"

# Unicode 6.0's combining marks of class 230 that take no part in compositions, as kitty numbers rows and columns by them.
_MARKS = """
0305 030D-030E 0310 0312 033D-033F 0346 034A-034C 0350-0352 0357 035B 0363-036F 0483-0487 0592-0595 0597-0599 059C-05A1
05A8-05A9 05AB-05AC 05AF 05C4 0610-0617 0657-065B 065D-065E 06D6-06DC 06DF-06E2 06E4 06E7-06E8 06EB-06EC 0730 0732-0733
0735-0736 073A 073D 073F-0741 0743 0745 0747 0749-074A 07EB-07F1 07F3 0816-0819 081B-0823 0825-0827 0829-082D 0951
0953-0954 0F82-0F83 0F86-0F87 135D-135F 17DD 193A 1A17 1A75-1A7C 1B6B 1B6D-1B73 1CD0-1CD2 1CDA-1CDB 1CE0 1DC0-1DC1
1DC3-1DC9 1DCB-1DCC 1DD1-1DE6 1DFE 20D0-20D1 20D4-20D7 20DB-20DC 20E1 20E7 20E9 20F0 2CEF-2CF1 2DE0-2DFF A66F A67C-A67D
A6F0-A6F1 A8E0-A8F1 AAB0 AAB2-AAB3 AAB7-AAB8 AABE-AABF AAC1 FE20-FE26 10A0F 10A38 1D185-1D189 1D1AA-1D1AD 1D242-1D244
"""


def _marks() -> tuple[str, ...]:
    spans = [span.partition("-") for span in _MARKS.split()]
    return tuple(chr(code) for low, _, high in spans for code in range(int(low, 16), int(high or low, 16) + 1))


MARKS = _marks()
"""The mark that stands for each row and column."""


class KittyPainter:
    """Transmits a picture under its id; the cells carry the id as their foreground colour, row and column as marks.

    `image_id` and the number after it, 1 to 2^24 − 1, are taken; with 256 colours only the 216 of the colour cube can be told
    apart, and two of them are. A later painting that goes in one write has the same id, so cells of the same box need not be
    written again; one that takes several has the other id, so that the one before is seen until all of it is there.
    """

    def __init__(self, image_id: int, *, truecolor: bool, in_tmux: bool) -> None:
        self._now, self._next = _identity(image_id, truecolor), _identity(image_id + 1, truecolor)
        self._in_tmux = in_tmux

    def paint(self, picture: Image, box: Box, cell: CellSize, *, quality: Quality) -> Painting:
        """The picture's data as writes, placeholders as cells: the data first."""
        room = Box(min(box.width_cells, len(MARKS)), min(box.height_cells, len(MARKS)))
        size = fit(picture.width, picture.height, room, cell)
        if size is None:
            return NOTHING
        place = whole_cells(size, room, cell)
        payload = encoded(picture, size, quality)
        if two_at_a_time(payload):
            self._now, self._next = self._next, self._now
        identity, colour = self._now
        control = f"a=T,U=1,i={identity},c={place.width_cells},r={place.height_cells},f=100,q=2"
        writes = chunked(control, payload, wrap=passthrough if self._in_tmux else None)
        cells = rows(
            (Cell(PLACEHOLDER + MARKS[row] + MARKS[column], colour) for column in range(place.width_cells))
            for row in range(place.height_cells)
        )
        return Painting(cells=cells, writes=writes, size=place)

    def grain(self, cell: CellSize) -> CellSize:
        """Pixels are those of the terminal."""
        return cell

    def clear(self) -> tuple[bytes, ...]:
        """Delete the picture and its data."""
        wrap = passthrough if self._in_tmux else None
        return tuple(delete(identity, wrap=wrap) for identity, _ in (self._now, self._next))


def _identity(image_id: int, truecolor: bool) -> tuple[int, RGB]:
    """An id that the foreground colour can carry, and that colour."""
    if truecolor:
        identity = image_id % 0xFFFFFF or 1
        return identity, (identity >> 16, identity >> 8 & 255, identity & 255)
    # Colours of the cube that are no greys: any downgrade from RGB finds exactly these again.
    cube = [(r, g, b) for r in range(6) for g in range(6) for b in range(6) if max(r, g, b) - min(r, g, b) >= 3]
    r, g, b = cube[image_id % len(cube)]
    level = (0, 95, 135, 175, 215, 255)
    return 16 + 36 * r + 6 * g + b, (level[r], level[g], level[b])
