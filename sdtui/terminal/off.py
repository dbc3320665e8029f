"""No pictures at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdtui.terminal.painter import NOTHING, Box, CellSize, Painting, Quality

if TYPE_CHECKING:
    from PIL.Image import Image


class OffPainter:
    """Paints nothing."""

    def paint(self, picture: Image, box: Box, cell: CellSize, *, quality: Quality) -> Painting:
        """Nothing."""
        return NOTHING

    def grain(self, cell: CellSize) -> CellSize:
        """Pixels are those of the terminal."""
        return cell

    def clear(self) -> tuple[bytes, ...]:
        """Nothing."""
        return ()
