"""One line of text that ends in an ellipsis where the screen does."""

from __future__ import annotations

from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget


def strip_of(content: Content, width: int, widget: Widget) -> Strip:
    """A line of content as wide as that, in the widget's own colours."""
    style = widget.visual_style
    cut = content.truncate(width, ellipsis=True)
    return Strip(cut.render_segments(style), cut.cell_length).adjust_cell_length(width, style.rich_style)


class Line(Widget):
    """A widget of one row; `show` gives it another text."""

    DEFAULT_CSS = "Line { height: 1; }"

    def __init__(self, text: str | Content = "", *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.content = Content(text) if isinstance(text, str) else text

    def show(self, text: str | Content) -> None:
        """Show this from now on."""
        content = Content(text) if isinstance(text, str) else text
        if not content.is_same(self.content):
            self.content = content
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line; there is nothing below it."""
        return strip_of(self.content if y == 0 else Content(), self.size.width, self)
