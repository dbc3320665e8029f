"""Every model file that was found: checkpoints are loaded from here, LoRAs and embeddings put into the prompt."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from sdtui.ui.bindings import bindings
from sdtui.ui.widgets.rows import LETTERS, Rows


class ModelsPane(Rows):
    """The list of models."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("models"), *LETTERS]

    def __init__(self) -> None:
        super().__init__(self._row, choosable=True, empty="Asking the server for the models…", id="models")
        self.border_title = "7 Models"

    def _row(self, row: int, width: int) -> Content:
        return Content()
