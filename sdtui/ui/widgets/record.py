"""What a picture says of itself: several lines, folded to the width."""

from __future__ import annotations

from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget

from sdtui.ui.text import editable
from sdtui.ui.widgets.line import strip_of


class Record(Widget):
    """What a picture was made from, as it says itself, folded to the width."""

    def __init__(self) -> None:
        super().__init__(id="record")
        self._lines: list[Content] = []

    def show(self, text: str, width: int, most: int) -> None:
        """Show these lines in at most so many rows."""
        said = editable(text) or "The picture says nothing about how it was made."
        self._lines = [
            Content(" ").append(line) for part in said.split("\n") for line in Content(part).wrap(max(1, width - 2))
        ]
        self.styles.height = max(1, min(len(self._lines), most))
        self.refresh(layout=True)

    def render_line(self, y: int) -> Strip:
        """A row of it."""
        return strip_of(self._lines[y] if y < len(self._lines) else Content(), self.size.width, self)
