"""The studio in real terminals: a test card opened as a picture is painted in the preview pane, pixel by pixel.

Debian's kitty 0.26 can show direct placement only: the studio's placeholders and tmux's passthrough are tested byte by byte.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from sdtui.workspace.paths import Workspace
from tests.terminal.real import BLUE, GREEN, KITTY, MAGENTA, RED, XTERM, Screen, card, displays, needs, quadrants_at

Box = tuple[int, int, int, int]


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    yield from displays()


@pytest.fixture
def studio(display: str, workspace: Workspace, tmp_path: Path) -> Iterator[Callable[[list[str], Image.Image], Screen]]:
    """The studio on a picture file, in a terminal."""
    screens: list[Screen] = []

    def open_it(terminal: list[str], picture: Image.Image) -> Screen:
        picture.save(tmp_path / "card.png")
        command = [sys.executable, "-m", "sdtui", "-C", str(workspace.root), "show", str(tmp_path / "card.png")]
        screens.append(Screen(display, [*terminal, *command]))
        return screens[-1]

    yield open_it
    for screen in screens:
        screen.close()


def box_of(shot: Image.Image, colours: tuple[tuple[int, int, int], ...]) -> Box | None:
    """Left, top, right and bottom of the pixels that have one of these colours."""
    found = Image.new("1", shot.size)
    for colour in colours:
        same = [
            channel.point([255 if level == want else 0 for level in range(256)])
            for channel, want in zip(shot.split(), colour, strict=True)
        ]
        both = Image.composite(
            same[2], Image.new("L", shot.size), Image.composite(same[1], Image.new("L", shot.size), same[0])
        )
        found.paste(1, mask=both)
    return found.getbbox()


def card_at(least: Box, most: Box) -> Callable[[Image.Image], bool]:
    """The whole card is to be seen, covers `least` and is within `most`, and no pixel of it is anywhere else."""

    def right(shot: Image.Image) -> bool:
        box = box_of(shot, (RED, GREEN, BLUE, MAGENTA))
        if box is None:
            return False
        left, top, right, bottom = box
        inside = (
            most[0] <= left <= least[0]
            and most[1] <= top <= least[1]
            and least[2] <= right <= most[2]
            and least[3] <= bottom <= most[3]
        )
        return inside and quadrants_at(left, top, right - left, bottom - top)(shot)

    return right


def nothing_of_the_card(shot: Image.Image) -> bool:
    return box_of(shot, (RED, GREEN, BLUE, MAGENTA)) is None


WIDTH, HEIGHT = 960, 680
PREVIEW = ((600, 100, 800, 300), (480, 17, WIDTH, HEIGHT * 3 // 4))
"""At 120×40 the preview is in the upper half of the right column."""
WHOLE = ((300, 100, 660, 500), (0, 0, WIDTH, HEIGHT - 17))


@needs("Xvfb", "xterm", "xdotool")
def test_in_xterm_the_card_is_painted_in_the_preview_then_over_the_screen_and_nothing_is_left_of_it(
    studio: Callable[[list[str], Image.Image], Screen], tmp_path: Path
) -> None:
    screen = studio(XTERM, card(320, 340))
    assert screen.shows(card_at(*PREVIEW), tmp_path / "preview.png"), "painted in the preview"
    screen.press("F9")
    assert screen.shows(card_at(*WHOLE), tmp_path / "zoom.png"), "over the whole screen"
    screen.press("1")
    assert screen.shows(quadrants_at(320, 153, 320, 340), tmp_path / "true.png"), "its own pixels, in the middle"
    screen.press("i")
    assert screen.shows(card_at((330, 160, 630, 450), (320, 120, 641, 500)), tmp_path / "record.png")
    screen.press("Escape")
    assert screen.shows(card_at(*PREVIEW), tmp_path / "back.png"), "back in the preview, and nowhere else"
    screen.press("F1")
    assert screen.shows(nothing_of_the_card, tmp_path / "help.png"), "covered by the help"
    screen.press("Escape")
    assert screen.shows(card_at(*PREVIEW), tmp_path / "again.png"), "uncovered"


@needs("Xvfb", "kitty", "xdotool")
def test_in_kitty_the_card_is_painted_in_the_preview_then_over_the_screen_and_nothing_is_left_of_it(
    studio: Callable[[list[str], Image.Image], Screen], tmp_path: Path
) -> None:
    screen = studio(KITTY, card(320, 340))
    assert screen.shows(card_at((620, 120, 780, 280), (440, 10, 1100, 540)), tmp_path / "preview.png"), "in the preview"
    screen.press("F9")
    assert screen.shows(card_at((300, 100, 660, 500), (0, 0, 1100, 760)), tmp_path / "zoom.png"), (
        "over the whole screen"
    )
    screen.press("Escape")
    assert screen.shows(card_at((620, 120, 780, 280), (440, 10, 1100, 540)), tmp_path / "back.png"), "nowhere else"
    screen.press("F1")
    assert screen.shows(nothing_of_the_card, tmp_path / "help.png"), "taken away for the help"
