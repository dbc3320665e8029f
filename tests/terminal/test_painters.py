from __future__ import annotations

import base64
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from rich.cells import cell_len

from sdtui.terminal.capabilities import PAINT_PROTOCOLS, TRUECOLOR, Capabilities, PaintProtocol
from sdtui.terminal.halfblock import nearest_of_256
from sdtui.terminal.kitty import MARKS, PLACEHOLDER
from sdtui.terminal.painter import LARGEST_WRITE, NOTHING, Box, Cell, CellSize, Painter, Quality
from sdtui.terminal.protocols import painter_for
from tests.terminal.decoders import BLANK, KittyScreen, SixelScreen, iterm_strips, photo, psnr, unwrap_tmux

CELL = CellSize(8, 17)
RED, GREEN, BLUE, MAGENTA = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 0, 255)
WRITING: tuple[PaintProtocol, ...] = ("kitty", "kitty-direct", "iterm", "sixel")


def painter(protocol: PaintProtocol, *, colours: int = TRUECOLOR, image_id: int = 0x010203, **known: object) -> Painter:
    return painter_for(Capabilities(protocol=protocol, cell=CELL, colours=colours, **known), image_id=image_id)  # type: ignore[arg-type]


def quadrants(width: int, height: int) -> Image.Image:
    small = Image.frombytes("RGB", (2, 2), bytes([*RED, *GREEN, *BLUE, *MAGENTA]))
    return small.resize((width, height), Image.Resampling.NEAREST)


def png(picture: Image.Image, colours: int, level: int) -> str:
    out = io.BytesIO()
    picture.quantize(colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        out, "PNG", compress_level=level
    )
    return base64.b64encode(out.getvalue()).decode()


# byte by byte, on small pictures

CUT_SHORT = "\x1b_Gm=0,q=2;\x1b\\"


def test_kitty_sends_the_picture_once_and_the_cells_say_where_it_is() -> None:
    picture = quadrants(2, 2)
    painting = painter("kitty").paint(picture, Box(2, 1), CELL, quality="preview")
    control = "a=T,U=1,i=66051,c=2,r=1,f=100,q=2,m=0"
    assert painting.writes == (f"{CUT_SHORT}\x1b_G{control};{png(picture, 64, 9)}\x1b\\".encode(),)
    colour = (1, 2, 3)
    assert painting.cells == ((Cell("\U0010eeee\u0305\u0305", colour), Cell("\U0010eeee\u0305\u030d", colour)),)
    assert (painting.at_cursor, painting.size) == (False, Box(2, 1))
    assert painter("kitty").clear() == (f"{CUT_SHORT}\x1b_Ga=d,d=I,i=66051,q=2\x1b\\".encode(),)


def test_kitty_inside_tmux_goes_through_it() -> None:
    picture = quadrants(2, 2)
    bare = painter("kitty").paint(picture, Box(2, 1), CELL, quality="preview")
    wrapped = painter("kitty", in_tmux=True).paint(picture, Box(2, 1), CELL, quality="preview")
    assert wrapped.writes[0].startswith(b"\x1bPtmux;\x1b\x1b_Gm=0,q=2;\x1b\x1b\\\x1b\\\x1bPtmux;\x1b\x1b_Ga=T,U=1,")
    assert unwrap_tmux(b"".join(wrapped.writes)) == b"".join(bare.writes)
    assert wrapped.cells == bare.cells
    cleared = b"".join(painter("kitty", in_tmux=True).clear())
    assert unwrap_tmux(cleared) == b"".join(painter("kitty").clear())


def test_kitty_direct_is_placed_at_the_cursor() -> None:
    picture = quadrants(2, 2)
    painting = painter("kitty-direct").paint(picture, Box(2, 1), CELL, quality="final")
    control = "a=T,i=66051,p=1,C=1,c=2,r=1,f=100,q=2,m=0"
    assert painting.writes == (f"{CUT_SHORT}\x1b_G{control};{png(picture, 256, 6)}\x1b\\".encode(),)
    assert (painting.cells, painting.at_cursor, painting.size) == (None, True, Box(2, 1))


def test_sixel_selects_every_register_after_it_was_defined() -> None:
    painting = painter("sixel").paint(quadrants(4, 8), Box(1, 1), CellSize(4, 8), quality="final")
    assert len(painting.writes) == 1
    head, *rest = painting.writes[0].decode().split("#")
    assert head == '\x1bP0;1;0q"1;1;4;8'
    definitions = {int(item.split(";")[0]): item.split(";")[1:] for item in rest if ";" in item}
    name = {"".join(levels): register for register, levels in definitions.items()}
    red, green, blue, magenta = name["210000"], name["201000"], name["200100"], name["21000100"]
    drawn = "#" + "#".join(item for item in rest if ";" not in item)
    # Four rows of red and green, then two of blue and magenta; in the second band two more of them.
    top, bottom = drawn.split("-")
    assert set(top.split("$")) == {f"#{red}NN", f"#{green}??NN", f"#{blue}oo", f"#{magenta}??oo"}
    assert set(bottom.removesuffix("\x1b\\").split("$")) == {f"#{blue}BB", f"#{magenta}??BB"}


