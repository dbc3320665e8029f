"""What is done with what there is to choose from: checkpoints, sizes, pictures of the history. Knows no widget."""

from __future__ import annotations

from msgspec.structs import replace

from sdtui.errors import SdtuiError
from sdtui.prompt.calling import Called
from sdtui.spec.model import ModelKind, ModelRecord
from sdtui.spec.params import FIELD
from sdtui.ui.form.aspects import next_ratio, sides_of
from sdtui.ui.models.list import KINDS
from sdtui.ui.presenter import StudioPresenter
from sdtui.ui.showing.thumbnails import Thumbnails
from sdtui.ui.view import StudioView

SIDES = ("width", "height")


class Chooser:
    """Beside the presenter, whose state it changes and whose connection it speaks through."""

    def __init__(self, presenter: StudioPresenter, view: StudioView) -> None:
        self._presenter = presenter
        self._view = view
        self.thumbnails = Thumbnails(lambda: presenter.connection.client)

    def load(self, record: ModelRecord) -> None:
        """Use a checkpoint from now on; the worker loads it with the next job, which the status line tells."""
        already = self._presenter.form.data().record == record
        if not already:
            self._presenter.form.choose(checkpoint=record.name)
        said = "is in use already." if already else "is used from now on; the next job loads it."
        self._view.say(f"The checkpoint {record.name} {said}")

    def called(self, kind: ModelKind) -> Called:
        """The models of a kind by their names."""
        return Called(record for record in self._presenter.state.models if record.kind == kind)

    def take_vae(self, record: ModelRecord) -> None:
        """Use a VAE instead of the checkpoint's own, or no longer."""
        draft = self._presenter.draft
        taken = draft.document.vae != record.name
        draft.change(vae=record.name if taken else "")
        self._view.studio_changed(frozenset({"form", "workers"}))
        said = (
            "is used from now on, whatever the checkpoint." if taken else "is used no longer; the checkpoint's own is."
        )
        self._view.say(f"The VAE {record.name} {said}")

    def refuse(self, record: ModelRecord, reason: str) -> None:
        """Say why a model cannot be used."""
        kind = KINDS[record.kind][0]
        self._view.say(
            reason or f"{record.name}: a prompt cannot name a file of this kind ({kind}).", error=bool(reason)
        )

    def rescan(self) -> None:
        """Look through the model folders again."""
        self._view.say("Looking through the model folders…")
        self._view.spawn(self._rescan())

    async def _rescan(self) -> None:
        try:
            records = await self._presenter.connection.demand().models(refresh=True)
        except SdtuiError as error:
            self._view.complain(str(error))
            return
        self._presenter.state.models = records
        self._view.studio_changed(frozenset({"form", "workers"}))
        self._view.say(f"The model folders hold {len(records)} model{'' if len(records) == 1 else 's'}.")

    def swap_sides(self) -> None:
        """Swap width and height."""
        form = self._presenter.form.data()
        width, height = form.value("width"), form.value("height")
        self._set_sides(int(height), int(width))
        self._view.say(f"The picture is {height}×{width} now.")

    def next_aspect(self) -> None:
        """The next aspect preset, at the checkpoint's own number of pixels."""
        form = self._presenter.form.data()
        budget = int(form.default("width")) * int(form.default("height"))
        ratio = next_ratio(int(form.value("width")), int(form.value("height")), budget)
        width, height = sides_of(ratio, budget)
        self._set_sides(width, height)
        self._view.say(f"{ratio[0]}:{ratio[1]}, {width}×{height}.")

    def _set_sides(self, width: int, height: int) -> None:
        for name, value in zip(SIDES, (width, height), strict=True):
            self._presenter.form.set_param(name, value)

    def reset_form(self) -> None:
        """Every parameter's default again."""
        draft = self._presenter.draft
        count = sum(name in FIELD for name in draft.document.params)
        draft.document = replace(draft.document, params={})
        self._view.studio_changed(frozenset({"form"}))
        self._view.say(f"{count} parameter{' has its' if count == 1 else 's have their'} default again.")
