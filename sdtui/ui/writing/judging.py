"""Judges texts beside the event loop: the vocabulary takes a tenth of a second to load, a long prompt some milliseconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sdtui.prompt.tokens import ClipTokenizer
from sdtui.ui.writing.reading import Reading, Surroundings
from sdtui.ui.writing.understanding import Judged, judge

SHORT = 1500
PAUSE_S = 0.15
"""So long a longer text is left alone after a change before it is judged: a thread that computes takes time from the keys."""


class Judging:
    """Judges the newest text only."""

    def __init__(self, tokenizer: ClipTokenizer, on_judged: Callable[[Judged], None]) -> None:
        self._tokenizer = tokenizer
        self._on_judged = on_judged
        self._wanted: tuple[str, Reading, Surroundings] | None = None
        self._new = asyncio.Event()

    def want(self, text: str, reading: Reading, around: Surroundings) -> None:
        """Judge this text."""
        if (text, reading, around) != self._wanted:
            self._wanted = (text, reading, around)
            self._new.set()

    async def work(self) -> None:
        """Judge what is wanted, until cancelled."""
        while True:
            await self._new.wait()
            while self._wanted is not None and len(self._wanted[0]) > SHORT and self._new.is_set():
                self._new.clear()
                await asyncio.sleep(PAUSE_S)
            self._new.clear()
            if self._wanted is not None:
                self._on_judged(await asyncio.to_thread(judge, *self._wanted, self._tokenizer))
