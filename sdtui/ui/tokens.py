"""Counts tokens beside the event loop: the vocabulary takes a tenth of a second to load, a long prompt some milliseconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sdtui.prompt.chunks import Count, count
from sdtui.prompt.parser import parse, plain
from sdtui.prompt.timeline import timeline
from sdtui.prompt.tokens import ClipTokenizer
from sdtui.ui.reading import Reading


class TokenCounter:
    """Counts the newest text only."""

    def __init__(self, tokenizer: ClipTokenizer, on_count: Callable[[Count], None]) -> None:
        self._tokenizer = tokenizer
        self._on_count = on_count
        self._wanted: tuple[str, Reading] | None = None
        self._new = asyncio.Event()

    def want(self, text: str, reading: Reading) -> None:
        """Count this text."""
        if (text, reading) != self._wanted:
            self._wanted = (text, reading)
            self._new.set()

    async def work(self) -> None:
        """Count what is wanted, until cancelled."""
        while True:
            await self._new.wait()
            self._new.clear()
            if self._wanted is not None:
                self._on_count(await asyncio.to_thread(count_tokens, *self._wanted, self._tokenizer))


def count_tokens(text: str, reading: Reading, tokenizer: ClipTokenizer) -> Count:
    """The tokens of a prompt's longest part at its first step."""
    read = parse if reading.marked else plain
    parts = timeline(read(text, negative=reading.negative), 1)
    return max((count(part.schedule[0].runs, tokenizer) for part in parts), key=lambda counted: counted.used)
