"""What happened, a line each, newest at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import BindingType
from textual.content import Content

from sdtui.ui.text import one_line
from sdtui.ui.widgets.rows import LETTERS, Rows

if TYPE_CHECKING:
    from sdtui.ui.state import LogRow

COLOURS = {"info": "", "warning": "$warning", "error": "$error"}
MARKS = {"info": " ", "warning": "!", "error": "✗"}


class Told(NamedTuple):
    """A line, and how many times in a row it came; the row is the newest of them."""

    row: LogRow
    times: int


class LogPane(Rows):
    """Follows its end until it is scrolled away from there; long lines go on in the next rows, equal ones are counted."""

    BINDINGS: ClassVar[list[BindingType]] = [*LETTERS]

    def __init__(self) -> None:
        super().__init__(self._row, stay_at_end=True, empty="Nothing has happened yet.", id="log")
        self.border_title = "6 Log"
        self._log: list[Told] = []
        self._lines: dict[Told, list[Content]] = {}
        self._folded: list[Content] = []
        self._width = 0

    def show(self, rows: Sequence[LogRow]) -> None:
        """Show these lines from now on."""
        self._log = list(_counted(rows))
        self._fold()

    def notify_resize(self) -> None:
        """Fold the lines anew."""
        if self.scrollable_content_region.width != self._width:
            self._fold()
        super().notify_resize()

    def _fold(self) -> None:
        width = self.scrollable_content_region.width
        if width != self._width:
            self._width, self._lines = width, {}
        self._lines = {told: self._lines.get(told) or _line(told).wrap(max(20, width)) for told in self._log}
        self._folded = [line for told in self._log for line in self._lines[told]]
        self.update(len(self._folded))

    def _row(self, row: int, width: int) -> Content:
        return self._folded[row]


def _counted(rows: Sequence[LogRow]) -> Iterator[Told]:
    for _, equal in groupby(rows, key=lambda row: (row.level, row.text)):
        alike = list(equal)
        yield Told(alike[-1], len(alike))


def _line(told: Told) -> Content:
    row = told.row
    clock = time.strftime("%H:%M:%S", time.localtime(row.at))
    times = f" ×{told.times}" if told.times > 1 else ""
    said = (f"{MARKS[row.level]} {one_line(row.text)}", COLOURS[row.level])
    return Content.assemble((f"{clock} ", "dim"), said, (times, "bold"))
