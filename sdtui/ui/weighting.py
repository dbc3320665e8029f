"""The weight keys: raise or lower the weight of a word or selection in the text of a prompt."""

from __future__ import annotations

import re
from typing import NamedTuple

STEP = 0.1
MOST = 10.0
WEIGHT = re.compile(r":\s*([-+]?\d*\.?\d+)\s*\)")
WORD_EDGE = frozenset(" \t\n,.()[]{}<>:|\\")


class Change(NamedTuple):
    """Characters `start` up to `end` of the text become `text`; then `select_start` up to `select_end` is selected."""

    start: int
    end: int
    text: str
    select_start: int
    select_end: int


def change_weight(text: str, start: int, end: int, steps: int) -> Change | None:
    """What the keys do to a selection (or, when it is empty, to the emphasis or word at the cursor); None where there is no word.

    As A1111's ctrl+up and ctrl+down: `word` becomes `(word:1.1)`, a weight that is there already changes by 0.1, and at 1 the
    brackets go.
    """
    if start == end:
        inner = _at_bracket(text, start) or _around(text, start, end) or _word_or_before(text, start)
    else:
        inner = _around(text, start, end) or (start, end)
    inner_start, inner_end = _trim(text, *inner)
    if inner_start >= inner_end:
        return None
    words = text[inner_start:inner_end]
    weight, outer_start, outer_end = _weight_of(text, inner_start, inner_end)
    weight = min(MOST, max(0.0, round(weight + steps * STEP, 2)))
    if weight == 1.0:
        return Change(outer_start, outer_end, words, outer_start, outer_start + len(words))
    return Change(outer_start, outer_end, f"({words}:{weight:g})", outer_start + 1, outer_start + 1 + len(words))


def _weight_of(text: str, start: int, end: int) -> tuple[float, int, int]:
    """The explicit weight directly around a place and the extent of its brackets; 1 and the place itself without one."""
    match = WEIGHT.match(text, end)
    if match and start > 0 and text[start - 1] == "(" and (start < 2 or text[start - 2] != "\\"):
        return float(match[1]), start - 1, match.end()
    return 1.0, start, end


def _around(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The inside of the innermost `(…:weight)` without other brackets in it that holds the place."""
    opening = max(text.rfind("(", 0, start), -1)
    if opening < 0 or ")" in text[opening:start]:
        return None
    closing = re.compile(r"[()\[\]]").search(text, end)
    if closing is None or closing[0] != ")":
        return None
    inside = text[opening + 1 : closing.end()]
    match = WEIGHT.search(inside)
    if match is None or match.end() != len(inside):
        return None
    return opening + 1, opening + 1 + match.start()


def _at_bracket(text: str, at: int) -> tuple[int, int] | None:
    """The inside of the `(…:weight)`, whatever is in it, one of whose brackets is at the place."""
    if at >= len(text) or text[at] not in "()" or _escaped(text, at):
        return None
    way, depth, other = (1 if text[at] == "(" else -1), 0, at
    while 0 <= other < len(text):
        if text[other] in "()" and not _escaped(text, other):
            depth += 1 if text[other] == "(" else -1
            if depth == 0:
                break
        other += way
    else:
        return None
    opening, closing = min(at, other), max(at, other)
    colon = text.rfind(":", opening, closing)
    match = WEIGHT.match(text, colon) if colon >= 0 else None
    return (opening + 1, colon) if match and match.end() == closing + 1 else None


def _escaped(text: str, at: int) -> bool:
    return at > 0 and text[at - 1] == "\\"


def _word_or_before(text: str, at: int) -> tuple[int, int]:
    """The word at the place, or else the inside of the `(…:weight)` that ends there."""
    start, end = _word(text, at)
    before = _at_bracket(text, at - 1) if start == end and at > 0 and text[at - 1] == ")" else None
    return before or (start, end)


def _word(text: str, at: int) -> tuple[int, int]:
    start = end = at
    while start > 0 and text[start - 1] not in WORD_EDGE:
        start -= 1
    while end < len(text) and text[end] not in WORD_EDGE:
        end += 1
    return start, end


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
