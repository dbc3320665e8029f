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


def find_frames(text: str, start: int, end: int) -> list[Frame]:
    """The schedules and alternations between two places, in the order of their opening brackets."""
    frames: list[Frame] = []
    if text.find("[", start, end) < 0 or max(text.find(":", start, end), text.find("|", start, end)) < 0:
        return frames
    stack: list[tuple[str, int, int]] = []  # closing mark, place, where its partings begin
    partings: list[int] = []
    buried: list[str] = []
    for match in _MARK.finditer(text, start, end):
        mark = match[0]
        if mark in "([":
            closer = ")" if mark == "(" else "]"
            if len(stack) < MAX_DEPTH:
                stack.append((closer, match.start(), len(partings)))
            else:
                buried.append(closer)
        elif mark in ")]":
            if buried:
                readable = buried.pop() == mark
            else:
                readable = bool(stack) and stack[-1][0] == mark
                if readable:
                    _, place, first = stack.pop()
                    own = tuple(partings[first:])
                    del partings[first:]
                    readable = _read(text, place, match.start(), own, frames)
            if not readable:
                stack.clear()
                partings.clear()
                buried.clear()
        elif mark in ":|" and stack and not buried:
            partings.append(match.start())
    frames.sort(key=lambda frame: frame.start)
    return frames


def _read(text: str, start: int, close: int, parting: tuple[int, ...], frames: list[Frame]) -> bool:
    """Whether the brackets mean anything to the grammar; a schedule or an alternation joins the frames."""
    if not parting:
        return True
    marks = {text[place] for place in parting}
    if text[start] == "(":
        return sum(text[place] == ":" for place in parting) <= 1
    if marks == {"|"}:
        frames.append(Frame("alternation", start, close + 1, parting))
        return True
    when = _WHEN.fullmatch(text, parting[-1] + 1, close)
    if when is None or "|" in marks or len(parting) > 2:
        return False
    frames.append(Frame("schedule", start, close + 1, parting, when[1]))
    return True
