from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from sdtui.terminal.halfblock import nearest_of_256
from sdtui.terminal.painter import NOTHING, Box, Cell, CellSize
from tests.terminal.decoders import iterm_strips, unwrap_tmux
from tests.terminal.drawing import BLUE, CELL, GREEN, MAGENTA, RED, painter, quadrants


def png(picture: Image.Image, colours: int, level: int) -> str:
    out = io.BytesIO()
    picture.quantize(colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        out, "PNG", compress_level=level
    )
    return base64.b64encode(out.getvalue()).decode()


CUT_SHORT = "\x1b_Gm=0,q=2;\x1b\\"


def test_kitty_sends_the_picture_once_and_the_cells_say_where_it_is() -> None:
    picture = quadrants(2, 2)
    painting = painter("kitty").paint(picture, Box(2, 1), CELL, quality="preview")
    control = "a=T,U=1,i=66051,c=2,r=1,f=100,q=2,m=0"
    assert painting.writes == (f"{CUT_SHORT}\x1b_G{control};{png(picture, 64, 9)}\x1b\\".encode(),)
    colour = (1, 2, 3)
    assert painting.cells == ((Cell("\U0010eeee\u0305\u0305", colour), Cell("\U0010eeee\u0305\u030d", colour)),)
    assert (painting.at_cursor, painting.size) == (False, Box(2, 1))
    gone = [f"{CUT_SHORT}\x1b_Ga=d,d=I,i={identity},q=2\x1b\\".encode() for identity in (66051, 66052)]
    assert list(painter("kitty").clear()) == gone


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