def test_iterm_gets_a_jpeg_stretched_over_whole_cells() -> None:
    painting = painter("iterm").paint(quadrants(16, 17), Box(2, 1), CELL, quality="final")
    (row, keys, picture), *more = iterm_strips(painting)
    assert not more
    assert row == 0
    del keys["size"]
    assert keys == {
        "inline": "1",
        "width": "2",
        "height": "1",
        "preserveAspectRatio": "0",
        "doNotMoveCursor": "1",
    }
    assert (picture.format, picture.size) == ("JPEG", (16, 17))
    assert (painting.cells, painting.at_cursor, painting.size) == (None, True, Box(2, 1))


def test_half_blocks_hold_two_pixels_a_cell() -> None:
    painting = painter("half").paint(quadrants(2, 2), Box(2, 1), CellSize(8, 16), quality="final")
    assert painting.cells == ((Cell("▀", RED, BLUE), Cell("▀", GREEN, MAGENTA)),)
    assert (painting.writes, painting.at_cursor, painting.size) == ((), False, Box(2, 1))


def test_half_a_cell_at_the_bottom_leaves_the_rest_as_it_is() -> None:
    painting = painter("half").paint(Image.new("RGB", (2, 3), RED), Box(2, 2), CellSize(8, 16), quality="final")
    assert painting.cells == ((Cell("▀", RED, RED),) * 2, (Cell("▀", RED, None),) * 2)
    assert painting.size == Box(2, 2)


def test_half_blocks_in_256_colours_use_xterms() -> None:
    painting = painter("half", colours=256).paint(
        Image.new("RGB", (2, 2), (250, 3, 99)), Box(2, 1), CELL, quality="final"
    )
    assert painting.cells == ((Cell("▀", (255, 0, 95), (255, 0, 95)),) * 2,)


@pytest.mark.parametrize(
    ("colour", "wanted"),
    [
        ((0, 0, 0), (0, 0, 0)),
        ((255, 255, 255), (255, 255, 255)),
        ((18, 19, 17), (18, 18, 18)),
        ((96, 134, 0), (95, 135, 0)),
    ],
)
def test_the_nearest_of_256_colours(colour: tuple[int, int, int], wanted: tuple[int, int, int]) -> None:
    assert nearest_of_256(colour) == wanted


def test_letters_by_brightness() -> None:
    greys = Image.frombytes("L", (4, 1), bytes([0, 100, 200, 255]))
    painting = painter("ascii").paint(greys, Box(4, 1), CellSize(8, 8), quality="final")
    assert painting.cells == ((Cell(" "), Cell("-"), Cell("#"), Cell("@")),)


def test_off_paints_nothing() -> None:
    assert painter("off").paint(quadrants(2, 2), Box(9, 9), CELL, quality="final") == NOTHING


# decoded, on larger ones


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
@pytest.mark.parametrize("quality", ["preview", "final"])
def test_kitty_gets_what_was_sent(protocol: PaintProtocol, quality: Quality) -> None:
    screen, picture = KittyScreen(), photo(512)
    painting = painter(protocol).paint(picture, Box(64, 32), CELL, quality=quality)
    screen.take(b"".join(painting.writes))
    keys, shown = screen.pictures[0x010203]
    assert (keys["c"], keys["r"]) == (str(painting.size.width_cells), str(painting.size.height_cells))
    assert psnr(shown.convert("RGB").resize(picture.size), picture) >= (28 if quality == "final" else 22)
    screen.take(b"".join(painter(protocol).clear()))
    assert not screen.pictures


@pytest.mark.parametrize("protocol", ["kitty", "kitty-direct"])
def test_kitty_pictures_that_were_cut_short_do_not_spoil_the_next(protocol: PaintProtocol) -> None:
    ours, screen = painter(protocol), KittyScreen()
    long = ours.paint(photo(512), Box(64, 32), CELL, quality="final")
    screen.take(b"".join(long.writes[:3]))
    short = ours.paint(quadrants(64, 64), Box(8, 4), CELL, quality="final")
    screen.take(b"".join(short.writes))
    assert screen.pictures[0x010203][1].size == (64, 64)
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
    for quality, most in (("preview", 10 * 1024), ("final", 165 * 1024 if "kitty" in protocol else 10**7)):
        painting = painter(protocol).paint(noise, Box(60, 30), CELL, quality=quality)  # type: ignore[arg-type]
        assert sum(map(len, painting.writes)) <= most
        assert max(map(len, painting.writes)) <= LARGEST_WRITE


def test_a_small_picture_is_not_blown_up_before_it_is_sent() -> None:
    screen = KittyScreen()
    screen.take(b"".join(painter("kitty").paint(quadrants(64, 64), Box(80, 40), CELL, quality="final").writes))
    assert screen.pictures[0x010203][1].size == (64, 64)


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
    for quality in ("preview", "final"):
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


# kitty's placeholders


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
