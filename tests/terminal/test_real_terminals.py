"""Pictures in real terminals on a display of their own; a screenshot shows whether they were really painted.

Debian's kitty 0.26 can show direct placement only, and its tmux 3.3a has no sixel: placeholders and tmux's passthrough are
tested byte by byte in test_painters.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageGrab

from tests.terminal.decoders import photo, psnr

RED, GREEN, BLUE, MAGENTA = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 0, 255)
ROOT = Path(__file__).parents[2]
CARD = Path(__file__).with_name("card.py")
PATIENCE_S = 60.0
RESOURCES = ("decTerminalID: vt340", "numColorRegisters: 256", "maxGraphicSize: 2000x2000")
SETTINGS = ("initial_window_width=120c", "initial_window_height=40c", "remember_window_size=no", "font_size=10")
SETTINGS += ("update_check_interval=0", "window_padding_width=0", "confirm_os_window_close=0")
XTERM = [
    "xterm",
    "-ti",
    "vt340",
    "-tn",
    "xterm-256color",
    "-fa",
    "monospace",
    "-fs",
    "10",
    "-b",
    "0",
    "-bw",
    "0",
    "+sb",
]
XTERM += [*(word for resource in RESOURCES for word in ("-xrm", f"XTerm*{resource}")), "-geometry", "120x40+0+0", "-e"]
KITTY = ["kitty", "--config", "NONE", *(word for setting in SETTINGS for word in ("-o", setting))]


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """An X server of 1400×900 pixels; its name."""
    told, tells = os.pipe()
    command = ["Xvfb", "-displayfd", str(tells), "-screen", "0", "1400x900x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[tells], stderr=subprocess.DEVNULL) as server:
        os.close(tells)
        with os.fdopen(told) as names:
            name = names.readline().strip()
        try:
            assert name, "Xvfb did not start"
            yield f":{name}"
        finally:
            server.terminate()


class Screen:
    """A terminal that shows what card.py paints."""

    def __init__(self, display: str, terminal: list[str], arguments: list[str], report: Path) -> None:
        self._display, self._report = display, report
        environment = {name: value for name, value in os.environ.items() if name not in {"TMUX", "STY", "NO_COLOR"}}
        environment |= {
            "DISPLAY": display,
            "COLORTERM": "truecolor",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "PYTHONPATH": str(ROOT),
        }
        command = [*terminal, sys.executable, str(CARD), *arguments]
        self._process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)

    def found(self) -> str:
        """What card.py found out, once it has painted."""
        end = time.monotonic() + PATIENCE_S
        while not self._report.exists() or not self._report.read_text():
            if self._process.poll() is not None:
                assert self._process.stderr is not None
                complaint = self._process.stderr.read()
                if "OpenGL" in complaint or "GLX" in complaint:
                    pytest.skip(f"no software GL here: {complaint.strip()[-200:]}")
                raise AssertionError(complaint)
            assert time.monotonic() < end, "nothing was painted"
            time.sleep(0.05)
        return self._report.read_text()

    def shows(self, right: Callable[[Image.Image], bool]) -> bool:
        """The screenshot is right, now or before long."""
        end = time.monotonic() + PATIENCE_S / 3
        while time.monotonic() < end:
            if right(self.shot()):
                return True
            time.sleep(0.1)
        self.shot().save(self._report.with_suffix(".png"))
        return False

    def shot(self) -> Image.Image:
        return ImageGrab.grab(xdisplay=self._display).convert("RGB")

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate()


OpenScreen = Callable[..., Screen]


@pytest.fixture
def open_screen(display: str, tmp_path: Path) -> Iterator[OpenScreen]:
    screens: list[Screen] = []

    def open_it(terminal: list[str], protocol: str, box: str, picture: Image.Image, frames: int = 1) -> Screen:
        picture.save(tmp_path / "picture.png")
        arguments = [protocol, box, str(tmp_path / "picture.png"), str(tmp_path / "report"), str(frames)]
        screens.append(Screen(display, terminal, arguments, tmp_path / "report"))
        return screens[-1]

    yield open_it
    for screen in screens:
        screen.close()


def card(width: int, height: int) -> Image.Image:
    small = Image.frombytes("RGB", (2, 2), bytes([*RED, *GREEN, *BLUE, *MAGENTA]))
    return small.resize((width, height), Image.Resampling.NEAREST)


def quadrants_at(x: int, y: int, width: int, height: int) -> Callable[[Image.Image], bool]:
    """Twelve probes: near both edges and in the middle of each quadrant, where a wrong palette shows as stripes."""

    def right(shot: Image.Image) -> bool:
        return all(
            shot.getpixel(
                (
                    x + column * width // 2 + 3 + part * (width // 4 - 3),
                    y + row * height // 2 + 3 + part * (height // 4 - 3),
                )
            )
            == colour
            for row, column, colour in ((0, 0, RED), (0, 1, GREEN), (1, 0, BLUE), (1, 1, MAGENTA))
            for part in range(3)
        )

    return right


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
