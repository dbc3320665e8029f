"""What the user sets in the form: parameters, models, the seed that is kept."""

from __future__ import annotations

from sdtui.spec.params import Scalar
from sdtui.ui.draft import Draft
from sdtui.ui.form.form import CHECKPOINT, REFINER, VAE, FormData, stepped
from sdtui.ui.showing.looking import Looking
from sdtui.ui.state import StudioState
from sdtui.ui.view import StudioView


class FormOrders:
    """Each changes the draft; what came of it is said where it is not seen."""

    def __init__(self, state: StudioState, draft: Draft, looking: Looking, view: StudioView) -> None:
        self._state = state
        self._draft = draft
        self._looking = looking
        self._view = view

    def data(self) -> FormData:
        """What the parameters form is about."""
        document = self._draft.document
        record = self._state.checkpoint(document.checkpoint)
        return FormData(document, record, self._state.names_of("checkpoint"), self._state.names_of("vae"))

    def set_param(self, name: str, value: Scalar | None) -> None:
        """Set a parameter, or with None or its default give it its default back."""
        self._draft.set_param(name, None if value == self.data().default(name) else value)
        self._view.studio_changed(frozenset({"form"}))

    def step_param(self, name: str, steps: int) -> None:
        """A field's value so many steps on; checkpoint, VAE and refiner are fields, too."""
        form = self.data()
        if name in (VAE, REFINER):
            self.choose(**{name: form.stepped_vae(steps) if name == VAE else form.stepped_refiner(steps)})
        elif name != CHECKPOINT:
            self.set_param(name, stepped(name, form.value(name), steps))
        elif form.checkpoints:
            self.choose(checkpoint=form.stepped_checkpoint(steps))
        else:
            self._view.say("No checkpoint is known yet: the server has not answered.")

    def choose(self, **models: str) -> None:
        """Use this checkpoint, whose defaults take effect for what is not set, or this VAE; nothing is the usual one."""
        self._draft.change(**models)
        self._view.studio_changed(frozenset({"form", "workers"}))

    def lock_seed(self) -> None:
        """Keep the selected picture's seed; where that is kept already, or there is no picture, let the seed go."""
        job, kept = self._looking.job, self._draft.document.params.get("seed", -1)
        shown = self._looking.render
        if kept != -1 and (shown is None or shown.seed == kept):
            self.set_param("seed", None)
            self._view.say("Each job draws a new seed.")
            return
        if job is None or shown is None:
            self._view.say("There is no picture yet whose seed could be kept.", error=True)
            return
        self.set_param("seed", shown.seed)
        self._view.say(f"Seed {shown.seed} of job #{job.id} is kept.")
