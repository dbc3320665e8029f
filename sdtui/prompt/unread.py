"""What could not be read as it was hardly meant: brackets without a partner, numbers that are none, as diagnostics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sdtui.prompt.emphasis import Oddity
from sdtui.prompt.lexer import Cut, Slice
from sdtui.prompt.nodes import Diagnostic, Fix, Shape

OPENER: dict[Shape, str] = {"round": "(", "square": "["}
CLOSER: dict[Shape, str] = {"round": ")", "square": "]"}


class Unclosed(NamedTuple):
    """An emphasis that nothing closes: it holds from `start` to `end`, the end of its clause or branch."""

    start: int
    end: int
    shape: Shape


class Unread(NamedTuple):
    """What one clause has of it, in places of the text without tags."""

    open: list[Unclosed]
    oddities: list[Oddity]


def judge(cut: Cut, slices: list[Slice], unread: list[Unread]) -> list[Diagnostic]:
    """A diagnostic for each; brackets that an AND stands between are told, and mended, together."""
    diagnostics: list[Diagnostic] = []
    torn: set[Oddity] = set()
    for place, clause in enumerate(unread):
        diagnostics.extend(_odd(oddity, oddity in torn) for oddity in clause.oddities)
        if place + 1 == len(unread):
            diagnostics.extend(_unclosed(unclosed) for unclosed in clause.open)
            continue
        pairs = list(_torn(clause, unread[place + 1], slices[place].text_end))
        torn.update(closing for _, closing in pairs)
        fix = _joined(cut, slices[place].text_end, slices[place + 1], pairs)
        opened = {unclosed for unclosed, _ in pairs}
        diagnostics.extend(_torn_open(unclosed, fix if unclosed in opened else None) for unclosed in clause.open)
    return diagnostics


def _torn(clause: Unread, following: Unread, text_end: int) -> Iterator[tuple[Unclosed, Oddity]]:
    """The brackets of a clause whose partners stand behind the AND, the innermost first."""
    stray = [oddity for oddity in following.oddities if oddity.fault == "stray"]
    opened = sorted((each for each in clause.open if each.end == text_end), reverse=True)
    for closing in stray:
        partner = next((each for each in opened if CLOSER[each.shape] == closing.mark[-1]), None)
        if partner:
            opened.remove(partner)
            yield partner, closing


def _joined(cut: Cut, text_end: int, following: Slice, pairs: list[tuple[Unclosed, Oddity]]) -> Fix | None:
    """What closes the brackets before the AND and opens them again behind it; None where a tag stands between."""
    start = _words_start(cut.text, following)
    if not pairs or any(text_end <= seam <= start for seam in cut.seams):
        return None
    closers = "".join(closing.mark for _, closing in pairs)
    openers = "".join(OPENER[unclosed.shape] for unclosed, _ in reversed(pairs))
    return Fix(text_end, start, f"{closers}{cut.text[text_end:start]}{openers}")


def _words_start(text: str, clause: Slice) -> int:
    return clause.text_end - len(text[clause.start : clause.text_end].lstrip())


def _unclosed(unclosed: Unclosed) -> Diagnostic:
    sentence = f'This "{OPENER[unclosed.shape]}" is never closed: it changes the weight of everything up to the end.'
    fix = Fix(unclosed.end, unclosed.end, CLOSER[unclosed.shape])
    return Diagnostic(unclosed.start, unclosed.start + 1, "warning", sentence, fix)


def _torn_open(unclosed: Unclosed, fix: Fix | None) -> Diagnostic:
    opener = OPENER[unclosed.shape]
    sentence = f'AND tears these brackets apart: this "{opener}" holds up to the AND and no further.'
    closed = Fix(unclosed.end, unclosed.end, CLOSER[unclosed.shape])
    return Diagnostic(unclosed.start, unclosed.start + 1, "warning", sentence, fix or closed)


def _odd(oddity: Oddity, torn: bool) -> Diagnostic:
    start, end, mark, fault = oddity
    if fault == "number":
        sentence = f'"{mark[1:].strip()}" is no number: it counts as text, and the bracket as ×1.1.'
        return Diagnostic(start, end, "warning", sentence)
    if fault == "deep":
        return Diagnostic(start, end, "warning", "Brackets nest more than 64 deep here: this one counts as text.")
    if torn:
        sentence = f'AND stands between this "{mark[-1]}" and the bracket it could close: it counts as text.'
        return Diagnostic(start, end, "warning", sentence)
    sentence = f'Nothing is open that this "{mark[-1]}" could close: it counts as text.'
    return Diagnostic(start, end, "warning", sentence, Fix(end - 1, end, "\\" + mark[-1]))
