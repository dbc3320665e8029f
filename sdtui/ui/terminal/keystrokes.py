"""Whether the user is typing: large pictures wait for a pause, so that no key's echo waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PAUSE_S = 0.2
"""Seconds without a key after which nobody is typing."""


class Keystrokes:
    """`note` is told of every key; `pause` waits until there was none for a while. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] | None = None, pause_s: float = PAUSE_S) -> None:
        self._clock = clock
        self._pause_s = pause_s
        self._last: float | None = None

    def note(self) -> None:
        """A key was pressed."""
        self._last = self._now()

    @property
    def any(self) -> bool:
        """There was one."""
        return self._last is not None

    @property
    def left_s(self) -> float:
        """Seconds until there is a pause, if no key comes; 0 when there is one."""
        return 0.0 if self._last is None else max(0.0, self._last + self._pause_s - self._now())

    async def pause(self) -> None:
        """Return at the next pause."""
        while (left := self.left_s) > 0:
            await asyncio.sleep(left)

    def _now(self) -> float:
        return self._clock() if self._clock is not None else asyncio.get_running_loop().time()
