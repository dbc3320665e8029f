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
    """An open bracket: its place, and how many colons and bars were found before it."""

    closer: str
    start: int
    colons: int
    bars: int


def find_frames(text: str, start: int, end: int) -> list[Frame]:
    """The schedules and alternations between two places, in the order of their opening brackets."""
    frames: list[Frame] = []
    if text.find("[", start, end) < 0 or max(text.find(":", start, end), text.find("|", start, end)) < 0:
        return frames
    stack: list[_Bracket] = []
    colons: list[int] = []
    bars: list[int] = []
    buried: list[str] = []
    for match in _MARK.finditer(text, start, end):
        mark = match[0]
        if mark == ":":
            if stack and not buried:
                colons.append(match.start())
        elif mark == "|":
            if stack and not buried:
                bars.append(match.start())
        elif mark == "(" or mark == "[":
            closer = ")" if mark == "(" else "]"
            if len(stack) < MAX_DEPTH:
                stack.append(_Bracket(closer, match.start(), len(colons), len(bars)))
            else:
                buried.append(closer)
        elif mark == ")" or mark == "]":
            if buried:
                readable = buried.pop() == mark
            else:
                readable = (
                    bool(stack)
                    and stack[-1].closer == mark
                    and _read(text, stack.pop(), match.start(), colons, bars, frames)
                )
            if not readable:
                stack.clear()
                colons.clear()
                bars.clear()
                buried.clear()
    frames.sort(key=_start)
    return frames


def _read(text: str, bracket: _Bracket, close: int, colons: list[int], bars: list[int], frames: list[Frame]) -> bool:
    """Whether the brackets mean anything to the grammar; a schedule or an alternation joins the frames."""
    _, start, first_colon, first_bar = bracket
    own_colons, own_bars = len(colons) - first_colon, len(bars) - first_bar
    readable = True
    if bracket.closer == ")":
        readable = own_colons <= 1
    elif own_bars and not own_colons:
        frames.append(Frame("alternation", start, close + 1, tuple(bars[first_bar:])))
    elif own_colons:
        when = _WHEN.fullmatch(text, colons[-1] + 1, close)
        readable = when is not None and not own_bars and own_colons <= 2
        if when and readable:
            frames.append(Frame("schedule", start, close + 1, tuple(colons[first_colon:]), when[1]))
    del colons[first_colon:], bars[first_bar:]
    return readable


def _start(frame: Frame) -> int:
    return frame.start
