"""Emphasis: the brackets and weights of one text, read with two independent stacks as A1111 reads them."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, groupby
from operator import itemgetter
from typing import Literal, NamedTuple

from sdtui.prompt.nodes import DEFAULT_FACTOR, MAX_DEPTH, AnyNode, Break, Close, Escape, Open, Shape, Text, clamp

Fault = Literal["stray", "number", "deep"]

_BREAK = re.compile(r"\bBREAK\b")
_SPACE = re.compile(r"\s*")
_TOKEN = re.compile(
    r"(?:[^\\()\[\]:]+|:(?!\s*[-+]?[.\d]+\s*\)))+"  # words, with colons that begin no weight
    r"|:\s*[-+]?[.\d]+\s*\)"
    r"|\\[()\[\]\\]?"
    r"|[()\[\]]"
)
_MARK = re.compile(r"[\\()\[\]]|BREAK")
_SHAPE: dict[str, Shape] = {"(": "round", ")": "round", "[": "square", "]": "square"}


class Run(NamedTuple):
    """Neighbouring text of one weight; a break has `is_break` set and the word itself as its text."""

    text: str
    weight: float
    is_break: bool = False


EMPTY = (Run("", 1.0),)
BREAK = Run("BREAK", 1.0, is_break=True)


class Oddity(NamedTuple):
    """A mark that counts as text, and why."""

    start: int
    end: int
    mark: str
    fault: Fault


def is_plain(text: str, start: int, end: int) -> bool:
    """Nothing between the two places but words."""
    return _MARK.search(text, start, end) is None


class Reader:
    """Reads stretches of a text one after another; the brackets that one leaves open are open in the next.

    `depth` brackets are open already around it; `oddities` collects the marks that count as text.
    """

    def __init__(self, depth: int = 0) -> None:
        self.depth = depth
        self.oddities: list[Oddity] = []
        self.open: dict[Shape, list[int]] = {"round": [], "square": []}
        self._buried: dict[Shape, int] = {"round": 0, "square": 0}
        self._nodes: list[AnyNode] = []
        self._words: list[str] = []
        self._words_start = 0

    def read(self, text: str, start: int, end: int) -> None:
        """Add the nodes of what stands between two places of the text."""
        for token in _TOKEN.findall(text, start, end):
            head = token[0]
            if head in "([":
                self._open(token, start)
            elif head in ")]":
                self._close(token, start, None)
            elif head == "\\":
                self.add(Escape(start, start + len(token), token[1:]), start)
            elif head == ":" and token[-1] == ")":
                self._weigh(token, start)
            elif "BREAK" in token:
                self._break(token, start)
            else:
                self.say(token, start)
            start += len(token)

    def say(self, words: str, start: int) -> None:
        """Add words; neighbouring ones become one node."""
        if not self._words:
            self._words_start = start
        self._words.append(words)

    def add(self, node: AnyNode, start: int) -> None:
        """Add a node that begins at `start`."""
        if self._words:
            self._nodes.append(Text(self._words_start, start, "".join(self._words)))
            self._words.clear()
        self._nodes.append(node)

    def finish(self, end: int) -> list[AnyNode]:
        """The nodes, once everything up to `end` was read; `open` holds the places of those that were never closed."""
        if self._words:
            self._nodes.append(Text(self._words_start, end, "".join(self._words)))
            self._words.clear()
        return self._nodes

    def _open(self, mark: str, start: int) -> None:
        shape = _SHAPE[mark]
        if self.depth >= MAX_DEPTH:
            self._buried[shape] += 1
            self._odd(mark, start, "deep")
            return
        self.depth += 1
        self.add(Open(start, start + 1, shape, DEFAULT_FACTOR[shape]), start)
        self.open[shape].append(len(self._nodes) - 1)

    def _close(self, mark: str, start: int, weight: float | None) -> None:
        shape = _SHAPE[mark[-1]]
        if self._buried[shape]:
            self._buried[shape] -= 1
            self._odd(mark, start, "deep")
        elif not self.open[shape]:
            self._odd(mark, start, "stray")
        else:
            self.depth -= 1
            place = self.open[shape].pop()
            opened = self._nodes[place].start
            factor = DEFAULT_FACTOR[shape] if weight is None else weight
            self._nodes[place] = Open(opened, opened + 1, shape, factor, start)
            self.add(Close(start, start + len(mark), shape, opened, weight), start)

    def _weigh(self, mark: str, start: int) -> None:
        try:
            weight = clamp(float(mark[1:-1]))
        except ValueError:
            self._odd(mark[:-1], start, "number")
            self._close(")", start + len(mark) - 1, None)
        else:
            self._close(mark, start, weight)

    def _odd(self, mark: str, start: int, fault: Fault) -> None:
        last = self.oddities[-1] if self.oddities else None
        if fault == "deep" and last and last.fault == "deep" and last.end == start:
            self.oddities[-1] = Oddity(last.start, start + len(mark), last.mark, "deep")
        else:
            self.oddities.append(Oddity(start, start + len(mark), mark, fault))
        self.say(mark, start)

    def _break(self, words: str, start: int) -> None:
        """Words parted by BREAK; the white space around it goes with it."""
        done = 0
        for match in _BREAK.finditer(words):
            before = words[done : match.start()].rstrip()
            if before:
                self.say(before, start + done)
            space = _SPACE.match(words, match.end())
            begin, done = start + done + len(before), space.end() if space else match.end()
            self.add(Break(begin, start + done), begin)
        if done < len(words):
            self.say(words[done:], start + done)


class Placed(NamedTuple):
    """A run and where its characters stand: from each `offset` in its text on they follow each other from `place` in the text."""

    run: Run
    offsets: tuple[int, ...]
    places: tuple[int, ...]

    def place(self, offset: int) -> int:
        """Where in the text the character at `offset` of the run's text stands; a break's is where the text goes on."""
        piece = bisect_right(self.offsets, offset) - 1
        return self.places[piece] + offset - self.offsets[piece]


def runs(text: str, *, inner_replaces: bool = False) -> tuple[Run, ...]:
    """The text's runs: at least one, neighbours of equal weight merged, breaks between them.

    A closing mark multiplies all that stands since its opening one, inner before outer, so that the numbers are A1111's.
    With `inner_replaces` an explicit weight is final for what it holds (as ComfyUI).
    """
    said, weights = _weighed(text, inner_replaces)
    merged: list[Run] = []
    for weight, group in _groups(said, weights):
        if math.isnan(weight):
            merged.extend(BREAK for _ in group)
        else:
            merged.append(Run("".join([node.value for node in group]), weight))
    return tuple(merged) or EMPTY


def placed_runs(text: str, *, inner_replaces: bool = False) -> tuple[Placed, ...]:
    """The text's runs as `runs` reads them, with their places; none for a text without words."""
    said, weights = _weighed(text, inner_replaces)
    placed: list[Placed] = []
    for weight, group in _groups(said, weights):
        if math.isnan(weight):
            placed.extend(Placed(BREAK, (0,), (node.end,)) for node in group)
            continue
        # an escaped bracket stands behind its backslash
        offsets = tuple(accumulate((len(node.value) for node in group[:-1]), initial=0))
        run = Run("".join([node.value for node in group]), weight)
        placed.append(Placed(run, offsets, tuple(node.end - len(node.value) for node in group)))
    return tuple(placed)


