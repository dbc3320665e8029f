"""A text editor for prompts: emphasis in colours by its weight, brackets dimmed, long lines wrapped."""

from __future__ import annotations

from bisect import bisect_right
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.document._document import Location
from textual.events import Paste
from textual.widgets import TextArea
from textual.widgets.text_area import Selection

from sdtui.ui.bindings import bindings
from sdtui.ui.reading import Reading
from sdtui.ui.text import editable
from sdtui.ui.weighting import change_weight
from sdtui.ui.widgets.colours import span_style

if TYPE_CHECKING:
    from sdtui.prompt.highlight import Span

PARSED_AT_ONCE = 6000
"""Characters; longer texts are parsed in a thread, so that a paste never stops the screen."""


class PromptEditor(TextArea):
    """Plain TextArea until `colour` is called, which loads the parser."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("editor"),
        Binding("ctrl+home", "go_to_start", show=False),
        Binding("ctrl+end", "go_to_end", show=False),
        Binding("ctrl+shift+home", "go_to_start(True)", show=False),
        Binding("ctrl+shift+end", "go_to_end(True)", show=False),
    ]

    def __init__(self, *, placeholder: str, reading: Reading, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, soft_wrap=True, placeholder=placeholder, highlight_cursor_line=False)
        self.cursor_blink = False
        self.reading = reading
        self._coloured = False
        self._parsed: str | None = None
        self._spans: tuple[Span, ...] = ()
        self._starts: list[int] = []
        self._line_starts: list[int] = []

    def colour(self) -> None:
        """Colour the text by its meaning from now on."""
        self._coloured = True
        self._repaint()

    def read_as(self, *, marked: bool) -> None:
        """Read brackets as marks, or as text."""
        if marked != self.reading.marked:
            self.reading = self.reading._replace(marked=marked)
            self._parsed = None
            self._repaint()

    def put(self, text: str) -> None:
        """Show another text, the cursor staying as near as can be; the undo history begins anew."""
        text = editable(text)
        if text != self.text:
            at = self.cursor_location
            self.load_text(text)
            self.move_cursor(at)

    def take(self, text: str) -> None:
        """Show another text; one undo brings this one back."""
        text = editable(text)
        if text != self.text:
            self.history.checkpoint()
            self.replace(text, self.document.start, self.document.end, maintain_selection_offset=False)
            self.history.checkpoint()

    # drawing

    def get_line(self, line_index: int) -> Text:
        """The line in its colours."""
        line = super().get_line(line_index)
        if not self._coloured:
            return line
        self._parse()
        if self._parsed is None or line_index >= len(self._line_starts):
            return line
        start = self._line_starts[line_index]
        end = start + len(line.plain)
        dark = self.app.current_theme.dark
        for span in self._spans[max(0, bisect_right(self._starts, start) - 1) :]:
            if span.start >= end:
                break
            style = span_style(span.kind, span.weight, dark)
            line.stylize(style, max(0, span.start - start), min(end, span.end) - start)
        return line

    def _parse(self) -> None:
        text = self.text
        if text == self._parsed:
            return
        if len(text) <= PARSED_AT_ONCE:
            self._take(text, _spans_of(text, self.reading))
        else:
            self._parsed = None
            self.run_worker(partial(self._parse_aside, text), thread=True, exclusive=True, group="parse")

    def _parse_aside(self, text: str) -> None:
        spans = _spans_of(text, self.reading)
        self.app.call_from_thread(self._take_aside, text, spans)

    def _take_aside(self, text: str, spans: tuple[Span, ...]) -> None:
        if text == self.text:
            self._take(text, spans)
            self._repaint()

    def _take(self, text: str, spans: tuple[Span, ...]) -> None:
        self._parsed, self._spans = text, spans
        self._starts = [span.start for span in spans]
        self._line_starts, at = [], 0
        for line in text.split("\n"):
            self._line_starts.append(at)
            at += len(line) + 1

    def _repaint(self) -> None:
        self._line_cache.clear()
        self.refresh()

    # keys

    def on_paste(self, event: Paste) -> None:
        """Let in only what could have been typed."""
        event.text = editable(event.text)

    def action_go_to_start(self, select: bool = False) -> None:
        """To the beginning of the text."""
        self.move_cursor((0, 0), select=select)

    def action_go_to_end(self, select: bool = False) -> None:
        """To the end of the text."""
        self.move_cursor(self.document.end, select=select)

    def action_do_weight_up(self) -> None:
        """Raise the weight of the word or selection."""
        self._change_weight(1)

    def action_do_weight_down(self) -> None:
        """Lower the weight of the word or selection."""
        self._change_weight(-1)

    def _change_weight(self, steps: int) -> None:
        top, bottom = sorted(self.selection)
        empty = top == bottom
        change = change_weight(self.text, self._index(top), self._index(bottom), steps)
        if change is None:
            return
        self.history.checkpoint()
        self.replace(
            change.text, self._location(change.start), self._location(change.end), maintain_selection_offset=False
        )
        self.history.checkpoint()
        start, end = self._location(change.select_start), self._location(change.select_end)
        self.selection = Selection(end, end) if empty else Selection(start, end)

    def _index(self, location: Location) -> int:
        row, column = location
        return sum(len(self.document.get_line(line)) + 1 for line in range(row)) + column

    def _location(self, index: int) -> Location:
        for row in range(self.document.line_count):
            length = len(self.document.get_line(row))
            if index <= length:
                return (row, index)
            index -= length + 1
        return self.document.end


def _spans_of(text: str, reading: Reading) -> tuple[Span, ...]:
    from sdtui.prompt.highlight import spans
    from sdtui.prompt.parser import parse, plain

    read = parse if reading.marked else plain
    return spans(read(text, negative=reading.negative))
