"""kitty's graphics protocol placed at the cursor, for terminals that know no placeholders (Konsole, kitty before 0.28)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdtui.terminal.kitty_data import chunked, delete, encoded, two_at_a_time
from sdtui.terminal.painter import NOTHING, Box, CellSize, Painting, Quality, fit, whole_cells
from sdtui.terminal.tmux import passthrough

if TYPE_CHECKING:
    from PIL.Image import Image


class KittyDirectPainter:
    """Transmits and places in one; the same id and placement number replace what was there.

    A picture that takes several writes is placed when all of it is there, under the other of two ids (`image_id` and the
    number after it). It lies above the text until `clear`: writing cells over it does not remove it.
    """

    def __init__(self, image_id: int, *, in_tmux: bool = False) -> None:
        self._now, self._next = image_id % 0xFFFFFFFE or 1, (image_id % 0xFFFFFFFE or 1) + 1
        self._wrap = passthrough if in_tmux else None

    def paint(self, picture: Image, box: Box, cell: CellSize, *, quality: Quality) -> Painting:
        """The picture's data, to be sent with the cursor on the place's top left cell; the cursor stays there (C=1)."""
        size = fit(picture.width, picture.height, box, cell)
        if size is None:
            return NOTHING
        place = whole_cells(size, box, cell)
        payload, placed = encoded(picture, size, quality), f"p=1,C=1,c={place.width_cells},r={place.height_cells}"
        if not two_at_a_time(payload):
            writes = chunked(f"a=T,i={self._now},{placed},f=100,q=2", payload, wrap=self._wrap)
            return Painting(writes=writes, at_cursor=True, size=place)
        self._now, self._next = self._next, self._now
        put = f"\x1b_Ga=p,i={self._now},{placed},q=2\x1b\\".encode()
        last = (self._wrap(put) if self._wrap else put) + delete(self._next, wrap=self._wrap)
        writes = chunked(f"a=t,i={self._now},f=100,q=2", payload, last=last, wrap=self._wrap)
        return Painting(writes=writes, at_cursor=True, size=place)

    def grain(self, cell: CellSize) -> CellSize:
        """Pixels are those of the terminal."""
        return cell

    def clear(self) -> tuple[bytes, ...]:
        """Delete the picture and its data."""
        return tuple(delete(identity, wrap=self._wrap) for identity in (self._now, self._next))
