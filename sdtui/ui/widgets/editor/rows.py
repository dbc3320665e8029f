"""One row of an editor: characters and the looks laid over them, as few segments as there are different looks."""

from __future__ import annotations

from itertools import groupby

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip


class Row:
    """Characters `start` up to `start + len(text)` of the whole text; looks are laid on one after another."""

    def __init__(self, text: str, start: int, ground: Style) -> None:
        self.text = text
        self.start = start
        self._styles = [ground] * len(text)

    @property
    def end(self) -> int:
        """Where the row ends in the whole text."""
        return self.start + len(self.text)

    def lay(self, start: int, end: int, style: Style) -> None:
        """Lay a look on these characters of the whole text, as far as they are in the row."""
        if not style:
            return
        for at in range(max(0, start - self.start), min(len(self.text), end - self.start)):
            self._styles[at] = self._styles[at] + style

    def insert(self, place: int, text: str, style: Style) -> None:
        """Put characters in that are not in the whole text, which are only to be seen."""
        at = place - self.start
        if 0 <= at <= len(self.text):
            self.text = self.text[:at] + text + self.text[at:]
            self._styles[at:at] = [style] * len(text)

    def strip(self, width: int, ground: Style) -> Strip:
        """The row, as wide as that."""
        if not self.text.isascii():
            self._join()
        segments: list[Segment] = []
        at = 0
        for style, group in groupby(self._styles):
            length = sum(1 for _ in group)
            segments.append(Segment(self.text[at : at + length], style))
            at += length
        return Strip(segments).adjust_cell_length(width, ground)

    def _join(self) -> None:
        """What combines with the character before it has its look: apart, a terminal might draw it apart."""
        for at in range(1, len(self.text)):
            character = self.text[at]
            if self.text[at - 1] == "\u200d" or (not character.isascii() and get_character_cell_size(character) == 0):
                self._styles[at] = self._styles[at - 1]
