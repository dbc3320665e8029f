"""Rows of text that scroll, drawn only where they are seen; with a cursor where one is wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.events import Click
from textual.geometry import Region, Size, Spacing
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from sdtui.ui.commands.bindings import bindings
from sdtui.ui.widgets.line import strip_of

RowMaker = Callable[[int, int], Content]
"""Makes a row by its number and the width in cells."""


class Rows(ScrollView, can_focus=True, inherit_bindings=False):
    """`count` rows, each made when it is seen; `cursor` is None where rows cannot be chosen; `empty` is said where there is none.

    With `stay_at_end`, new rows at the end are scrolled to as long as the end was seen. `foot_rows` at the bottom are not
    scrolled: they show what `foot` says.
    """

    foot_rows = 0

    DEFAULT_CSS = "Rows { overflow-x: hidden; overflow-y: auto; scrollbar-size: 1 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("list")]

    class Moved(Message):
        """The cursor is on another row, by the user's hand."""

        def __init__(self, rows: Rows, row: int) -> None:
            super().__init__()
            self.rows = rows
            self.row = row

        @property
        def control(self) -> Rows:
            """The rows whose cursor moved."""
            return self.rows

    def __init__(
        self,
        make_row: RowMaker,
        *,
        choosable: bool = False,
        stay_at_end: bool = False,
        empty: str = "",
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self.cursor: int | None = 0 if choosable else None
        self._make_row = make_row
        self._count = 0
        self._drawn_width = 0
        self._stay_at_end = stay_at_end
        self.empty = empty

    def update(self, count: int, cursor: int | None = None) -> None:
        """There are so many rows now, and all of them may be other ones; the cursor stays where it is unless one is given."""
        at_end = self.scroll_offset.y >= self.max_scroll_y
        self._count = count
        self.virtual_size = Size(self.scrollable_content_region.width, count + self.foot_rows)
        if self.cursor is not None:
            moved = cursor is not None and cursor != self.cursor
            self.cursor = max(0, min(self.cursor if cursor is None else cursor, count - 1))
            if moved:
                self._show_cursor()
        elif self._stay_at_end and at_end:
            self.scroll_to(y=max(0, count - self.scrollable_content_region.height), animate=False, force=True)
        self.refresh()

    def notify_resize(self) -> None:
        """The room is another one: keep the width of the rows and what is looked at."""
        self.update(self._count)
        self._show_cursor()

    def on_resize(self) -> None:
        """The room is another one."""
        self.notify_resize()

    def render_line(self, y: int) -> Strip:
        """The row that is seen there."""
        width = self.scrollable_content_region.width
        if width != self._drawn_width:
            # A scroll bar that comes or goes changes the room without an event of its own.
            self._drawn_width = width
            self.call_later(self.notify_resize)
        row = y + self.scroll_offset.y
        above_foot = self.scrollable_content_region.height - self.foot_rows
        if self.foot_rows and y >= above_foot:
            return strip_of(self.foot(y - above_foot, width), width, self)
        if row >= self._count:
            text = Content.styled(self.empty, "dim") if row == 0 and not self._count else Content()
            return strip_of(text, width, self)
        content = self._make_row(row, width)
        if row == self.cursor:
            content = content.pad_right(max(0, width - content.cell_length))
            content = content.stylize("reverse" if self.has_focus else "bold")
        return strip_of(content, width, self)

    def foot(self, row: int, width: int) -> Content:
        """One of the rows at the bottom; to be overridden."""
        return Content()

    def on_click(self, event: Click) -> None:
        """Put the cursor on the row that was clicked."""
        at = event.get_content_offset(self)
        if at is not None and self.cursor is not None and at.y + self.scroll_offset.y < self._count:
            self.action_move_to(at.y + self.scroll_offset.y)

    def action_do_list_up(self) -> None:
        """One row up."""
        self.move(-1)

    def action_do_list_down(self) -> None:
        """One row down."""
        self.move(1)

    def action_do_list_page_up(self) -> None:
        """A page up."""
        self.move(1 - self._page)

    def action_do_list_page_down(self) -> None:
        """A page down."""
        self.move(self._page - 1)

    def action_do_list_first(self) -> None:
        """To the first row."""
        self.action_move_to(0)

    def action_do_list_last(self) -> None:
        """To the last row."""
        self.action_move_to(-1)

    @property
    def _page(self) -> int:
        return max(2, self.scrollable_content_region.height - self.foot_rows)

    def move(self, by: int) -> None:
        """Move the cursor by rows, or scroll where there is none."""
        self.action_move_to((self.cursor if self.cursor is not None else self.scroll_offset.y) + by, clamp=True)

    def action_move_to(self, row: int, clamp: bool = False) -> None:
        """Move to a row; negative ones count from the end unless clamped."""
        if row < 0:
            row = 0 if clamp else self._count + row
        if self.cursor is None:
            self.scroll_to(y=row, animate=False, force=True)
            return
        row = max(0, min(row, self._count - 1))
        if row != self.cursor and self._count:
            self.cursor = row
            self._show_cursor()
            self.refresh()
            self.post_message(self.Moved(self, row))

    def _show_cursor(self) -> None:
        if self.cursor is not None:
            around = Spacing(0, 0, self.foot_rows, 0)
            self.scroll_to_region(Region(0, self.cursor, 1, 1), spacing=around, animate=False, force=True)
