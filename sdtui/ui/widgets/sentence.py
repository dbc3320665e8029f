"""A sentence in the middle of a place, folded to its width."""

from __future__ import annotations

from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget

from sdtui.ui.widgets.line import strip_of

MARGIN_CELLS = 2


def sentence_line(text: str, y: int, widget: Widget) -> Strip:
    """Row `y` of a widget that shows nothing but this sentence."""
    width, height = widget.size
    lines = Content(text).wrap(max(1, width - 2 * MARGIN_CELLS)) if text else []
    at = y - max(0, (height - len(lines)) // 2)
    if not 0 <= at < len(lines):
        return strip_of(Content(), width, widget)
    line = lines[at].rstrip()
    return strip_of(line.pad_left((width - line.cell_length) // 2), width, widget)


class Sentence(Widget):
    """Shows a sentence and nothing else."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._text = ""

    def show(self, text: str) -> None:
        """Show this from now on."""
        if text != self._text:
            self._text = text
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """A row of it."""
        return sentence_line(self._text, y, self)
