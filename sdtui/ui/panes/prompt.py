"""The prompt and the negative prompt, each with what is counted and what is odd on its border."""

from __future__ import annotations

from textual.widgets import TextArea

from sdtui.ui.commands import PaneId
from sdtui.ui.messages import Written
from sdtui.ui.reading import Reading
from sdtui.ui.widgets.editor import PromptEditor
from sdtui.ui.widgets.tabs import NUMBER


class PromptPane(PromptEditor):
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
