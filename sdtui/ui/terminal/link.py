"""What the studio knows of its terminal: half blocks at once, something better when the terminal has answered."""

from __future__ import annotations

import asyncio
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
from sdtui.ui.terminal.keystrokes import Keystrokes
from sdtui.ui.terminal.writes import ScreenWrites

Use = Callable[[Capabilities, Painter], None]

IDS_A_PLACE = 2
"""Numbers of pictures that a painter takes for itself."""
LATE_S = 1.0
"""So long after the last answer one more may come that is the better one: the terminal around tmux answers after tmux."""
WITHOUT_PICTURES = frozenset({"half", "ascii"})


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
    """Asks the terminal, and hands each place on the screen a painter whenever another one is the right one."""

    def __init__(
        self,
        write: Callable[[bytes], None],
        choice: str,
        *,
        environment: Mapping[str, str] = os.environ,
        window: Callable[[], WindowSize] = window_size,
        keystrokes: Keystrokes | None = None,
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        self.writes = ScreenWrites(write)
        self.write = write
        self.keystrokes = keystrokes or Keystrokes()
        self.environment = environment
        self._choice: ProtocolChoice = choice if choice in PROTOCOL_CHOICES else "auto"
        self._window = window
        self._first_id = random.randrange(1, 1 << 23)
        self._places: dict[int, Use] = {}
        self._reports = 0
        self._forget = forget
        self._settling: asyncio.TimerHandle | None = None
        self._capabilities = self._decided(Replies())

    @property
    def capabilities(self) -> Capabilities:
        """What is known so far."""
        return self._capabilities

    def serve(self, use: Use) -> Callable[[], None]:
        """Hand this place its painters, the first one at once; what is returned ends that."""
        number = next(number for number in range(len(self._places) + 1) if number not in self._places)
        self._places[number] = use
        self._hand(number, use)

        def end() -> None:
            self._places.pop(number, None)

        return end

    def ask(self) -> None:
        """Ask the terminal what it is and how large its cells are: it may be another one than before."""
        asked = queries(self.environment)
        if asked:
            self._forget()
            self.write(asked)

    def replied(self, replies: Replies, status_reports: int) -> None:
        """The terminal answered: to a question of ours, or for what was written before."""
        if status_reports != self._reports:
            self._reports = status_reports
            self.writes.answered()
        if not replies.complete:
            return
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None
        now = self._decided(replies)
        if now.protocol in WITHOUT_PICTURES and self._capabilities.protocol not in WITHOUT_PICTURES:
            self._settling = asyncio.get_running_loop().call_later(LATE_S, self._settle, now)
        else:
            self._settle(now)

    def _settle(self, now: Capabilities) -> None:
        if now != self._capabilities:
            self._capabilities = now
            for number, use in self._places.items():
                self._hand(number, use)

    def _hand(self, number: int, use: Use) -> None:
        use(self._capabilities, painter_for(self._capabilities, image_id=self._first_id + number * IDS_A_PLACE))

    def _decided(self, replies: Replies) -> Capabilities:
        size = self._window()
        return decide(replies, self.environment, choice=self._choice, screen=size.cells, window_px=size.px)
