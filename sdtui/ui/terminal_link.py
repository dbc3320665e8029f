"""What the studio knows of its terminal: half blocks at once, something better when the terminal has answered."""

from __future__ import annotations

import fcntl
import os
import random
import struct
import sys
import termios
from collections.abc import Callable, Mapping
from typing import NamedTuple

from sdtui.terminal.capabilities import PROTOCOL_CHOICES, Capabilities, ProtocolChoice
from sdtui.terminal.decision import decide
from sdtui.terminal.painter import Painter
from sdtui.terminal.probe import Replies, queries
from sdtui.terminal.protocols import painter_for
from sdtui.ui.screen_writes import ScreenWrites

Use = Callable[[Capabilities, Painter], None]


class WindowSize(NamedTuple):
    """Width and height in cells, and in pixels as far as the operating system knows; zeros where it does not."""

    cells: tuple[int, int] = (0, 0)
    px: tuple[int, int] = (0, 0)


def window_size() -> WindowSize:
    """The size of the terminal that Textual paints on."""
    try:
        packed = fcntl.ioctl(sys.__stderr__ or 2, termios.TIOCGWINSZ, b"\0" * 8)
    except (OSError, ValueError):
        return WindowSize()
    rows, columns, width_px, height_px = struct.unpack("HHHH", packed)
    return WindowSize((columns, rows), (width_px, height_px))


class TerminalLink:
    """Asks the terminal, and hands out a painter whenever another one is the right one."""

    def __init__(
        self,
        write: Callable[[bytes], None],
        use: Use,
        choice: str,
        *,
        environment: Mapping[str, str] = os.environ,
        window: Callable[[], WindowSize] = window_size,
    ) -> None:
        self.writes = ScreenWrites(write)
        self._write = write
        self._use = use
        self._choice: ProtocolChoice = choice if choice in PROTOCOL_CHOICES else "auto"
        self._environment = environment
        self._window = window
        self._image_id = random.randrange(1, 1 << 24)
        self._capabilities: Capabilities | None = None
        self._reports = 0

    def start(self) -> None:
        """Paint with what works nearly everywhere, and ask."""
        self._decide(Replies())
        self.ask()

    def ask(self) -> None:
        """Ask the terminal what it is and how large its cells are."""
        asked = queries(self._environment)
        if asked:
            self._write(asked)

    def replied(self, replies: Replies, status_reports: int) -> None:
        """The terminal answered: to a question of ours, or for what was written before."""
        if status_reports != self._reports:
            self._reports = status_reports
            self.writes.answered()
        if replies.complete:
            self._decide(replies)

    def _decide(self, replies: Replies) -> None:
        size = self._window()
        now = decide(replies, self._environment, choice=self._choice, screen=size.cells, window_px=size.px)
        if now != self._capabilities:
            self._capabilities = now
            self._use(now, painter_for(now, image_id=self._image_id))
