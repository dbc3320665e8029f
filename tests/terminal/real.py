"""Real terminals on a display of their own, and what a screenshot of them has to show."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from PIL import Image, ImageGrab

RED, GREEN, BLUE, MAGENTA = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 0, 255)
ROOT = Path(__file__).parents[2]
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


INHERITED = frozenset({"TMUX", "STY", "NO_COLOR", "COLUMNS", "LINES"})
"""What this process was started in, and the terminal is not."""
PROBES_OFF_EDGE_PX = 3


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


def displays() -> Iterator[str]:
    """An X server of 1400×900 pixels; its name."""
    told, tells = os.pipe()
    command = ["Xvfb", "-displayfd", str(tells), "-screen", "0", "1400x900x24", "-nolisten", "tcp", "-noreset"]
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
    """A terminal that a command runs in."""

    def __init__(self, display: str, command: list[str], environment: Mapping[str, str] = {}) -> None:
        self._display = display
        usual = {name: value for name, value in os.environ.items() if name not in INHERITED}
        usual |= {"DISPLAY": display, "COLORTERM": "truecolor", "LIBGL_ALWAYS_SOFTWARE": "1", "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(command, env={**usual, **environment}, stderr=subprocess.PIPE, text=True)

    def check(self) -> None:
        """The terminal runs; a machine without OpenGL is no fault of ours."""
        if self._process.poll() is None:
            return
        assert self._process.stderr is not None
        complaint = self._process.stderr.read()
        if "OpenGL" in complaint or "GLX" in complaint:
            pytest.skip(f"no software GL here: {complaint.strip()[-200:]}")
        raise AssertionError(f"the terminal has ended: {complaint}")

    def shows(
        self, right: Callable[[Image.Image], bool], keep: Path | None = None, patience_s: float = PATIENCE_S
    ) -> bool:
        """The screenshot is right, now or before long; a wrong one is kept."""
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            self.check()
            if right(self.shot()):
                return True
            time.sleep(0.1)
        if keep is not None:
            self.shot().save(keep)
        return False

    def shot(self) -> Image.Image:
        return ImageGrab.grab(xdisplay=self._display).convert("RGB")

    def press(self, *keys: str) -> None:
        """Press keys, as xdotool names them."""
        environment = {**os.environ, "DISPLAY": self._display}
        found = subprocess.run(["xdotool", "getactivewindow"], env=environment, capture_output=True, text=True).stdout
        names = ["xdotool", "search", "--onlyvisible", "--name", "."]
        window = (
            found.strip() or subprocess.run(names, env=environment, capture_output=True, text=True).stdout.split()[-1]
        )
        subprocess.run(["xdotool", "windowfocus", window], env=environment, capture_output=True, check=False)
        subprocess.run(["xdotool", "key", "--window", window, *keys], env=environment, check=True, capture_output=True)

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate()


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
