"""What pictures would draw from a template: ten draws, how many there are in all, what is wrong with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import ModalScreen

from sdtui.errors import SdtuiError
from sdtui.spec.complaint import error_of
from sdtui.ui.commands.bindings import bindings, bound
from sdtui.ui.commands.keys import Keys
from sdtui.ui.text import one_line
from sdtui.ui.widgets.line import Line
from sdtui.ui.widgets.rows import Rows
from sdtui.ui.widgets.sentence import Sentence

if TYPE_CHECKING:
    from sdtui.spec.wildcard import Draws

COUNT = 10

Draw = Callable[[int, int], Awaitable["Draws"]]
"""Draws so many times, from a seed on."""


class DrawsScreen(ModalScreen[None], inherit_bindings=False):
    """A line a draw, all of the chosen one below, which can be put into the editor; its own key leaves, too."""

    DEFAULT_CSS = """
    DrawsScreen { align: center middle; background: $background 60%; }
    DrawsScreen Rows { width: 90%; max-width: 130; height: 12; border: round $primary; background: $background; }
    DrawsScreen Sentence { width: 90%; max-width: 130; height: 5; background: $panel; }
    DrawsScreen Line { width: 90%; max-width: 130; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("screen"),
        *bindings("above"),
        *bindings("draws"),
        bound("preview-draws", "leave"),
    ]

    def __init__(self, draw: Draw, take: Callable[[str], None], keys: Keys, seed: int = 0) -> None:
        super().__init__()
        self._keys = keys
        self._draw = draw
        self._take = take
        self._seed = seed
        self._texts: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """The draws, all of one of them, and what can be done."""
        yield Rows(self._row, choosable=True, empty="Drawing…")
        yield Sentence(id="whole")
        yield Line(
            f" {self._keys.shown('take-draw')} puts it into the editor   "
            f"{self._keys.shown('draw-again')} draws again   {self._keys.shown('leave')} closes"
        )

    def on_mount(self) -> None:
        """Draw."""
        self.query_one(Rows).border_title = "Draws"
        self.run_worker(self._ask(), group="draws", exclusive=True)

    async def _ask(self) -> None:
        try:
            draws = await self._draw(COUNT, self._seed)
        except SdtuiError as error:
            self._show((), str(error))
            return
        problem = str(error_of(draws.problem)) if draws.problem is not None else ""
        self._show(draws.texts, problem)
        self.query_one(Rows).border_title = title_of(draws.total, len(draws.texts))

    def _show(self, texts: tuple[str, ...], problem: str) -> None:
        self._texts = texts
        rows = self.query_one(Rows)
        rows.empty = "✗ There are no draws." if problem else ""
        rows.border_subtitle = one_line(problem)[:200] if texts else ""
        rows.update(len(texts), 0)
        self.query_one(Sentence).show(f"✗ {one_line(problem)}" if problem and not texts else self._whole(0))

    def _row(self, number: int, width: int) -> Content:
        return Content(f" {one_line(self._texts[number])}")

    def _whole(self, number: int) -> str:
        return one_line(self._texts[number]) if number < len(self._texts) else ""

    def on_rows_moved(self, message: Rows.Moved) -> None:
        """Show all of the chosen draw."""
        self.query_one(Sentence).show(self._whole(message.row))

    def action_again(self) -> None:
        """Draw others."""
        self._seed += COUNT
        self.run_worker(self._ask(), group="draws", exclusive=True)

    def action_take(self) -> None:
        """Put the chosen draw into the editor."""
        row = self.query_one(Rows).cursor
        if self.is_current and row is not None and row < len(self._texts):
            text = self._texts[row]
            self.dismiss()
            self.app.call_later(self._take, text)

    def action_leave(self) -> None:
        """Back to the screen below."""
        if self.is_current:
            self.dismiss()


def title_of(total: int, drawn: int) -> str:
    """How many combinations there are; 0 where they cannot be counted."""
    if total <= 0:
        return f"{drawn} draws"
    if total == 1:
        return "Draws: the template has no choices"
    many = "a quintillion combinations or more" if total >= 10**18 else f"{total:,} combinations"
    return f"{drawn} draws of {many}"
