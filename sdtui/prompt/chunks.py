"""Chunks of 75 tokens, as the text encoder takes them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from sdtui.prompt.emphasis import Run

CHUNK_TOKENS = 75
COMMA_BACKTRACK = 20


class Tokenizer(Protocol):
    """Turns text into token numbers; one for each text encoder."""

    def ids(self, text: str) -> list[int]:
        """The text's tokens, without those of start and end."""
        ...


class Chunk(NamedTuple):
    """At most 75 tokens and the weight of each; the encoder adds start, end and padding."""

    ids: tuple[int, ...]
    weights: tuple[float, ...]


class Count(NamedTuple):
    """Tokens in use, with the padding of every chunk that is finished, and how many fit into those chunks."""

    used: int
    limit: int


def chunk(runs: Iterable[Run], tokenizer: Tokenizer, comma_backtrack: int = COMMA_BACKTRACK) -> tuple[Chunk, ...]:
    """The runs in chunks, at least one, which may be empty; a break ends its chunk.

    When a chunk is full, the next token is no comma and the last comma is at most `comma_backtrack` (0..74, 0: off)
    tokens back, all after that comma moves to the next chunk (as A1111).
    """
    return _fill(runs, tokenizer, comma_backtrack).chunks()


def count(runs: Iterable[Run], tokenizer: Tokenizer, comma_backtrack: int = COMMA_BACKTRACK) -> Count:
    """The tokens of the runs as the counter shows them."""
    used = _fill(runs, tokenizer, comma_backtrack).used
    return Count(used, CHUNK_TOKENS * max(1, math.ceil(used / CHUNK_TOKENS)))


def _fill(runs: Iterable[Run], tokenizer: Tokenizer, comma_backtrack: int) -> _Filler:
    filler = _Filler(tokenizer.ids(","), comma_backtrack)
    for run in runs:
        if run.is_break:
            filler.finish()
            continue
        for token in tokenizer.ids(run.text):
            filler.add(token, run.weight)
    return filler


class _Filler:
    """Fills one chunk after another."""

    def __init__(self, comma: list[int], backtrack: int) -> None:
        self._comma = comma[0] if len(comma) == 1 else -1
        self._backtrack = backtrack
        self._chunks: list[Chunk] = []
        self._ids: list[int] = []
        self._weights: list[float] = []
        self._last_comma = -1

    @property
    def used(self) -> int:
        """Tokens and padding so far."""
        return CHUNK_TOKENS * len(self._chunks) + len(self._ids)

    def add(self, token: int, weight: float) -> None:
        """One more token."""
        full = len(self._ids) == CHUNK_TOKENS
        if full and token != self._comma and self._comma_near():
            cut = self._last_comma + 1
            ids, weights = self._ids[cut:], self._weights[cut:]
            del self._ids[cut:], self._weights[cut:]
            self.finish()
            self._ids, self._weights = ids, weights
        elif full:
            self.finish()
        if token == self._comma:
            self._last_comma = len(self._ids)
        self._ids.append(token)
        self._weights.append(weight)

    def _comma_near(self) -> bool:
        return self._last_comma >= 0 and CHUNK_TOKENS - self._last_comma <= self._backtrack

    def finish(self) -> None:
        """End the chunk, even an empty one."""
        self._chunks.append(Chunk(tuple(self._ids), tuple(self._weights)))
        self._ids, self._weights, self._last_comma = [], [], -1

    def chunks(self) -> tuple[Chunk, ...]:
        """All chunks; the last is left out when it is empty and not the only one."""
        if self._ids or not self._chunks:
            self.finish()
        return tuple(self._chunks)
