"""Emphasis: brackets and weights of one text, read with two independent stacks as A1111 reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Literal, NamedTuple

from sdtui.prompt.nodes import DEFAULT_FACTOR, MAX_DEPTH, Shape, clamp

Fault = Literal["", "stray", "number", "deep"]

_BREAK = re.compile(r"\bBREAK\b")
_SPACE = re.compile(r"\s*")
_TOKEN = re.compile(
    r"(?P<text>[^\\()\[\]:]+)"
    r"|\\(?P<escape>[()\[\]\\]?)"
    r"|(?P<open>[(\[])"
    r"|:\s*(?P<weight>[-+]?[.\d]+)\s*\)"
    r"|(?P<close>[)\]])"
    r"|(?P<colon>:)"
)
_SHAPE: dict[str, Shape] = {"(": "round", ")": "round", "[": "square", "]": "square"}


class Run(NamedTuple):
    """Neighbouring text of one weight; a break has `is_break` set and the word itself as its text."""

    text: str
    weight: float
    is_break: bool = False


EMPTY = (Run("", 1.0),)
BREAK = Run("BREAK", 1.0, is_break=True)


class Piece(NamedTuple):
    """What the scanner saw from `start` to `end`; `value` is the text it gives, `fault` why a mark counts as text."""

    kind: Literal["text", "escape", "open", "close", "break"]
    start: int
    end: int
    value: str = ""
    shape: Shape = "round"
    weight: float | None = None
    fault: Fault = ""


class Scanner:
    """Reads texts one after another; the brackets that one leaves open are open in the next."""

    def __init__(self, depth: int = 0) -> None:
        self._open: dict[Shape, int] = {"round": 0, "square": 0}
        self._buried: dict[Shape, int] = {"round": 0, "square": 0}
        self._depth = depth

    @property
    def depth(self) -> int:
        """How many brackets are open."""
        return self._depth

    def scan(self, text: str, start: int, end: int) -> Iterator[Piece]:
        """The pieces of the text between two places; together they cover it."""
        for match in _TOKEN.finditer(text, start, end):
            kind = match.lastgroup
            if kind == "text":
                yield from _words(text, match.start(), match.end())
            elif kind == "open":
                yield self._opened(match)
            elif kind == "close":
                yield self._closed(match.start(), match.end(), match[0], None)
            elif kind == "weight":
                yield from self._weighted(match)
            else:
                yield Piece("escape" if kind == "escape" else "text", match.start(), match.end(), match[kind or 0])

    def _opened(self, match: re.Match[str]) -> Piece:
        shape = _SHAPE[match[0]]
        if self._depth >= MAX_DEPTH:
            self._buried[shape] += 1
            return Piece("text", match.start(), match.end(), match[0], fault="deep")
        self._depth += 1
        self._open[shape] += 1
        return Piece("open", match.start(), match.end(), match[0], shape)

    def _closed(self, start: int, end: int, mark: str, weight: float | None) -> Piece:
        shape = _SHAPE[mark[-1]]
        if self._buried[shape]:
            self._buried[shape] -= 1
            return Piece("text", start, end, mark, fault="deep")
        if not self._open[shape]:
            return Piece("text", start, end, mark, fault="stray")
        self._depth -= 1
        self._open[shape] -= 1
        return Piece("close", start, end, mark, shape, weight)

    def _weighted(self, match: re.Match[str]) -> Iterator[Piece]:
        try:
            weight = clamp(float(match["weight"]))
        except ValueError:
            yield Piece("text", match.start(), match.end() - 1, match[0][:-1], fault="number")
            yield self._closed(match.end() - 1, match.end(), ")", None)
            return
        yield self._closed(match.start(), match.end(), match[0], weight)


def _words(text: str, start: int, end: int) -> Iterator[Piece]:
    """Text parted by BREAK; the white space around the word goes with it."""
    if text.find("BREAK", start, end) < 0:
        yield Piece("text", start, end, text[start:end])
        return
    words = text[start:end]
    done = 0
    for match in _BREAK.finditer(words):
        before = words[done : match.start()].rstrip()
        if before:
            yield Piece("text", start + done, start + done + len(before), before)
        space = _SPACE.match(words, match.end())
        after = space.end() if space else match.end()
        yield Piece("break", start + done + len(before), start + after)
        done = after
    if done < len(words):
        yield Piece("text", start + done, end, words[done:])


def runs(text: str) -> tuple[Run, ...]:
    """The text's runs: at least one, neighbours of equal weight merged, breaks between them.

    A closing mark multiplies all that stands since its opening one, inner before outer, so that the numbers are A1111's.
    """
    texts: list[list[str]] = []
    weights: list[float] = []
    opened: dict[Shape, list[int]] = {"round": [], "square": []}
    fresh = True
    for piece in Scanner().scan(text, 0, len(text)):
        if piece.kind in {"text", "escape"}:
            if fresh:
                texts.append([])
                weights.append(1.0)
                fresh = False
            texts[-1].append(piece.value)
            continue
        fresh = True
        if piece.kind == "open":
            opened[piece.shape].append(len(texts))
        elif piece.kind == "close":
            factor = DEFAULT_FACTOR[piece.shape] if piece.weight is None else piece.weight
            _multiply(weights, opened[piece.shape].pop(), factor)
        else:
            texts.append([])
            weights.append(math.nan)
    for shape, starts in opened.items():
        for start in starts:
            _multiply(weights, start, DEFAULT_FACTOR[shape])
    return _merged(["".join(words) for words in texts], weights)


def _multiply(weights: list[float], start: int, factor: float) -> None:
    weights[start:] = [weight * factor for weight in weights[start:]]


def _merged(texts: list[str], weights: list[float]) -> tuple[Run, ...]:
    """Runs of equal weight become one, empty ones vanish; a weight that is no number marks a break."""
    merged: list[Run] = []
    clamped = (weight if math.isnan(weight) else clamp(weight) for weight in weights)
    pairs = [pair for pair in zip(clamped, texts, strict=True) if pair[1] or math.isnan(pair[0])]
    for weight, group in groupby(pairs, key=itemgetter(0)):
        if math.isnan(weight):
            merged.extend(BREAK for _ in group)
        else:
            merged.append(Run("".join(words for _, words in group), weight))
    return tuple(merged) or EMPTY
