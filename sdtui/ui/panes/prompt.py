"""The prompt and the negative prompt, each with its count of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import TextArea

from sdtui.ui.commands import PaneId
from sdtui.ui.messages import Written
from sdtui.ui.reading import Reading
from sdtui.ui.widgets.editor import PromptEditor
from sdtui.ui.widgets.tabs import NUMBER

if TYPE_CHECKING:
    from sdtui.prompt.chunks import Count


class PromptPane(PromptEditor):
    """One of the two editors; says what is written in it."""

    def __init__(self, pane: PaneId, title: str, placeholder: str) -> None:
        super().__init__(id=pane, placeholder=placeholder, reading=Reading(negative=pane == "negative"))
        self.pane = pane
        self.border_title = f"{NUMBER[pane]} {title}"

    def show_tokens(self, count: Count) -> None:
        """Show how many tokens are in use, of how many that fit."""
        self.border_subtitle = f"{count.used}/{count.limit}"

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Say what is written."""
        event.stop()
        self.post_message(Written(self.pane, self.text))
