"""Asks for a line of text: a name, mostly. What is wrong with it is said at once, and what was typed stays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from sdtui.errors import SdtuiError
from sdtui.ui.commands.bindings import bindings, bound
from sdtui.ui.text import one_line
from sdtui.ui.widgets.entry import Entry
from sdtui.ui.widgets.line import Line

Check = Callable[[str], str]
"""Says in a sentence what is wrong with what was typed; empty when nothing is."""


class AskScreen(ModalScreen[str | None], inherit_bindings=False):
    """Enter answers, Esc does not. With `attempt` that is done first: what came of it is the answer, a refusal is said."""

    DEFAULT_CSS = """
    AskScreen { align: center middle; background: $background 60%; }
    AskScreen Input { width: 80%; max-width: 90; border: round $primary; background: $background; padding: 0 1; }
    AskScreen Input:focus { border: round $primary; }
    AskScreen Line { width: 80%; max-width: 90; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen"), bound("close-dialog")]

    def __init__(
        self,
        title: str,
        text: str,
        check: Check,
        hint: str = "",
        *,
        attempt: Callable[[str], Awaitable[str]] | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._check = check
        self._attempt = attempt
        self._hint = hint or "Enter takes it   Esc leaves"

    def compose(self) -> ComposeResult:
        """The line, and what is to be said about it."""
        yield Entry(self._text, select_on_focus=False)
        yield Line(f" {self._hint}")

    def on_mount(self) -> None:
        """Give the line its title."""
        self.query_one(Input).border_title = self._title
        self.query_one(Input).cursor_blink = False

    def on_input_changed(self) -> None:
        """What was wrong may be right now."""
        self.query_one(Line).show(f" {self._hint}")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer, unless something is wrong with it."""
        typed = event.value.strip()
        wrong = self._check(typed) if typed else "Type a name."
        if wrong:
            self._refuse(wrong)
        elif self._attempt is not None:
            self.run_worker(self._try(self._attempt(typed)), exclusive=True)
        elif self.is_current:
            self.dismiss(typed)

    async def _try(self, attempt: Awaitable[str]) -> None:
        try:
            said = await attempt
        except SdtuiError as error:
            self._refuse(str(error))
        else:
            if self.is_current:
                self.dismiss(said)

    def _refuse(self, wrong: str) -> None:
        self.query_one(Line).show(Content.styled(f" ✗ {one_line(wrong)}", "$text-error"))

    def action_leave(self) -> None:
        """No answer."""
        if self.is_current:
            self.dismiss(None)
