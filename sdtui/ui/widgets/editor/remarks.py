"""What is said about diagnostics: which one is near, which comes next, and how it is put on a border. Knows no widget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from sdtui.ui.text import one_line
from sdtui.ui.widgets.colours import MARK

if TYPE_CHECKING:
    from sdtui.prompt.nodes import Diagnostic

RANK = {"error": 0, "warning": 1, "hint": 2}


def nearest(diagnostics: Sequence[Diagnostic], place: int) -> Diagnostic | None:
    """The diagnostic at a place, the worst and shortest of several, else the one that is nearest to it."""

    def distance(each: Diagnostic) -> tuple[int, int, int]:
        away = max(each.start - place, place - each.end, 0)
        return away, RANK[each.severity], each.end - each.start

    return min(diagnostics, key=distance, default=None)


def following(diagnostics: Sequence[Diagnostic], place: int, way: int) -> Diagnostic | None:
    """The next diagnostic (`way` 1) or the one before (-1) that begins elsewhere; from the end round to the beginning."""
    ordered = sorted(diagnostics, key=lambda each: (each.start, RANK[each.severity]))
    if way > 0:
        return next((each for each in ordered if each.start > place), ordered[0] if ordered else None)
    ahead = [each for each in ordered if each.start < place]
    last = ahead[-1] if ahead else ordered[-1] if ordered else None
    return next((each for each in ordered if last is not None and each.start == last.start), None)


def tally(diagnostics: Sequence[Diagnostic]) -> str:
    """How many there are of each severity, as `✗1 !2`; empty without any."""
    counts = {severity: sum(each.severity == severity for each in diagnostics) for severity in RANK}
    return " ".join(f"{MARK[severity]}{count}" for severity, count in counts.items() if count)


def sentence(each: Diagnostic, fix_key: str = "") -> str:
    """What is odd, behind the mark of its severity, and the key that mends it if there is one."""
    mends = f" {fix_key} mends it." if fix_key and each.fix is not None else ""
    return f"{MARK[each.severity]} {one_line(each.message)}{mends}"


def fitted(text: str, width: int) -> str:
    """The text in at most so many cells; empty where there is no room for words."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width >= 12 else ""


def folded(text: str, width: int, rows: int) -> tuple[str, ...]:
    """The text in at most so many rows of so many cells; nothing where it does not fit whole."""
    if not text or width < 12 or rows < 1:
        return ()
    lines = Content(text).wrap(width)
    return tuple(line.plain.rstrip() for line in lines) if len(lines) <= rows else ()
