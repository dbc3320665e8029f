"""Places in a text: offsets and locations, whole characters, and what changed from one text to the next. Knows no widget."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from rich.cells import get_character_cell_size

JOINER = "\u200d"


def line_starts(lines: Sequence[str]) -> list[int]:
    """The offset at which each line begins; a line break is one character."""
    starts, at = [], 0
    for line in lines:
        starts.append(at)
        at += len(line) + 1
    return starts


def location_of(starts: Sequence[int], offset: int) -> tuple[int, int]:
    """The row and column of an offset."""
    row = max(0, bisect_right(starts, offset) - 1)
    return row, offset - starts[row]


def difference(old: str, new: str) -> tuple[int, int, int]:
    """(start, end, length): `new` is `old` with `length` characters in place of `start` to `end`."""
    least = min(len(old), len(new))
    same = _longest(least, lambda size: old[:size] == new[:size])
    tail = _longest(least - same, lambda size: size == 0 or old[-size:] == new[-size:])
    return same, len(old) - tail, len(new) - tail - same


def _longest(most: int, holds: Callable[[int], bool]) -> int:
    """The largest size up to `most` that something holds for, which holds for every smaller one, too."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low


def before(line: str, column: int) -> int:
    """The column of the whole character that ends at a column: base, accents and what a joiner binds."""
    at = column - 1
    while at > 0 and (_combines(line[at]) or line[at - 1] == JOINER):
        at -= 1
    return max(0, at)


def behind(line: str, column: int) -> int:
    """The column behind the whole character that begins at a column."""
    at = column + 1
    while at < len(line) and (_combines(line[at]) or line[at - 1] == JOINER):
        at += 1
    return min(at, len(line))


def _combines(character: str) -> bool:
    return not character.isascii() and (
        get_character_cell_size(character) == 0 or "\U0001f3fb" <= character <= "\U0001f3ff"
    )
