"""Every command and its keys; typing filters."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen

from sdtui.ui.commands import COMMANDS, Command, Place
from sdtui.ui.keys import Keys, display
from sdtui.ui.widgets.line import Line
from sdtui.ui.widgets.rows import Rows

WHERE: dict[Place, str] = {
    "app": "everywhere",
    "studio": "studio",
    "editor": "prompts",
    "parameters": "parameters",
    "jobs": "jobs",
}


KEYS_CELLS = 19


class HelpScreen(ModalScreen[None]):
    """A list over the middle of the screen."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen Rows { width: 90%; max-width: 110; height: 80%; border: round $primary; background: $background; }
    HelpScreen Line { width: 90%; max-width: 110; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(self, keys: Keys, here: Place | None) -> None:
        super().__init__()
        self._keys = keys
        self._commands = sorted(COMMANDS, key=lambda row: row.place != here)
        self._found = self._commands
        self._words = ""

    def compose(self) -> ComposeResult:
        """The list and what is typed."""
        yield Rows(self._row, empty="No command has that in its name, keys or help.")
        yield Line(self._prompt())

    def on_mount(self) -> None:
        """Show them all."""
        rows = self.query_one(Rows)
        rows.border_title = "Help"
        rows.update(len(self._found))

    def on_key(self, event: Key) -> None:
        """Type a filter; every word has to be found."""
        if event.key == "backspace":
            self._filter(self._words[:-1])
        elif event.is_printable and event.character:
            self._filter(self._words + event.character)
        else:
            return
        event.stop()
        event.prevent_default()

    def action_leave(self) -> None:
        """Back to the screen below."""
        if self.is_current:
            self.dismiss()

    def _filter(self, words: str) -> None:
        self._words = words
        wanted = words.lower().split()
        self._found = [row for row in self._commands if all(word in self._said(row).lower() for word in wanted)]
        self.query_one(Line).show(self._prompt())
        self.query_one(Rows).update(len(self._found))

    def _prompt(self) -> Content:
        return Content.assemble(" Type to filter: ", (self._words + "▏", "bold"), "   Esc closes")

    def _shown_keys(self, row: Command) -> str:
        return " ".join(display(key) for key in self._keys.by_id[row.id])

    def _said(self, row: Command) -> str:
        return f"{self._shown_keys(row)} {row.label} {row.help} {row.id} {WHERE[row.place]}"

    def _row(self, number: int, width: int) -> Content:
        row = self._found[number]
        keys = self._shown_keys(row)
        return Content.assemble((f" {keys:<22} ", "bold"), f"{row.help}", (f"  {WHERE[row.place]}, id {row.id}", "dim"))
