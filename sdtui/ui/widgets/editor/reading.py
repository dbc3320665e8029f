"""A text that is read as a prompt: at once where that is quick, else beside the event loop, what is seen first."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sdtui.ui.widgets.editor.paint import PaintedText
from sdtui.ui.widgets.editor.places import difference
from sdtui.ui.writing.reading import Reading

if TYPE_CHECKING:
    from sdtui.ui.writing.understanding import Understood

READ_AT_ONCE = 6000
"""Characters; longer texts are read in a thread, so that a paste never stops the screen."""


class ReadText(PaintedText):
    """Keeps its marks about the text that is written now; `colour` begins with it."""

    def __init__(self, *, placeholder: str, reading: Reading, id: str) -> None:  # noqa: A002 - Textual's name
        self.reading = reading
        self._coloured = False
        self._known = ""
        self._reading_aside = False
        super().__init__(placeholder=placeholder, id=id)

    def colour(self) -> None:
        """Colour the text by its meaning from now on."""
        self._coloured = True
        self._repaint()

    def read_as(self, *, marked: bool) -> None:
        """Read brackets as marks, or as text."""
        if marked != self.reading.marked:
            self.reading = self.reading._replace(marked=marked)
            self.marks.forget()
            self._repaint()

    def show_step(self, step: int, steps: int | None) -> None:
        """Dim what does not hold at a step (from 1) of so many; with None everything holds."""
        if self.marks.show_step((step, steps) if steps else None):
            self._repaint()

    def _build_highlight_map(self) -> None:
        super()._build_highlight_map()
        text = self.text
        if text != self._known:
            self.marks.edited(*difference(self._known, text))
            self._known = text

    def catch_up(self) -> None:
        """Read the text if it is another one than was read last; a long one is read soon."""
        text = self._known
        if not self._coloured or self.marks.understood == text:
            return
        if len(text) <= READ_AT_ONCE:
            from sdtui.ui.writing.understanding import understand

            self.marks.understand(understand(text, self.reading))
            self._line_cache.clear()
        elif not self._reading_aside:
            self._reading_aside = True
            self._glance(text)
            self.run_worker(self._read_aside(), group="read")

    def _glance(self, text: str) -> None:
        """Read what is to be seen by itself, where nothing is known of it yet."""
        rows = self.wrapped_document._offset_to_line_info
        top = min(self.scroll_offset.y, len(rows) - 1)
        line, section = rows[top]
        start = self._starts[line] + [0, *self.wrapped_document.get_offsets(line)][section]
        end = min(len(text), start + self.size.area)
        if next(self.marks.spans(start, end), None) is None or all(
            span.kind == "text" and span.weight == 1.0 for span in self.marks.spans(start, end)
        ):
            from sdtui.ui.writing.understanding import understand

            self.marks.glance(understand(text[start:end], self.reading).spans, start, len(text))
            self._line_cache.clear()

    async def _read_aside(self) -> None:
        try:
            known: Understood | None = None
            while known is None or known.text != self._known:
                known = await asyncio.to_thread(_understand, self._known, self.reading)
        finally:
            self._reading_aside = False
        self.marks.understand(known)
        self._repaint()

    def _repaint(self) -> None:
        self._line_cache.clear()
        self.refresh()


def _understand(text: str, reading: Reading) -> Understood:
    from sdtui.ui.writing.understanding import understand

    return understand(text, reading)
