"""What the terminal says it can do, asked as the studio asks it, and how pictures are going to be painted."""

from __future__ import annotations

import fcntl
import locale
import os
import select
import struct
import termios
import time
import tty
from collections.abc import Iterator, Mapping
from pathlib import Path

from sdtui.cli.finding import Finding
from sdtui.cli.place import Place
from sdtui.terminal.capabilities import Capabilities
from sdtui.terminal.decision import decide
from sdtui.terminal.probe import PATIENCE_S, Replies, ReplyParser, queries

TTY = Path("/dev/tty")
SMALLEST = (60, 16)


def check_terminal(place: Place, device: Path = TTY) -> Iterator[Finding]:
    """Brand, protocol, cell size and colours; a note where there is no terminal to ask."""
    try:
        terminal = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        yield Finding("terminal", "note", "none here; run the doctor in the terminal that the studio is for")
        return
    try:
        if os.tcgetpgrp(terminal) != os.getpgrp():
            yield Finding("terminal", "note", "not asked, because this runs in the background")
            return
        replies = ask(terminal, os.environ)
        rows, columns, *window = struct.unpack("HHHH", fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8)))
    except OSError as error:
        yield Finding("terminal", "note", f"cannot be asked: {error.strerror}")
        return
    finally:
        os.close(terminal)
    screen = (columns, rows)
    found = decide(
        replies, os.environ, choice=place.config.preview.protocol, screen=screen, window_px=(window[0], window[1])
    )
    yield from _findings(found, replies, columns, rows)


def ask(terminal: int, environment: Mapping[str, str], patience_s: float = PATIENCE_S) -> Replies:
    """The terminal's answers to the studio's questions; waits until the last one, at most so long. Raises OSError."""
    parser = ReplyParser()
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)
        os.write(terminal, queries(environment))
        end = time.monotonic() + (patience_s if queries(environment) else 0.0)
        while not parser.replies.complete and (left := end - time.monotonic()) > 0:
            if select.select([terminal], [], [], left)[0]:
                data = os.read(terminal, 4096)
                if not data:
                    break
                parser.feed(data)
    except termios.error as error:
        raise OSError(*error.args) from None
    finally:
        # What arrives too late must not end up on the shell's command line.
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
    return parser.replies


def _findings(found: Capabilities, replies: Replies, columns: int, rows: int) -> Iterator[Finding]:
    name = " ".join(filter(None, (found.brand, found.version))) or "unknown"
    term = os.environ.get("TERM", "not set")
    answered = "" if replies.complete else ", did not answer"
    inside = ", inside tmux" if found.in_tmux else ""
    yield Finding("terminal", "ok", f"{name} (TERM {term}{inside}{answered}), {columns}×{rows} cells")
    cell = f"{found.cell.width_px}×{found.cell.height_px} pixels a cell{'' if found.cell_known else ' (a guess)'}"
    yield Finding("pictures", "ok", f"{found.protocol}: {found.reason}; {cell}, {_colours(found.colours)}")
    if columns < SMALLEST[0] or rows < SMALLEST[1]:
        text = f"{columns}×{rows} is too small for the studio"
        yield Finding("terminal", "note", text, f"It wants {SMALLEST[0]}×{SMALLEST[1]}, better 120×40.")
    if found.protocol in ("half", "ascii") and found.in_tmux:
        todo = "Inside tmux: `set -g allow-passthrough on` (kitty, ghostty), or tmux 3.4 with sixel."
        yield Finding("pictures", "note", "painted with letters or blocks instead of pixels", todo)
    encoding = locale.getpreferredencoding(False)
    if encoding.lower().replace("-", "") != "utf8":
        todo = "Set LANG to a UTF-8 locale, such as C.UTF-8."
        yield Finding("terminal", "note", f"The locale's encoding is {encoding}; frames and blocks need UTF-8", todo)


def _colours(count: int) -> str:
    return {0: "no colours", 1 << 24: "true colour"}.get(count, f"{count} colours")
