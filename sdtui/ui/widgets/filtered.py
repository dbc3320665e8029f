"""Rows that are filtered by words, typed after a key of the pane's own."""

from __future__ import annotations

from textual.content import Content
from textual.events import Key

from sdtui.ui.text import one_line
from sdtui.ui.widgets.rows import Rows

WHILE_TYPING = frozenset({"backspace", "enter", "escape", "delete", "ctrl+u"})


class FilteredRows(Rows):
    """`words` are lower-case; `filter_changed` is to be overridden. Enter keeps the filter, escape shows everything again.

    `title` is the pane's own, behind which the filter is shown.
    """

    words: tuple[str, ...] = ()
    typing = False
    title = ""
    _typed = ""

    def filter_changed(self) -> None:
        """Show what has all of the words."""

    def start_filter(self) -> None:
        """What is typed next is the filter."""
        self.typing = True
        self.say_filter()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """While the filter is typed its keys are no commands."""
        if self.typing:
            return key in WHILE_TYPING or (character is not None and character.isprintable())
        return key == "escape" and bool(self._typed)

    async def on_key(self, event: Key) -> None:
        """Type the filter."""
        if not self.check_consume_key(event.key, event.character):
            # It was meant for the filter when it came, which the key before has ended: it is a command, and its turn is now.
            if await self.app._check_bindings(event.key):
                event.stop()
                event.prevent_default()
            return
        event.stop()
        event.prevent_default()
        match event.key:
            case "escape":
                self.typing = False
                self._take("")
            case "enter":
                self.typing = False
                self.say_filter()
            case "backspace" | "delete":
                self._take(self._typed[:-1])
            case "ctrl+u":
                self._take("")
            case _:
                self._take(self._typed + (event.character or ""))

    def on_blur(self) -> None:
        """What is typed elsewhere is no filter."""
        self.typing = False
        self.say_filter()

    def _take(self, typed: str) -> None:
        self._typed = typed
        self.words = tuple(typed.lower().split())
        self.filter_changed()
        self.say_filter()

    def say_filter(self) -> None:
        """Show the title, with the filter behind it if there is one."""
        said = f" /{one_line(self._typed)}" if self.typing or self._typed else ""
        self.border_title = Content(f"{self.title}{said}{'▏' if self.typing else ''}").markup