def _weighed(text: str, inner_replaces: bool) -> tuple[list[Text], list[float]]:
    """Words in order with the weight of each; a weight that is no number marks a break."""
    reader = Reader()
    reader.read(text, 0, len(text))
    said: list[Text] = []
    weights: list[float] = []
    final = bytearray()
    opened: dict[Shape, list[tuple[int, float]]] = {"round": [], "square": []}
    for node in reader.finish(len(text)):
        match node:
            case Text():
                said.append(node)
                weights.append(1.0)
                final.append(0)
            case Open():
                opened[node.shape].append((len(said), node.factor))
            case Close():
                start, factor = opened[node.shape].pop()
                _multiply(weights, start, factor, final if inner_replaces else None)
                if inner_replaces and node.weight is not None:
                    final[start:] = b"\1" * (len(final) - start)
            case _:
                value = node.value if isinstance(node, Escape) else ""
                said.append(Text(node.start, node.end, value))
                weights.append(1.0 if isinstance(node, Escape) else math.nan)
                final.append(0)
    for brackets in opened.values():
        for start, factor in brackets:
            _multiply(weights, start, factor, final if inner_replaces else None)
    return said, weights


def _multiply(weights: list[float], start: int, factor: float, final: bytearray | None) -> None:
    if final is None:
        weights[start:] = [weight * factor for weight in weights[start:]]
    else:
        weights[start:] = [
            weight if fixed else weight * factor for weight, fixed in zip(weights[start:], final[start:], strict=True)
        ]


def _groups(said: list[Text], weights: list[float]) -> Iterator[tuple[float, list[Text]]]:
    """Words that say something, neighbours of equal weight together; a weight that is no number marks breaks."""
    clamped = (weight if math.isnan(weight) else clamp(weight) for weight in weights)
    pairs = [pair for pair in zip(clamped, said, strict=True) if pair[1].value or math.isnan(pair[0])]
    for weight, group in groupby(pairs, key=itemgetter(0)):
        yield weight, [node for _, node in group]
