"""Every model file that was found: checkpoints are loaded from here, LoRAs and embeddings put into the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.content import Content

from sdtui.ui.commands.bindings import bindings
from sdtui.ui.messages import ModelUsed, RescanWanted
from sdtui.ui.widgets.filtered import FilteredRows
from sdtui.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from sdtui.spec.model import ModelKind, ModelRecord
    from sdtui.ui.commands.table import PaneId
    from sdtui.ui.models.list import ModelList

ASKING = "Asking the server for the models…"
FOOT_ROWS = 2


class ModelsPane(FilteredRows):
    """Until `show` is called the server is being asked. The last rows are about the model under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("models")]
    foot_rows = FOOT_ROWS

    def __init__(self) -> None:
        super().__init__(self._row, choosable=True, empty=ASKING, id="models")
        self.border_title = self.title = "7 Models"
        self._list: ModelList | None = None
        self._kind: ModelKind | None = None
        self._checkpoint: ModelRecord | None = None
        self._texts: dict[PaneId, str] = {}
        self._vae = ""

    def show(self, records: Sequence[ModelRecord], checkpoint: ModelRecord | None, vae: str = "") -> None:
        """Show these models, and which do not go with the checkpoint in use; `vae` is the one that was chosen."""
        from sdtui.ui.models.list import ModelList

        self._list = self._list or ModelList()
        before = self._here
        self._checkpoint, self._vae = checkpoint, vae
        if self._list.update(records):
            self._relist(before)
        else:
            self.refresh()

    def note_text(self, pane: PaneId, text: str) -> None:
        """The text of an editor, whose models are marked."""
        if self._texts.get(pane) != text:
            self._texts[pane] = text
            if self.display:
                self.refresh()

    def filter_changed(self) -> None:
        """Show the models whose names have the letters."""
        self._relist()

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Nobody else has to know."""
        event.stop()

    # commands

    def action_do_use_model(self) -> None:
        """Load it, or put it into the prompt."""
        self._use(negative=False)

    def action_do_use_in_negative(self) -> None:
        """Put it into the negative prompt."""
        self._use(negative=True)

    def _use(self, *, negative: bool) -> None:
        from sdtui.ui.models.list import misfit

        record = self._here
        if record is not None:
            reason = misfit(record, self._checkpoint)
            self.post_message(ModelUsed(record, record.problem or reason, negative=negative))

    def action_do_filter_models(self) -> None:
        """Type a filter."""
        self.start_filter()

    def action_do_next_kind(self) -> None:
        """Only models of the next kind."""
        self._turn(1)

    def action_do_previous_kind(self) -> None:
        """Only models of the kind before."""
        self._turn(-1)

    def action_do_rescan(self) -> None:
        """Look through the folders again."""
        self.post_message(RescanWanted())

    def _turn(self, by: int) -> None:
        if self._list is not None:
            before = self._here
            kinds: list[ModelKind | None] = [None, *self._list.kinds()]
            at = kinds.index(self._kind) if self._kind in kinds else 0
            self._kind = kinds[(at + by) % len(kinds)]
            self._relist(before)

    # lines

    @property
    def _here(self) -> ModelRecord | None:
        """What the cursor is on."""
        shown = self._list.shown if self._list is not None else ()
        return shown[self.cursor] if self.cursor is not None and self.cursor < len(shown) else None

    def _relist(self, keep: ModelRecord | None = None) -> None:
        """Filter anew, the cursor staying on a record where it is still to be seen."""
        if self._list is None:
            return
        from sdtui.ui.models.list import KINDS

        self._list.filter(self.words, self._kind)
        shown = self._list.shown
        row = next((row for row, record in enumerate(shown) if keep is not None and record.path == keep.path), 0)
        self.empty = "No model has these letters." if self.words else "No model folder holds one."
        self.update(len(shown), row)
        what = KINDS[self._kind][1] if self._kind is not None else "all kinds"
        of = f"{len(shown)} of {self._list.total}" if len(shown) != self._list.total else str(len(shown))
        self.border_subtitle = f"‹ {what} › {of}"

    def _row(self, row: int, width: int) -> Content:
        from sdtui.ui.models.list import misfit
        from sdtui.ui.models.row import model_row

        if self._list is None:
            return Content()
        record = self._list.shown[row]
        unfit = bool(misfit(record, self._checkpoint))
        return model_row(record, width, in_use=self._in_use(record), unfit=unfit)

    def _in_use(self, record: ModelRecord) -> bool:
        from sdtui.ui.writing.tagging import names_in

        if record.kind == "checkpoint":
            return self._checkpoint is not None and self._checkpoint.path == record.path
        if record.kind == "vae":
            return self._vae == record.name
        if self._list is None or record.kind not in {"lora", "hypernetwork", "embedding"}:
            return False
        called = self._list.called(record.kind)
        return any(names_in(text, record, called) for text in self._texts.values())

    def foot(self, row: int, width: int) -> Content:
        """About the model under the cursor; the last row takes what is left over."""
        from sdtui.ui.models.list import misfit
        from sdtui.ui.models.row import about_model

        record = self._here
        if record is None:
            return Content()
        said = about_model(record, misfit(record, self._checkpoint)).wrap(max(1, width))
        if row == FOOT_ROWS - 1:
            return Content(" ").join(said[row:])
        return said[row] if row < len(said) else Content()
