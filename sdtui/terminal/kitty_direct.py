"""kitty's graphics protocol placed at the cursor, for terminals that know no placeholders (Konsole, kitty before 0.28)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdtui.terminal.kitty_data import chunked, delete, encoded
from sdtui.terminal.painter import NOTHING, Box, CellSize, Painting, Quality, fit, whole_cells
from sdtui.terminal.tmux import passthrough

if TYPE_CHECKING:
    from PIL.Image import Image


class KittyDirectPainter:
    """Transmits and places in one; the same id and placement number replace what was there.

    The picture lies above the text until `clear`: writing cells over it does not remove it.
    """

    def __init__(self, image_id: int, *, in_tmux: bool = False) -> None:
        self._id = image_id % 0xFFFFFFFF or 1
        self._wrap = passthrough if in_tmux else None

    def paint(self, picture: Image, box: Box, cell: CellSize, *, quality: Quality) -> Painting:
        """The picture's data, to be sent with the cursor on the place's top left cell; the cursor stays there (C=1)."""
        size = fit(picture.width, picture.height, box, cell)
        if size is None:
            return NOTHING
        place = whole_cells(size, box, cell)
        control = f"a=T,i={self._id},p=1,C=1,c={place.width_cells},r={place.height_cells},f=100,q=2"
        return Painting(
            writes=chunked(control, encoded(picture, size, quality), wrap=self._wrap), at_cursor=True, size=place
        )

    def clear(self) -> tuple[bytes, ...]:
        """Delete the picture and its data."""
        return (delete(self._id, wrap=self._wrap),)
