"""The fields of the form as they are seen: where each is, and what explains the current one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget

from sdtui.ui.widgets.line import strip_of

if TYPE_CHECKING:
    from sdtui.ui.form.form import Entry, FormData
    from sdtui.ui.form.grid import FormGrid, Stop

TWO_COLUMNS_CELLS = 54
EXPLANATION_ROWS = 4
ON_HEADING = "Enter or Space folds and unfolds this section."


class Fields(Widget):
    """Fields in one or two columns, sections that fold, and last lines that explain the current field or say what is wrong.

    The lines scroll so that the current one is in view. Nothing is shown before the first data.
    """

    def __init__(self, reset_key: str, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._reset_key = reset_key
        self._arrived = True
        self._data: FormData | None = None
        self._entries: tuple[Entry, ...] = ()
        self._stop: Stop | None = None
        self._folded: set[str] = set()
        self._sections: set[str] = set()
        self._typed: dict[str, str] = {}
        self._wrong: dict[str, str] = {}

    def show(self, data: FormData) -> None:
        """Show these values from now on; what is being typed stays. A section is folded until it is unfolded."""
        from sdtui.ui.form.grid import section_of

        self._data = data
        self._entries = data.entries
        sections = {section_of(entry.name) for entry in self._entries}
        self._folded |= sections - self._sections
        self._sections = sections
        self.refresh()

    @property
    def unfolded(self) -> tuple[str, ...]:
        """The sections that are seen whole."""
        return tuple(sorted(self._sections - self._folded))

    def unfold(self, sections: Sequence[str]) -> None:
        """Show these whole."""
        self._folded -= set(sections)
        self.refresh()

    # places

    @property
    def _grid(self) -> FormGrid:
        from sdtui.ui.form.grid import grid_of

        return grid_of([entry.name for entry in self._entries], self._columns, self._folded)

    @property
    def _columns(self) -> int:
        return 2 if self.size.width >= TWO_COLUMNS_CELLS else 1

    def _at(self, grid: FormGrid) -> int:
        """The number of the stop that the cursor is on."""
        return grid.nearest(self._stop) if self._stop is not None else 0

    @property
    def _entry(self) -> Entry | None:
        """The field that the cursor is on; None on a heading, and while there are none."""
        if not self._entries:
            return None
        grid = self._grid
        stop = grid.stops[self._at(grid)]
        return None if stop.is_heading else self._entries[stop.field]

    def _rows_of_fields(self, lines: int) -> int:
        """Rows that show fields; what is below them, one row at the least, explains."""
        return max(1, min(self.size.height - 1, max(lines, self.size.height - EXPLANATION_ROWS)))

    # drawing

    def render_line(self, y: int) -> Strip:
        """Lines of fields, column after column; the last line explains."""
        width = self.size.width
        if not self._entries:
            return strip_of(Content(), width, self)
        grid = self._grid
        at = self._at(grid)
        rows = self._rows_of_fields(len(grid.lines))
        if y >= rows:
            return strip_of(self._explanation_row(y - rows, self.size.height - rows), width, self)
        first = grid.first_seen(at, rows)
        line = y + first
        if line >= len(grid.lines):
            return strip_of(Content(), width, self)
        parts = [self._part(grid.stops[stop], stop == at, width // self._columns) for stop in grid.lines[line]]
        above, below = first if y == 0 else 0, len(grid.lines) - first - rows if y == rows - 1 else 0
        sign = f" ↑ {above} more" if above else f" ↓ {below} more" if below > 0 else ""
        row = Content().join(parts).truncate(width - len(sign), ellipsis=bool(sign), pad=bool(sign))
        return strip_of(Content.assemble(row, (sign, "dim")), width, self)

    def _part(self, stop: Stop, current: bool, cells: int) -> Content:
        from sdtui.ui.form.grid import section_of
        from sdtui.ui.form.look import Held, field_cell, heading

        here = current and self.has_focus
        if stop.is_heading:
            among = [entry for entry in self._entries if section_of(entry.name) == stop.section]
            return heading(stop.section, among, folded=stop.section in self._folded, here=here)
        entry = self._entries[stop.field]
        return field_cell(entry, Held(self._typed.get(entry.name), entry.name in self._wrong, here), cells)

    def _explanation_row(self, row: int, rows: int) -> Content:
        """One of so many rows; the last one takes what is left over."""
        said = self._explanation().wrap(self.size.width)
        if row == rows - 1:
            return Content(" ").join(said[row:])
        return said[row] if row < len(said) else Content()

    def _explanation(self) -> Content:
        from sdtui.ui.form.look import explanation

        entry = self._entry
        # A mistake elsewhere is told, too: Tab has left its field, and nothing is queued before it is mended.
        own = self._wrong.get(entry.name, "") if entry is not None else ""
        wrong = own or next(iter(self._wrong.values()), "")
        if entry is None and not wrong:
            return Content.styled(ON_HEADING if self.has_focus else "", "dim")
        return explanation(entry or self._entries[0], wrong, self._reset_key, focused=self.has_focus)
