"""The first cuts: tags leave the text, then AND splits what is left into clauses.

Everything after works on the text without its tags; `Cut` leads each place back to the text the user sees.
Every search here is linear in the text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sdtui.prompt.nodes import Tag, clamp

AND = re.compile(r"\bAND\b")
AND_WEIGHT = re.compile(r"\s*([-+]?(?:\d+\.?|\d*\.\d+))")
_TAG_HEAD = re.compile(r"<(\w+):")


class Cut:
    """A text without its tags, and the way back: `starts` has the place in the whole text of each character, empty without tags."""

    def __init__(self, source: str) -> None:
        self.tags = find_tags(source)
        self.seams: list[int] = []
        self.starts: list[int] = []
        self.text = source
        if not self.tags:
            return
        pieces: list[str] = []
        start = 0
        for tag in self.tags:
            pieces.append(source[start : tag.start])
            self.starts.extend(range(start, tag.start))
            self.seams.append(len(self.starts))
            start = tag.end
        pieces.append(source[start:])
        self.starts.extend(range(start, len(source) + 1))
        self.text = "".join(pieces)

    def start(self, place: int) -> int:
        """Where the character at `place` stands in the whole text, behind any tag that was cut out there."""
        return self.starts[place] if self.starts else place

    def end(self, place: int) -> int:
        """Where something that ends before `place` ends in the whole text, in front of any tag that was cut out there."""
        return self.starts[place - 1] + 1 if self.starts and place > 0 else place


class Slice(NamedTuple):
    """One clause in the text without tags: `start` to `text_end`, then its weight up to `end`."""

    start: int
    text_end: int
    end: int
    weight: float


def find_tags(text: str) -> tuple[Tag, ...]:
    """Every `<kind:arguments>` from left to right; arguments are parted by ":", `key=value` ones are named (as A1111)."""
    tags: list[Tag] = []
    head = _TAG_HEAD.search(text)
    while head:
        close = text.find(">", head.end())
        if close < 0:
            break
        if close == head.end():
            head = _TAG_HEAD.search(text, close)
            continue
        tags.append(_tag(head.start(), close + 1, head[1], text[head.end() : close]))
        head = _TAG_HEAD.search(text, close)
    return tuple(tags)


def _tag(start: int, end: int, kind: str, arguments: str) -> Tag:
    pairs = [(argument, argument.split("=", 1)) for argument in arguments.split(":")]
    positional = tuple(argument for argument, pair in pairs if len(pair) == 1)
    named = tuple((pair[0], pair[1]) for _, pair in pairs if len(pair) == 2)
    return Tag(start, end, kind, positional, named)


def split_clauses(text: str, *, negative: bool) -> list[Slice]:
    """The clauses between the ANDs; without one, and in a negative prompt, the whole text is one clause of weight 1."""
    if negative:
        return [Slice(0, len(text), len(text), 1.0)]
    ends = [match.start() for match in AND.finditer(text)]
    if not ends:
        return [Slice(0, _stripped(text, 0, len(text)), len(text), 1.0)]
    starts = [0, *(end + 3 for end in ends)]
    return [_clause(text, start, end) for start, end in zip(starts, [*ends, len(text)], strict=True)]


def _clause(text: str, start: int, end: int) -> Slice:
    text_end = _stripped(text, start, end)
    colon = text.rfind(":", start, text_end)
    number = AND_WEIGHT.fullmatch(text, colon + 1, text_end) if colon >= 0 else None
    if number is None:
        return Slice(start, text_end, end, 1.0)
    return Slice(start, _stripped(text, start, colon), end, clamp(float(number[1])))


def _stripped(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip())
