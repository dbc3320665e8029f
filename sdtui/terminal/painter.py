"""What every painter gives the screen, and the geometry they share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image

RGB = tuple[int, int, int]
Quality = Literal["preview", "first", "final", "true"]
"""A step preview; what is seen of a finished picture first; that picture; every pixel of it that the place has."""

LARGEST_WRITE = 16 * 1024
"""Bytes; longer writes would hold up a key's echo on a slow line."""


class CellSize(NamedTuple):
    """A character cell in pixels."""

    width_px: int
    height_px: int


class Box(NamedTuple):
    """A place on the screen in cells."""

    width_cells: int
    height_cells: int


class Cell(NamedTuple):
    """One styled character cell; None leaves the colour as it is there."""

    text: str
    fg: RGB | None = None
    bg: RGB | None = None


class Painting(NamedTuple):
    """What to do so that a picture appears.

    `cells` are rows of ordinary styled text, `size` of them, laid into the widget. `writes` are raw bytes for the terminal,
    in this order, each whole in itself (text, but no other painting, may be written between two of them, and the rest may be
    left off when a newer painting is there) and at most LARGEST_WRITE long; with `at_cursor` the cursor is put on the top
    left cell of the place before each one, else they go anywhere. `size` is how much of the box is covered: whoever lays it
    out may centre it.

    The cells under an `at_cursor` painting must be blank and must not be written again while it is to be seen, and the last
    row of the screen must not be among them: sixel terminals scroll when a picture touches it.
    """

    cells: tuple[tuple[Cell, ...], ...] | None = None
    writes: tuple[bytes, ...] = ()
    at_cursor: bool = False
    size: Box = Box(0, 0)


NOTHING = Painting()


class Painter(Protocol):
    """Turns pictures into paintings for one place on the screen; a later painting takes the earlier one's place."""

    def paint(self, picture: Image, box: Box, cell: CellSize, *, quality: Quality) -> Painting:
        """The picture as large as fits into the box, its ratio kept; slow (up to 100 ms), safe on any thread.

        NOTHING where the box or the picture is empty.
        """

    def grain(self, cell: CellSize) -> CellSize:
        """How many pixels of a picture a cell can show, in both directions."""

    def clear(self) -> tuple[bytes, ...]:
        """Writes that remove what was painted; empty where blank cells over it do."""


class Fit(NamedTuple):
    """How large a picture comes out: in cells, and in pixels of the terminal."""

    box: Box
    width_px: int
    height_px: int


def fit(width_px: int, height_px: int, box: Box, cell: CellSize) -> Fit | None:
    """The largest size within the box that keeps the picture's ratio; None where nothing can be seen."""
    if min(width_px, height_px, *box, *cell) < 1:
        return None
    room_width, room_height = box.width_cells * cell.width_px, box.height_cells * cell.height_px
    scale = min(room_width / width_px, room_height / height_px)
    out_width = min(room_width, max(1, round(width_px * scale)))
    out_height = min(room_height, max(1, round(height_px * scale)))
    cells = Box(-(-out_width // cell.width_px), -(-out_height // cell.height_px))
    return Fit(cells, out_width, out_height)


def whole_cells(size: Fit, box: Box, cell: CellSize) -> Box:
    """The cells nearest to a size, for terminals that stretch a picture over whole cells."""
    width = max(1, round(size.width_px / cell.width_px))
    height = max(1, round(size.height_px / cell.height_px))
    return Box(min(width, box.width_cells), min(height, box.height_cells))


def rows(cells: Iterable[Iterable[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    """Cells as a painting holds them."""
    return tuple(tuple(row) for row in cells)


def moved(rows_down: int, columns_right: int) -> bytes:
    """The escape that moves the cursor within a place."""
    down = b"\x1b[%dB" % rows_down if rows_down else b""
    return down + (b"\x1b[%dC" % columns_right if columns_right else b"")
