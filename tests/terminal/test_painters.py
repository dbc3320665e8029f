from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sdtui.terminal.capabilities import PAINT_PROTOCOLS, PaintProtocol
from sdtui.terminal.painter import LARGEST_WRITE, NOTHING, Box, Cell, CellSize, Quality
from tests.terminal.decoders import BLANK, KittyScreen, SixelScreen, iterm_strips, photo, psnr
from tests.terminal.drawing import BLUE, CELL, GREEN, MAGENTA, RED, WRITING, painter, quadrants


@pytest.mark.parametrize("quality", ["preview", "final"])
def test_sixel_pixels_are_where_they_belong(quality: Quality) -> None:
    painting = painter("sixel").paint(quadrants(320, 340), Box(40, 20), CELL, quality=quality)
    screen = SixelScreen((330, 350), CELL)
    shown = screen.take(painting)
    assert screen.drawn == 320 * 340, "a pixel was left out or drawn twice"
    for x, y, colour in [(3, 3, RED), (150, 160, RED), (170, 3, GREEN), (3, 337, BLUE), (316, 336, MAGENTA)]:
        assert shown.getpixel((x, y)) == colour
    assert {shown.getpixel((320, 5)), shown.getpixel((5, 340)), shown.getpixel((325, 345))} == {BLANK}


def test_a_finished_sixel_photo_is_true_to_30_db() -> None:
    picture = photo(320)
    painting = painter("sixel").paint(picture, Box(40, 20), CELL, quality="final")
    shown = SixelScreen((320, 340), CELL).take(painting).crop((0, 0, 320, 320))
    assert len(painting.writes) > 1
    assert psnr(shown, picture) >= 30


def test_a_sixel_picture_wider_than_a_write_is_cut_into_pieces_side_by_side() -> None:
    picture = photo(900).crop((0, 0, 900, 90))
    cell = CellSize(15, 30)
    painting = painter("sixel").paint(picture, Box(60, 3), cell, quality="final")
    assert any(b"C\x1bP" in write[:12] for write in painting.writes)
    assert psnr(SixelScreen((900, 90), cell).take(painting), picture) >= 28


def test_a_sixel_terminal_with_few_registers_gets_few() -> None:
    painting = painter("sixel", sixel_colours=16).paint(photo(160), Box(20, 10), CELL, quality="final")
    assert (
        max(int(item.split(b";")[0]) for write in painting.writes for item in write.split(b"#")[1:] if b";2;" in item)
        < 16
    )
    SixelScreen((160, 170), CELL).take(painting)


@pytest.mark.parametrize("protocol", ["kitty", "kitty-direct"])
@pytest.mark.parametrize("quality", ["preview", "first", "final", "true"])
def test_kitty_gets_what_was_sent(protocol: PaintProtocol, quality: Quality) -> None:
    screen, picture = KittyScreen(), photo(512)
    painting = painter(protocol).paint(picture, Box(64, 32), CELL, quality=quality)
    screen.take(b"".join(painting.writes))
    keys, shown = screen.shown
    assert (keys["c"], keys["r"]) == (str(painting.size.width_cells), str(painting.size.height_cells))
    assert psnr(shown.convert("RGB").resize(picture.size), picture) >= (30 if quality in {"final", "true"} else 22)
    screen.take(b"".join(painter(protocol).clear()))
    assert not screen.pictures
    assert not screen.held


@pytest.mark.parametrize("protocol", ["kitty", "kitty-direct"])
def test_kitty_shows_the_picture_before_until_all_of_the_next_is_there(protocol: PaintProtocol) -> None:
    ours, screen, picture = painter(protocol), KittyScreen(), photo(512)
    for quality in ("preview", "first", "final", "first", "preview", "preview"):
        writes = ours.paint(picture, Box(64, 32), CELL, quality=quality).writes  # type: ignore[arg-type]
        for number, write in enumerate(writes):
            screen.take(write)
            assert quality == "preview" or screen.pictures, (quality, number)
    if protocol == "kitty-direct":
        assert screen.shown
    screen.take(b"".join(ours.clear()))
    assert not screen.pictures


@pytest.mark.parametrize("protocol", ["kitty", "kitty-direct"])
def test_kitty_pictures_that_were_cut_short_do_not_spoil_the_next(protocol: PaintProtocol) -> None:
    ours, screen = painter(protocol), KittyScreen()
    long = ours.paint(photo(512), Box(64, 32), CELL, quality="final")
    screen.take(b"".join(long.writes[:3]))
    short = ours.paint(quadrants(64, 64), Box(8, 4), CELL, quality="final")
    screen.take(b"".join(short.writes))
    assert (64, 64) in [shown.size for _, shown in screen.pictures.values()]
    screen.take(b"".join(long.writes[:2]))
    screen.take(b"".join(ours.clear()))
    assert not screen.pictures


def test_iterm_strips_make_the_whole_picture() -> None:
    picture = photo(512)
    painting = painter("iterm").paint(picture, Box(64, 40), CellSize(8, 16), quality="final")
    whole, next_row = Image.new("RGB", (512, 512)), 0
    for row, keys, strip in iterm_strips(painting):
        assert row == next_row
        assert keys["width"] == "64"
        assert strip.size == (512, int(keys["height"]) * 16)
        whole.paste(strip, (0, row * 16))
        next_row += int(keys["height"])
    assert next_row == painting.size.height_cells == 32
    assert len(painting.writes) > 1
    assert psnr(whole, picture) >= 30


