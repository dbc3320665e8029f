"""The prompt and the negative prompt, each with what is counted and what is odd on its border."""

from __future__ import annotations

from textual.widgets import TextArea

from sdtui.ui.commands.table import PaneId
from sdtui.ui.messages import (
    DrawsWanted,
    EditorWanted,
    SelectionWanted,
    Told,
    WildcardShown,
    WildcardWanted,
    Written,
)
from sdtui.ui.panes.completing import CompletingEditor
from sdtui.ui.widgets.tabs import NUMBER
from sdtui.ui.writing.reading import Reading


class PromptPane(CompletingEditor):
    """One of the two editors; says what is written in it."""

    def __init__(self, pane: PaneId, title: str, placeholder: str) -> None:
        super().__init__(
            id=pane,
            placeholder=placeholder,
            reading=Reading(negative=pane == "negative"),
            heading=f"{NUMBER[pane]} {title}",
        )
        self.pane = pane

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Say what is written."""
        event.stop()
        self.post_message(Written(self.pane, self.text))

    def action_do_edit_outside(self) -> None:
        """Edit the text in the user's own editor."""
        self.post_message(EditorWanted(self.pane))

    def action_do_preview_draws(self) -> None:
        """Show what pictures would draw from the text."""
        self.post_message(DrawsWanted(self.pane))

    def action_do_open_wildcard(self) -> None:
        """Edit the file of the wildcard at the cursor."""
        from sdtui.ui.writing.wildcardat import wildcard_at

        name = wildcard_at(self.text, self.cursor_offset)
        self.post_message(WildcardWanted(name) if name else Told("No wildcard is here: __name__ is one."))

    def action_do_show_wildcard(self) -> None:
        """Go to the wildcard at the cursor, in its room."""
        from sdtui.ui.writing.wildcardat import wildcard_at

        self.post_message(WildcardShown(wildcard_at(self.text, self.cursor_offset)))

    def action_do_selection_to_wildcard(self) -> None:
        """Make a wildcard of the selection."""
        start, end = self.selected
        self.post_message(SelectionWanted(self.pane, start, end))

    def replace_part(self, start: int, end: int, text: str) -> None:
        """Put a text in place of a part; one undo brings it back."""
        self._replace_at_once(start, end, text)
