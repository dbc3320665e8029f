"""Where in a prompt a new chunk of 75 tokens begins."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple, Protocol

from sdtui.prompt.active import said_at
from sdtui.prompt.chunks import COMMA_BACKTRACK, Tokenizer, chunk, parted
from sdtui.prompt.embeddings import Embeddings
from sdtui.prompt.emphasis import Placed, Run, placed_runs
from sdtui.prompt.nodes import Clause, Prompt
from sdtui.prompt.timeline import Clock, clock_of
from sdtui.prompt.tokens import Token


class PlacingTokenizer(Tokenizer, Protocol):
    """A tokenizer that knows where in the text each token stands."""

    def tokens(self, text: str) -> list[Token]:
        """The text's tokens with their places in the text."""
        ...


def borders(
    prompt: Prompt,
    tokenizer: PlacingTokenizer,
    *,
    steps: int = 1,
    comma_backtrack: int = COMMA_BACKTRACK,
    embeddings: Embeddings | None = None,
) -> tuple[int, ...]:
    """The places of the characters that begin the second and every later chunk, clause by clause, in the text of step 1.

    A chunk without tokens (BREAK BREAK) has no place.
    """
    found: list[int] = []
    tokenizer = _Once(tokenizer)
    for clause in prompt.clauses:
        spoken = speak(prompt, clause, clock_of(steps), 1)
        placed = placed_runs(spoken.text) if prompt.marked else (Placed(Run(spoken.text, 1.0), (0,), (0,)),)
        chunks = chunk((each.run for each in placed), tokenizer, comma_backtrack, embeddings)
        if len(chunks) > 1:
            places = [spoken.place(place) for each in placed for place in _token_places(each, tokenizer, embeddings)]
            firsts = accumulate((len(each.ids) for each in chunks), initial=0)
            found += [places[first] for first, each in zip(firsts, chunks, strict=False) if first and each.ids]
    return tuple(found)


class _Once:
    """A tokenizer that reads each text once, for its numbers and for their places."""

    def __init__(self, tokenizer: PlacingTokenizer) -> None:
        self._tokenizer = tokenizer
        self._read: dict[str, list[Token]] = {}

    def tokens(self, text: str) -> list[Token]:
        """The text's tokens with their places in the text."""
        if text not in self._read:
            self._read[text] = self._tokenizer.tokens(text)
        return self._read[text]

    def ids(self, text: str) -> list[int]:
        """The text's tokens, without those of start and end."""
        return [token.id for token in self.tokens(text)]


def _token_places(placed: Placed, tokenizer: PlacingTokenizer, embeddings: Embeddings | None) -> Iterator[int]:
    """Where each token of a run begins; all vectors of an embedding begin at its name."""
    if placed.run.is_break:
        return
    for start, words, mention in parted(placed.run.text, embeddings):
        if mention:
            yield from [placed.place(start)] * mention.vectors
        else:
            yield from (placed.place(start + token.start) for token in tokenizer.tokens(words))


class Spoken(NamedTuple):
    """A clause's text at a step, and where it stands: from each `offset` in it on, characters follow from `place` in the prompt."""

    text: str
    offsets: tuple[int, ...]
    places: tuple[int, ...]

    def place(self, offset: int) -> int:
        """Where in the prompt the character at `offset` stands."""
        piece = bisect_right(self.offsets, offset) - 1
        return self.places[piece] + offset - self.offsets[piece]


def speak(prompt: Prompt, clause: Clause, clock: Clock, step: int) -> Spoken:
    """The words of a clause at a step."""
    stretches = said_at(prompt, clause, clock, step) or ((clause.start, clause.start),)
    offsets = accumulate((end - start for start, end in stretches[:-1]), initial=0)
    text = "".join([prompt.text[start:end] for start, end in stretches])
    return Spoken(text, tuple(offsets), tuple(start for start, _ in stretches))
