"""Pictures in real terminals on a display of their own; a screenshot shows whether they were really painted.

Debian's kitty 0.26 can show direct placement only, and its tmux 3.3a has no sixel: placeholders and tmux's passthrough are
tested byte by byte in test_painters.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.terminal.decoders import photo, psnr
from tests.terminal.real import KITTY, PATIENCE_S, ROOT, XTERM, Screen, card, displays, needs, quadrants_at

CARD = Path(__file__).with_name("card.py")


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    yield from displays()


class CardScreen(Screen):
    """A terminal that shows what card.py paints."""

    def __init__(self, display: str, terminal: list[str], arguments: list[str], report: Path) -> None:
        super().__init__(display, [*terminal, sys.executable, str(CARD), *arguments])
        self._report = report

    def found(self) -> str:
        """What card.py found out, once it has painted."""
        end = time.monotonic() + PATIENCE_S
        while not self._report.exists() or not self._report.read_text():
            self.check()
            assert time.monotonic() < end, "nothing was painted"
            time.sleep(0.05)
        return self._report.read_text()


OpenScreen = Callable[..., CardScreen]


@pytest.fixture
def open_screen(display: str, tmp_path: Path) -> Iterator[OpenScreen]:
    screens: list[CardScreen] = []

    def open_it(terminal: list[str], protocol: str, box: str, picture: Image.Image, frames: int = 1) -> CardScreen:
        picture.save(tmp_path / "picture.png")
        arguments = [protocol, box, str(tmp_path / "picture.png"), str(tmp_path / "report"), str(frames)]
        screens.append(CardScreen(display, terminal, arguments, tmp_path / "report"))
        return screens[-1]

    yield open_it
    for screen in screens:
        screen.close()


def cell_of(found: str, protocol: str) -> tuple[int, int]:
    name, _, size = found.partition(" ")
    assert name == protocol
    width, height = map(int, size.split("x"))
    return width, height


@needs("Xvfb", "xterm")
@pytest.mark.parametrize(("protocol", "row"), [("auto", 0), ("sixel", 19)])
def test_xterm_shows_the_card_after_previews(open_screen: OpenScreen, protocol: str, row: int) -> None:
    screen = open_screen(XTERM, protocol, f"20,{row},40,20", card(320, 340), 4)
    width, height = cell_of(screen.found(), "sixel")
    fitted = min(40 * width / 320, 20 * height / 340)
    assert screen.shows(quadrants_at(20 * width, row * height, round(320 * fitted), round(340 * fitted)))


@needs("Xvfb", "xterm")
def test_xterm_shows_a_photo_without_seams(open_screen: OpenScreen) -> None:
    picture = photo(340)
    screen = open_screen(XTERM, "auto", "20,2,60,30", picture, 2)
    width, height = cell_of(screen.found(), "sixel")
    side = min(60 * width, 30 * height)
    wanted = picture.resize((side, side), Image.Resampling.HAMMING)
    place = (20 * width, 2 * height, 20 * width + side, 2 * height + side)
    assert screen.shows(lambda shot: psnr(shot.crop(place), wanted) >= 30)


@needs("Xvfb", "kitty")
@pytest.mark.parametrize("protocol", ["auto", "kitty-direct"])
def test_kitty_shows_the_card_after_previews(open_screen: OpenScreen, protocol: str) -> None:
    version = subprocess.run(["kitty", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    if protocol == "auto" and tuple(map(int, version.split(".")[:2])) >= (0, 28):
        pytest.skip(f"kitty {version} gets placeholders")
    screen = open_screen(KITTY, protocol, "20,0,40,20", card(320, 340), 4)
    width, height = cell_of(screen.found(), "kitty-direct")
    assert screen.shows(quadrants_at(20 * width, 0, 40 * width, 20 * height))


@needs("tmux")
def test_tmux_keeps_its_title_and_says_what_it_can(tmp_path: Path) -> None:
    card(64, 64).save(tmp_path / "picture.png")
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]
    run = [sys.executable, str(CARD), "auto", "0,0,20,10", str(tmp_path / "picture.png"), str(tmp_path / "report")]
    environment = {name: value for name, value in os.environ.items() if name != "TMUX"} | {"PYTHONPATH": str(ROOT)}
    subprocess.run([*tmux, "new-session", "-d", "-x", "120", "-y", "40", *run], env=environment, check=True)
    try:
        end = time.monotonic() + PATIENCE_S
        while not (tmp_path / "report").exists() and time.monotonic() < end:
            time.sleep(0.05)
        title = subprocess.run([*tmux, "display", "-p", "#{pane_title}"], capture_output=True, text=True, check=True)
        shown = subprocess.run([*tmux, "capture-pane", "-p"], capture_output=True, text=True, check=True).stdout
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
    protocol = (tmp_path / "report").read_text().split()[0]
    assert protocol in {"half", "sixel"}
    assert "Gi=" not in title.stdout
    assert "Gi=" not in shown
    assert protocol == "sixel" or shown.count("▀") == 20 * 10
