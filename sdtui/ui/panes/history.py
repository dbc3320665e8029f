"""The newest finished pictures as a strip."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from sdtui.ui.bindings import bindings
from sdtui.ui.widgets.rows import LETTERS, Rows


class HistoryPane(Rows):
    """The strip of pictures."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("history"), *LETTERS]

    def __init__(self) -> None:
        super().__init__(self._row, choosable=True, empty="No picture is finished yet.", id="history")
        self.border_title = "8 History"

    def _row(self, row: int, width: int) -> Content:
        return Content()
