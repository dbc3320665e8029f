"""Which square brackets of a text are schedules or alternations; all others are emphasis.

As A1111's grammar: what stands in such brackets is balanced, and a bracket that cannot be read (`[a:b]`, `(a:b:c)`)
leaves the brackets around it unread too. **Ours:** a bare `|` and an extra `]` switch nothing else off.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from sdtui.prompt.nodes import MAX_DEPTH

_MARK = re.compile(r"\\.|[()\[\]:|]", re.DOTALL)
_WHEN = re.compile(r"\s*([-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)\s*")


class Frame(NamedTuple):
    """One schedule or alternation: its brackets' places and the places of the colons or bars that part its branches."""

    kind: Literal["schedule", "alternation"]
    start: int
    end: int
    parting: tuple[int, ...]
    when: str = ""


class _Bracket(NamedTuple):
    closer: str
    place: int
    colons: list[int]
    bars: list[int]


def find_frames(text: str, start: int, end: int) -> list[Frame]:
    """The schedules and alternations between two places, in the order of their opening brackets."""
    frames: list[Frame] = []
    stack: list[_Bracket] = []
    buried: list[str] = []
    for match in _MARK.finditer(text, start, end):
        mark = match[0]
        if mark in "([":
            closer = ")" if mark == "(" else "]"
            if len(stack) < MAX_DEPTH:
                stack.append(_Bracket(closer, match.start(), [], []))
            else:
                buried.append(closer)
        elif mark in ")]":
            if buried:
                if buried.pop() != mark:
                    buried.clear()
                    stack.clear()
            elif not stack or stack[-1].closer != mark or not _read(stack.pop(), match.start(), text, frames):
                stack.clear()
        elif stack and not buried:
            if mark == ":":
                stack[-1].colons.append(match.start())
            elif mark == "|":
                stack[-1].bars.append(match.start())
    frames.sort(key=lambda frame: frame.start)
    return frames


def _read(bracket: _Bracket, close: int, text: str, frames: list[Frame]) -> bool:
    """Whether the bracket means anything to the grammar; a schedule or an alternation joins the frames."""
    if bracket.closer == ")":
        return len(bracket.colons) <= 1
    if not bracket.colons:
        if bracket.bars:
            frames.append(Frame("alternation", bracket.place, close + 1, tuple(bracket.bars)))
        return True
    if bracket.bars or len(bracket.colons) > 2:
        return False
    when = _WHEN.fullmatch(text, bracket.colons[-1] + 1, close)
    if when is None:
        return False
    frames.append(Frame("schedule", bracket.place, close + 1, tuple(bracket.colons), when[1]))
    return True
