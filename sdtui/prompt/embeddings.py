"""Embeddings as words: where a text names one, by its bare file name, whatever its case.

Editor, counter and engine find them with the same `Embeddings`. A name counts where it is a word of its own: no letter, digit
or underscore stands next to its first and last one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol

from sdtui.prompt.nodes import Alternation, AnyNode, Escape, Prompt, Schedule, Text

_ATOM = re.compile(r"\w+|[^\w\s]")
CLOSE_ENOUGH = 0.85
LONG_ENOUGH = 6
LIKE_END = 4
MOST_ASKED = 10_000
_SPACE = re.compile(r"\\?\s+")


class Mention(NamedTuple):
    """Characters that name an embedding, which takes the place of `vectors` tokens."""

    start: int
    end: int
    name: str
    vectors: int


class Embeddings(Protocol):
    """Finds the embeddings that a text names."""

    def find(self, text: str) -> Sequence[Mention]:
        """Every mention, in order; where several names begin the longest counts (as A1111)."""
        ...

    def nearest(self, word: str) -> str:
        """The name that somebody who wrote this word may have meant, "" without one."""
        ...


class ListedEmbeddings:
    """Embeddings by name with the number of their vectors (1 or more)."""

    def __init__(self, vectors: Mapping[str, int]) -> None:
        self._vectors = dict(vectors)
        self._by_atom: dict[str, list[str]] | None = None
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._by_end: dict[str, list[str]] | None = None
        self._asked: dict[str, str] = {}

    def find(self, text: str) -> Sequence[Mention]:
        """Every mention, in order."""
        if not self._vectors:
            return ()
        by_atom = self._index()
        # most texts name none, and this is much quicker than looking at every word
        if by_atom.keys().isdisjoint(_ATOM.findall(text.casefold())):
            return ()
        found: list[Mention] = []
        done = 0
        for atom in _ATOM.finditer(text):
            if atom.start() < done:
                continue
            for name in by_atom.get(atom[0].casefold(), ()):
                match = self._pattern(name).match(text, atom.start())
                if match:
                    done = match.end()
                    found.append(Mention(match.start(), done, name, self._vectors[name]))
                    break
        return found

    def nearest(self, word: str) -> str:
        """A name that is spelled nearly so and begins or ends alike; not one that goes on, which may be typed just now."""
        folded = word.casefold()
        if len(folded) < LONG_ENOUGH:
            return ""
        if folded not in self._asked:
            if len(self._asked) > MOST_ASKED:
                self._asked.clear()
            self._asked[folded] = self._like(folded)
        return self._asked[folded]

    def _like(self, word: str) -> str:
        from difflib import get_close_matches

        ends = self._ends()
        names = {
            name.casefold(): name
            for end in ("^" + word[:LIKE_END], word[-LIKE_END:] + "$")
            for name in ends.get(end, ())
            if not (name.casefold().startswith(word) or word.startswith(name.casefold()))
        }
        near = get_close_matches(word, names, 1, CLOSE_ENOUGH) if names else []
        return names[near[0]] if near else ""

    def _ends(self) -> dict[str, list[str]]:
        """The names by their first and their last letters."""
        if self._by_end is None:
            self._by_end = {}
            for name in self._vectors:
                folded = name.casefold()
                if len(folded) >= LONG_ENOUGH:
                    self._by_end.setdefault("^" + folded[:LIKE_END], []).append(name)
                    self._by_end.setdefault(folded[-LIKE_END:] + "$", []).append(name)
        return self._by_end

    def _pattern(self, name: str) -> re.Pattern[str]:
        """Made when a text has the name's first word: compiling one for each of ten thousand takes a second."""
        if name not in self._patterns:
            pattern = _SPACE.sub(r"\\s+", re.escape(name)) + (r"(?!\w)" if re.match(r"\w", name[-1]) else "")
            self._patterns[name] = re.compile(pattern, re.IGNORECASE)
        return self._patterns[name]

    def _index(self) -> dict[str, list[str]]:
        """The names by their first atom, the longest first."""
        if self._by_atom is None:
            self._by_atom = {}
            for name in sorted(self._vectors, key=len, reverse=True):
                head = _ATOM.search(name)
                if head and head.start() == 0:
                    self._by_atom.setdefault(head[0].casefold(), []).append(name)
        return self._by_atom


def mentions(prompt: Prompt, embeddings: Embeddings) -> tuple[Mention, ...]:
    """The embeddings that a prompt names in any of its branches, at their places in its text."""
    if "\\" not in prompt.text and not embeddings.find(prompt.raw(0, len(prompt.text))):
        return ()
    return tuple(found for clause in prompt.clauses for found in _mentions(prompt, clause.nodes, embeddings))


def _mentions(prompt: Prompt, nodes: tuple[AnyNode, ...], embeddings: Embeddings) -> Iterator[Mention]:
    for is_words, group in groupby(nodes, key=lambda node: isinstance(node, Text | Escape)):
        if is_words:
            yield from _in_words(prompt, [node for node in group if isinstance(node, Text | Escape)], embeddings)
            continue
        for node in group:
            match node:
                case Schedule():
                    yield from _mentions(prompt, node.before, embeddings)
                    yield from _mentions(prompt, node.after, embeddings)
                case Alternation():
                    for option in node.options:
                        yield from _mentions(prompt, option, embeddings)
                case _:
                    pass


def _in_words(prompt: Prompt, words: list[Text | Escape], embeddings: Embeddings) -> Iterator[Mention]:
    found = embeddings.find("".join([node.value for node in words]))
    if not found:
        return
    places = [place for node in words for place in _places(prompt, node)]
    for start, end, name, vectors in found:
        yield Mention(places[start], places[end - 1] + 1, name, vectors)


def _places(prompt: Prompt, node: Text | Escape) -> Iterator[int]:
    """Where each character of a node's value stands."""
    start = node.end - len(node.value) if isinstance(node, Escape) else node.start
    for tag in prompt.tags_between(start, node.end):
        yield from range(start, tag.start)
        start = tag.end
    yield from range(start, node.end)
