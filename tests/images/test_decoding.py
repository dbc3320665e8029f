from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from sdtui.errors import WorkspaceError
from sdtui.images.decoding import MOST_PIXELS, Pixels, decode_apart, open_picture


def card(path: Path, width: int = 40, height: int = 20, mode: str = "RGB") -> Path:
    """Red levels say the column and green levels the row."""
    picture = Image.frombytes(
        "RGB", (width, height), bytes(v for y in range(height) for x in range(width) for v in (x, y, 9))
    )
    info = PngInfo()
    info.add_text("parameters", "a card\nSteps: 1")
    picture.convert(mode).save(path, pnginfo=info)
    return path


def both(path: Path, crop: tuple[int, int, int, int] | None, max_px: int) -> Pixels:
    """The part, the same from this process and from the child."""
    here = open_picture(path).part(crop, max_px)
    assert decode_apart(path, crop, max_px) == here
    return here


def test_the_whole_and_its_record(tmp_path: Path) -> None:
    pixels = both(card(tmp_path / "c.png"), None, 0)
    assert pixels[:5] == (40, 20, 40, 20, "a card\nSteps: 1")
    assert pixels.rgb[:6] == bytes([0, 0, 9, 1, 0, 9])


def test_a_part_has_the_very_pixels(tmp_path: Path) -> None:
    pixels = both(card(tmp_path / "c.png"), (10, 5, 12, 6), 0)
    assert pixels[:4] == (2, 1, 40, 20)
    assert pixels.rgb == bytes([10, 5, 9, 11, 5, 9])


@pytest.mark.parametrize("crop", [(-5, -5, 900, 900), (39, 19, 40, 20), (60, 60, 90, 90), (5, 5, 5, 5), (9, 9, 2, 2)])
def test_a_part_beyond_the_picture_is_brought_back_into_it(tmp_path: Path, crop: tuple[int, int, int, int]) -> None:
    pixels = open_picture(card(tmp_path / "c.png")).part(crop, 0)
    assert 1 <= pixels.width_px <= 40
    assert 1 <= pixels.height_px <= 20
    assert len(pixels.rgb) == pixels.width_px * pixels.height_px * 3


def test_it_is_shrunk_to_the_bound_and_never_blown_up(tmp_path: Path) -> None:
    opened = open_picture(card(tmp_path / "c.png"))
    assert opened.part(None, 20)[:4] == (20, 10, 40, 20)
    assert opened.part(None, 4000)[:2] == (40, 20)
    assert opened.part((0, 0, 2, 20), 10)[:2] == (1, 10)


def test_no_part_is_more_than_a_frame_holds(tmp_path: Path) -> None:
    Image.new("RGB", (4096, 4096)).save(tmp_path / "big.png")
    pixels = open_picture(tmp_path / "big.png").part(None, 0)
    assert pixels.width_px == pixels.height_px
    assert 0.99 * MOST_PIXELS < pixels.width_px * pixels.height_px <= MOST_PIXELS


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1", "I;16"])
def test_any_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (3, 2)).save(tmp_path / "m.png")
    assert len(both(tmp_path / "m.png", None, 0).rgb) == 18


def test_what_is_no_picture_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    os.mkfifo(tmp_path / "fifo.png")
    for name in ("text.png", "gone.png", "fifo.png", "."):
        with pytest.raises(WorkspaceError):
            decode_apart(tmp_path / name, None, 0)
    for name in ("text.png", "gone.png", "."):
        with pytest.raises(WorkspaceError):
            open_picture(tmp_path / name)


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    Image.new("1", (60_000, 60_000)).save(tmp_path / "bomb.png")
    with pytest.raises(WorkspaceError):
        decode_apart(tmp_path / "bomb.png", None, 0)
