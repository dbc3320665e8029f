"""Pictures out of letters, for terminals without colour and for eyes that want none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdtui.terminal.painter import NOTHING, Box, Cell, CellSize, Painting, Quality, fit, rows, whole_cells
from sdtui.terminal.quantise import rgb, scaled

if TYPE_CHECKING:
    from PIL.Image import Image

RAMP = " .:-=+*#%@"
"""From dark to light, as on a dark terminal."""


class AsciiPainter:
    """One character a cell by its brightness."""

    def paint(self, picture: Image, box: Box, cell: CellSize, *, quality: Quality) -> Painting:
        """Rows of characters without colours of their own."""
        size = fit(picture.width, picture.height, box, cell)
        if size is None:
            return NOTHING
        place = whole_cells(size, box, cell)
        light = scaled(rgb(picture).convert("L"), place.width_cells, place.height_cells).tobytes()
        width = place.width_cells
        cells = rows(
            (Cell(RAMP[level * len(RAMP) // 256]) for level in light[start : start + width])
            for start in range(0, len(light), width)
        )
        return Painting(cells=cells, size=place)

    def grain(self, cell: CellSize) -> CellSize:
        """Two pixels, one over the other."""
        return CellSize(1, 2)

    def clear(self) -> tuple[bytes, ...]:
        """Nothing: the cells are text."""
        return ()
