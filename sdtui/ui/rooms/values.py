"""The two panes of the room of wildcards: the tree, and the editor of a file's values."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.strip import Strip

from sdtui.ui.commands.bindings import bindings
from sdtui.ui.widgets.editor.editor import PromptEditor
from sdtui.ui.widgets.filtered import FilteredRows
from sdtui.ui.widgets.line import Line, strip_of
from sdtui.ui.writing.reading import Reading

LARGE = 100_000
"""Characters; longer texts are not coloured, because each key would have all of it read again."""


class TreeRows(FilteredRows):
    """The tree; `refilter` shows what has all of the words."""

    title = "Wildcards"
    refilter: Callable[[], None] | None = None

    def on_mount(self) -> None:
        """Give it its title."""
        self.say_filter()

    def filter_changed(self) -> None:
        """Show what has all of the words."""
        if self.refilter is not None:
            self.refilter()


class Foot(Line):
    """What is said of a file, on two rows."""

    DEFAULT_CSS = "Foot { height: 2; }"

    def render_line(self, y: int) -> Strip:
        """A row of it."""
        lines = self.content.wrap(max(8, self.size.width))
        return strip_of(lines[y].rstrip() if y < len(lines) else Content(), self.size.width, self)


class ValuesEditor(PromptEditor):
    """The text of a file, coloured as prompts are; what leaves the editor is for the room to do."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("wildcard")]

    class Wanted(Message):
        """Something is to be done with the text: saved, left, drawn from, edited outside."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    def __init__(self) -> None:
        super().__init__(placeholder="One value a line.", reading=Reading(), id="values")

    def show_file(self, text: str) -> None:
        """Show a text that lies in a file; what could be undone was another file's."""
        self.put(text)
        self._coloured = len(text) <= LARGE

    def say_heading(self) -> None:
        """Show the file's name on the border."""
        self._caption()

    @property
    def line_here(self) -> str:
        """The line at the cursor."""
        return str(self.document.get_line(self.cursor_location[0])).strip()

    def action_do_save_values(self) -> None:
        """Write the text into its file."""
        self.post_message(self.Wanted("save"))

    def action_do_leave_values(self) -> None:
        """Back to the tree."""
        self.post_message(self.Wanted("leave"))

    def action_do_preview_draws(self) -> None:
        """Draw from the line at the cursor."""
        self.post_message(self.Wanted("draw"))

    def action_do_edit_outside(self) -> None:
        """Edit the file outside."""
        self.post_message(self.Wanted("edit"))
