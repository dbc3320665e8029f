"""What could not be read as it was hardly meant: brackets without a partner, numbers that are none, as diagnostics."""

from __future__ import annotations

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
        stray = iter(
            [each for each in unread[place + 1].oddities if each.fault == "stray"] if place + 1 < len(unread) else []
        )
        # the outermost bracket is closed last
        for unclosed in reversed(clause.open):
            closing = None
            if unclosed.end == slices[place].text_end:
                closing = next((each for each in stray if each.mark[-1] == CLOSER[unclosed.shape]), None)
            if closing:
                torn.add(closing)
            following = _words_start(cut.text, slices[place + 1]) if place + 1 < len(slices) else -1
            diagnostics.append(_unclosed(cut, unclosed, closing, following))
        diagnostics.extend(_odd(oddity, oddity in torn) for oddity in clause.oddities)
    return diagnostics


def _words_start(text: str, clause: Slice) -> int:
    return clause.text_end - len(text[clause.start : clause.text_end].lstrip())


def _unclosed(cut: Cut, unclosed: Unclosed, closing: Oddity | None, following: int) -> Diagnostic:
    """`following` is where the words behind the next AND begin, -1 without one."""
    opener, closer = OPENER[unclosed.shape], CLOSER[unclosed.shape]
    end = unclosed.end
    sentence = f'This "{opener}" is never closed: it changes the weight of everything up to the end.'
    fix = Fix(end, end, closer)
    if following >= 0:
        sentence = f'AND tears these brackets apart: this "{opener}" holds up to the AND and no further.'
        if closing and not any(end <= seam <= following for seam in cut.seams):
            fix = Fix(end, following, f"{closing.mark}{cut.text[end:following]}{opener}")
    return Diagnostic(unclosed.start, unclosed.start + 1, "warning", sentence, fix)


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
