from __future__ import annotations

import pytest
from rich.cells import cell_len

from sdtui.terminal.kitty import MARKS, PLACEHOLDER
from sdtui.terminal.painter import Box, CellSize
from tests.terminal.decoders import KittyScreen
from tests.terminal.drawing import CELL, painter, quadrants


def test_there_is_a_mark_for_each_of_297_rows_and_columns() -> None:
    assert len(set(MARKS)) == len(MARKS) == 297
    assert (MARKS[0], MARKS[1], MARKS[-1]) == ("\u0305", "\u030d", "\U0001d244")
    import unicodedata

    assert {unicodedata.combining(mark) for mark in MARKS} == {230}
    assert not any(unicodedata.decomposition(mark) for mark in MARKS)


def test_a_box_larger_than_the_marks_is_not_filled() -> None:
    painting = painter("kitty").paint(quadrants(64, 64), Box(400, 400), CellSize(8, 8), quality="preview")
    assert painting.size == Box(297, 297)


def test_a_placeholder_is_one_cell_wide() -> None:
    assert {cell_len(PLACEHOLDER + row + column) for row in MARKS[:60] for column in MARKS} == {1}


@pytest.mark.parametrize("image_id", [1, 255, 0xFFFFFE, 0xFFFFFF, 2**40 + 3, 0])
def test_the_colour_of_a_placeholder_says_the_id(image_id: int) -> None:
    painting = painter("kitty", image_id=image_id).paint(quadrants(2, 2), Box(1, 1), CELL, quality="preview")
    assert painting.cells is not None
    red, green, blue = painting.cells[0][0].fg or (0, 0, 0)
    screen = KittyScreen()
    screen.take(b"".join(painting.writes))
    assert list(screen.pictures) == [red << 16 | green << 8 | blue]
    assert red | green | blue


@pytest.mark.parametrize("image_id", range(1, 300, 7))
def test_with_256_colours_the_id_is_the_number_of_the_colour(image_id: int) -> None:
    from rich.color import Color, ColorSystem

    painting = painter("kitty", colours=256, image_id=image_id).paint(
        quadrants(2, 2), Box(1, 1), CELL, quality="preview"
    )
    assert painting.cells is not None
    written = Color.from_rgb(*(painting.cells[0][0].fg or (0, 0, 0))).downgrade(ColorSystem.EIGHT_BIT)
    screen = KittyScreen()
    screen.take(b"".join(painting.writes))
    assert list(screen.pictures) == [written.number]
