"""Chunks of 75 tokens, as the text encoder takes them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from sdtui.prompt.embeddings import Embeddings, Mention
from sdtui.prompt.emphasis import Run

CHUNK_TOKENS = 75
COMMA_BACKTRACK = 20


class Tokenizer(Protocol):
    """Turns text into token numbers; one for each text encoder."""

    def ids(self, text: str) -> list[int]:
        """The text's tokens, without those of start and end."""
        ...


class Spliced(NamedTuple):
    """An embedding in a chunk: its vectors take the place of the `vectors` tokens (id 0) from `offset` on."""

    offset: int
    name: str
    vectors: int


class Chunk(NamedTuple):
    """At most 75 tokens and the weight of each; the encoder adds start, end and padding."""

    ids: tuple[int, ...]
    weights: tuple[float, ...]
    spliced: tuple[Spliced, ...] = ()


class Count(NamedTuple):
    """Tokens in use, with the padding of every chunk that is finished, and how many fit into those chunks."""

    used: int
    limit: int


def chunk(
    runs: Iterable[Run],
    tokenizer: Tokenizer,
    comma_backtrack: int = COMMA_BACKTRACK,
    embeddings: Embeddings | None = None,
) -> tuple[Chunk, ...]:
    """The runs in chunks, at least one, which may be empty; a break ends its chunk.

    When a chunk is full, the next token is no comma and the last comma is at most `comma_backtrack` (0..74, 0: off)
    tokens back, all after that comma moves to the next chunk (as A1111). An embedding is never split; of one that has more
    than 75 vectors the first 75 count.
    """
    return _fill(runs, tokenizer, comma_backtrack, embeddings).chunks()


def count(
    runs: Iterable[Run],
    tokenizer: Tokenizer,
    comma_backtrack: int = COMMA_BACKTRACK,
    embeddings: Embeddings | None = None,
) -> Count:
    """The tokens of the runs as the counter shows them."""
    used = _fill(runs, tokenizer, comma_backtrack, embeddings).used
    return Count(used, CHUNK_TOKENS * max(1, math.ceil(used / CHUNK_TOKENS)))


def parted(text: str, embeddings: Embeddings | None) -> Iterator[tuple[int, str, Mention | None]]:
    """A run's text as the tokenizer gets it, with the place of each piece: words, and the embeddings between them."""
    done = 0
    for mention in embeddings.find(text) if embeddings else ():
        if done < mention.start:
            yield done, text[done : mention.start], None
        done = mention.end
        yield mention.start, text[mention.start : done], mention._replace(vectors=min(mention.vectors, CHUNK_TOKENS))
    if done < len(text):
        yield done, text[done:], None


def _fill(runs: Iterable[Run], tokenizer: Tokenizer, comma_backtrack: int, embeddings: Embeddings | None) -> _Filler:
    filler = _Filler(tokenizer.ids(","), comma_backtrack)
    for run in runs:
        if run.is_break:
            filler.finish()
            continue
        for _, words, mention in parted(run.text, embeddings):
            if mention:
                filler.splice(mention, run.weight)
                continue
            for token in tokenizer.ids(words):
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
        self._spliced: list[Spliced] = []
        self._last_comma = -1

    @property
    def used(self) -> int:
        """Tokens and padding so far."""
        return CHUNK_TOKENS * len(self._chunks) + len(self._ids)

    def add(self, token: int, weight: float) -> None:
        """One more token."""
        if len(self._ids) == CHUNK_TOKENS:
            self._begin(move=token != self._comma)
        if token == self._comma:
            self._last_comma = len(self._ids)
        self._ids.append(token)
        self._weights.append(weight)

    def splice(self, mention: Mention, weight: float) -> None:
        """An embedding, all in one chunk."""
        if len(self._ids) == CHUNK_TOKENS:
            self._begin(move=True)
        if len(self._ids) + mention.vectors > CHUNK_TOKENS:
            self.finish()
        self._spliced.append(Spliced(len(self._ids), mention.name, mention.vectors))
        self._ids += [0] * mention.vectors
        self._weights += [weight] * mention.vectors

    def _begin(self, *, move: bool) -> None:
        """End a full chunk; what follows a near comma moves to the next."""
        near = self._last_comma >= 0 and CHUNK_TOKENS - self._last_comma <= self._backtrack
        if not (near and move):
            self.finish()
            return
        cut = self._last_comma + 1
        ids, weights = self._ids[cut:], self._weights[cut:]
        spliced = [each._replace(offset=each.offset - cut) for each in self._spliced if each.offset >= cut]
        del self._ids[cut:], self._weights[cut:], self._spliced[len(self._spliced) - len(spliced) :]
        self.finish()
        self._ids, self._weights, self._spliced = ids, weights, spliced

    def finish(self) -> None:
        """End the chunk, even an empty one."""
        self._chunks.append(Chunk(tuple(self._ids), tuple(self._weights), tuple(self._spliced)))
        self._ids, self._weights, self._spliced, self._last_comma = [], [], [], -1

    def chunks(self) -> tuple[Chunk, ...]:
        """All chunks; the last is left out when it is empty and not the only one."""
        if self._ids or not self._chunks:
            self.finish()
        return tuple(self._chunks)