# budgets


@pytest.mark.parametrize("protocol", WRITING)
@pytest.mark.parametrize("side", [64, 512])
def test_a_step_preview_takes_ten_kibibytes_at_most(protocol: PaintProtocol, side: int) -> None:
    painting = painter(protocol).paint(photo(side), Box(60, 28), CELL, quality="preview")
    assert 500 < sum(map(len, painting.writes)) <= 10 * 1024


@pytest.mark.parametrize("protocol", ["kitty", "kitty-direct"])
def test_a_finished_picture_over_kitty_takes_165_kibibytes_at_most(protocol: PaintProtocol) -> None:
    for side in (512, 1024):
        painting = painter(protocol).paint(photo(side), Box(80, 40), CellSize(10, 20), quality="final")
        assert 60 * 1024 < sum(map(len, painting.writes)) <= 165 * 1024


@pytest.mark.parametrize("protocol", WRITING)
def test_even_pure_noise_keeps_to_the_budgets(protocol: PaintProtocol) -> None:
    noise = Image.effect_noise((512, 512), 255).convert("RGB")
    for quality, most in (
        ("preview", 10 * 1024),
        ("first", 48 * 1024),
        ("final", 165 * 1024 if "kitty" in protocol else 10**7),
    ):
        painting = painter(protocol).paint(noise, Box(60, 30), CELL, quality=quality)  # type: ignore[arg-type]
        assert sum(map(len, painting.writes)) <= most
        assert max(map(len, painting.writes)) <= LARGEST_WRITE


def test_a_small_picture_is_not_blown_up_before_it_is_sent() -> None:
    screen = KittyScreen()
    screen.take(b"".join(painter("kitty").paint(quadrants(64, 64), Box(80, 40), CELL, quality="final").writes))
    assert screen.shown[1].size == (64, 64)


@pytest.mark.parametrize("protocol", WRITING)
def test_what_is_seen_first_of_a_finished_picture_takes_a_third_of_it_at_most(protocol: PaintProtocol) -> None:
    first = painter(protocol).paint(photo(512), Box(64, 32), CELL, quality="first")
    whole = painter(protocol).paint(photo(512), Box(64, 32), CELL, quality="final")
    assert first.size == whole.size
    assert sum(map(len, first.writes)) * 3 < sum(map(len, whole.writes)) + 16 * 1024
    assert sum(map(len, first.writes)) <= 48 * 1024


def test_true_pixels_are_sent_however_many_they_are() -> None:
    screen = KittyScreen()
    for write in painter("kitty").paint(photo(900), Box(120, 60), CellSize(8, 16), quality="true").writes:
        assert len(write) <= LARGEST_WRITE
        screen.take(write)
    assert screen.shown[1].size == (900, 900)


@pytest.mark.parametrize(
    ("protocol", "grain"), [("sixel", (8, 17)), ("kitty", (8, 17)), ("half", (1, 2)), ("ascii", (1, 2))]
)
def test_a_painter_says_how_many_pixels_a_cell_shows(protocol: PaintProtocol, grain: tuple[int, int]) -> None:
    assert painter(protocol).grain(CELL) == grain


# what every painter keeps to

SIZES = st.tuples(st.integers(1, 300), st.integers(1, 300))


@pytest.mark.parametrize("protocol", PAINT_PROTOCOLS)
@settings(max_examples=25)
@given(
    size=SIZES,
    box=st.tuples(st.integers(-1, 90), st.integers(0, 60)),
    cell=st.tuples(st.integers(0, 12), st.integers(0, 24)),
)
def test_any_picture_fits_into_any_box(
    protocol: PaintProtocol, size: tuple[int, int], box: tuple[int, int], cell: tuple[int, int]
) -> None:
    for quality in ("preview", "first", "final", "true"):
        painting = painter(protocol).paint(quadrants(*size), Box(*box), CellSize(*cell), quality=quality)  # type: ignore[arg-type]
        if min(*box, *cell) < 1 or protocol == "off":
            assert painting == NOTHING
            continue
        assert 1 <= painting.size.width_cells <= box[0]
        assert 1 <= painting.size.height_cells <= box[1]
        assert all(len(write) <= LARGEST_WRITE for write in painting.writes)
        if painting.cells is not None:
            assert len(painting.cells) == painting.size.height_cells
            assert {len(row) for row in painting.cells} == {painting.size.width_cells}
        if protocol == "sixel":
            screen = SixelScreen((box[0] * cell[0], box[1] * cell[1]), CellSize(*cell))
            screen.take(painting)


@pytest.mark.parametrize("protocol", PAINT_PROTOCOLS)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16"])
def test_any_kind_of_picture_is_painted(protocol: PaintProtocol, mode: str) -> None:
    painting = painter(protocol).paint(Image.new(mode, (20, 20)), Box(10, 5), CELL, quality="final")
    assert (painting == NOTHING) == (protocol == "off")


def test_what_is_transparent_is_white() -> None:
    painting = painter("half").paint(Image.new("RGBA", (2, 2), (9, 9, 9, 0)), Box(1, 1), CELL, quality="final")
    assert painting.cells == ((Cell("▀", (255, 255, 255), None),),)
