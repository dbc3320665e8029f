"""What happened, a line each, newest at the end: everything, or what is about one job."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import BindingType
from textual.content import Content

from sdtui.ui.commands.bindings import bindings
from sdtui.ui.text import one_line
from sdtui.ui.widgets.filtered import FilteredRows

if TYPE_CHECKING:
    from sdtui.ui.state import LogRow

COLOURS = {"info": "", "warning": "$text-warning", "error": "$text-error"}
WORDS = {"info": "", "warning": "warning: ", "error": "error: "}
CLOCK_CELLS = 9
LEAST_CELLS = 20
FIRST_ODD = "\u0300"
"""Characters before it are a cell wide."""


class Told(NamedTuple):
    """A line, and how many times in a row it came; the row is the newest of them."""

    row: LogRow
    times: int

    @property
    def text(self) -> str:
        """What is said, behind the time."""
        times = f" ×{self.times}" if self.times > 1 else ""
        return f"{WORDS[self.row.level]}{one_line(self.row.text)}{times}"


class Piece(NamedTuple):
    """A row: a line, or where that is too long a piece of it."""

    told: Told
    text: str
    first: bool


class LogPane(FilteredRows):
    """Follows its end until it is scrolled away from there; long lines go on in the next rows, equal ones are counted."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("log")]

    def __init__(self) -> None:
        super().__init__(self._row, stay_at_end=True, empty="Nothing has happened yet.", id="log")
        self.border_title = self.title = "6 Log"
        self._log: Sequence[LogRow] = ()
        self._job_id = 0
        self._one_job = False
        self._folded: dict[tuple[Told, int], list[Piece]] = {}
        self._pieces: list[Piece] = []
        self._width = 0

    def show(self, rows: Sequence[LogRow], job_id: int = 0) -> None:
        """Show these lines from now on; `job_id` is the selected job's."""
        self._log = rows
        self._job_id = job_id
        self._fold()

    def look_at(self, job_id: int) -> None:
        """Another job is selected."""
        if job_id != self._job_id:
            self._job_id = job_id
            if self._one_job:
                self._fold()

    def action_do_log_scope(self) -> None:
        """Only the selected job's lines, or all."""
        self._one_job = not self._one_job
        self._fold()
        self.action_do_list_last()

    def action_do_filter_log(self) -> None:
        """Type a filter."""
        self.start_filter()

    def filter_changed(self) -> None:
        """Show the lines that have the words."""
        self._fold()
        self.action_do_list_last()

    def notify_resize(self) -> None:
        """Fold the lines anew."""
        if self.scrollable_content_region.width != self._width:
            self._fold()
        super().notify_resize()

    def _fold(self) -> None:
        self._width = self.scrollable_content_region.width
        width = max(LEAST_CELLS, self._width) - CLOCK_CELLS
        kept = self._folded
        self._folded = {}
        for told in _counted([row for row in self._log if self._wanted(row)]):
            self._folded[told, width] = kept.get((told, width)) or list(_pieces(told, width))
        self._pieces = [piece for pieces in self._folded.values() for piece in pieces]
        scope = f" of #{self._job_id}" if self._one_job else ""
        self.title = f"6 Log{scope}"
        self.say_filter()
        narrowed = self._one_job or self.words
        self.empty = "Nothing of that is in the log." if narrowed else "Nothing has happened yet."
        self.update(len(self._pieces))

    def _wanted(self, row: LogRow) -> bool:
        if self._one_job and row.job_id != self._job_id:
            return False
        return not self.words or all(word in f"{row.level} {row.text}".lower() for word in self.words)

    def _row(self, row: int, width: int) -> Content:
        told, text, first = self._pieces[row]
        clock = time.strftime("%H:%M:%S ", time.localtime(told.row.at)) if first else " " * CLOCK_CELLS
        return Content.assemble((clock, "dim"), (text, COLOURS[told.row.level]))


def _counted(rows: Sequence[LogRow]) -> Iterator[Told]:
    for _, equal in groupby(rows, key=lambda row: (row.level, row.text)):
        alike = list(equal)
        yield Told(alike[-1], len(alike))


def _pieces(told: Told, width: int) -> Iterator[Piece]:
    """The line in pieces of at most so many cells, broken between words."""
    text = told.text
    if max(text, default="") >= FIRST_ODD:
        # Some characters are two cells wide, some none.
        for number, line in enumerate(Content(text).wrap(width)):
            yield Piece(told, line.plain, number == 0)
        return
    first = True
    while text or first:
        end = len(text)
        if end > width:
            end = text.rfind(" ", 1, width + 1)
            end = width if end < 1 else end
        yield Piece(told, text[:end], first)
        text, first = text[end:].lstrip(" "), False
