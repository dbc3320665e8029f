"""Writes past Textual, in order with its own: at most one on its way, the next when the terminal has answered for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from textual.geometry import Offset

from sdtui.terminal.probe import STATUS_QUERY

PATIENCE_S = 2.0
MUTE_PAUSE_S = 0.02

Hold = Callable[[], Awaitable[None]]
"""Returns when writing may go on."""


def at_cell(cell: Offset, write: bytes) -> bytes:
    """The write with the cursor on a cell, and the cursor back where it was."""
    return b"\x1b7\x1b[%d;%dH" % (cell.y + 1, cell.x + 1) + write + b"\x1b8"


class ScreenWrites:
    """`send` writes one painting after another; `answered` is to be called for each answer to STATUS_QUERY."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._answer = asyncio.Event()
        self._mute = False
        self._turn = asyncio.Lock()
        self._after: list[bytes] = []

    def answered(self) -> None:
        """The terminal has come as far as the last write."""
        self._mute = False
        self._answer.set()

    def send_now(self, writes: Sequence[bytes]) -> None:
        """Write a few bytes without waiting for an answer; a painting that is on its way comes first, or what is left of it."""
        if self._turn.locked():
            self._after += writes
            return
        for write in writes:
            self._write(write)

    async def send(self, writes: Sequence[bytes], cell: Offset | None, hold: Hold | None = None) -> None:
        """Write all of these, each when the one before was drawn, with the cursor on a cell if one is given.

        `hold` is waited for between two of them. A terminal that does not answer is written to at a pace of its own.
        """
        async with self._turn:
            try:
                for number, write in enumerate(writes):
                    if hold is not None and number:
                        await hold()
                    await self._send_one(write if cell is None else at_cell(cell, write))
            finally:
                after, self._after = self._after, []
                for write in after:
                    self._write(write)

    async def _send_one(self, write: bytes) -> None:
        self._answer.clear()
        self._write(write + STATUS_QUERY)
        if self._mute:
            await asyncio.sleep(MUTE_PAUSE_S)
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._answer.wait()
        except TimeoutError:
            self._mute = True
