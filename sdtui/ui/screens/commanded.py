"""What panes and keys ask of the studio, taken to its presenter."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sdtui.ui.layout import ALL
from sdtui.ui.messages import (
    CancelWanted,
    CheckpointChosen,
    DetailsWanted,
    HoldWanted,
    JobSelected,
    MoveWanted,
    ParamReset,
    ParamSet,
    ParamStepped,
    RefinerChosen,
    RetryWanted,
    Told,
    UseWanted,
    VaeChosen,
    Written,
)
from sdtui.ui.panes.jobs import JobsPane
from sdtui.ui.panes.parameters import ParametersPane
from sdtui.ui.screens.arranged import ArrangedScreen
from sdtui.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from sdtui.ui.commands.keys import Keys
    from sdtui.ui.presenter import StudioPresenter
    from sdtui.ui.terminal.link import TerminalLink
    from sdtui.ui.writing.language import Language

STARTING = "The studio is still starting; this is done as soon as it has."


class CommandedScreen(ArrangedScreen):
    """One method a message or command; nothing here outlives the call."""

    def __init__(self, keys: Keys, viewer: str) -> None:
        super().__init__(keys)
        self._presenter: StudioPresenter | None = None
        self._wishes: list[Callable[[StudioPresenter], None]] = []
        self._terminal: TerminalLink | None = None
        self._sights: list[Callable[[TerminalLink], None]] = []
        self._language: Language | None = None
        self._viewer = viewer

    def say(self, text: str, *, error: bool = False) -> None:
        """Show a sentence on the notice line."""
        self.query_one(Notice).say(text, error=error)

    def job_queued(self, job_id: int, count: int) -> None:
        """Say so, and how more than one picture is taken back."""
        from sdtui.ui.jobs.orders import pictures

        key = self._keys.shown("cancel")
        back = f"; {key} takes them back" if count > 1 and key else ""
        self.say(f"Job #{job_id} is queued: {pictures(count)}{back}.")

    # what panes say

    def on_written(self, message: Written) -> None:
        """A prompt is another one."""
        if self._presenter is not None:
            self._presenter.write(message.pane, message.text)
        if self._language is not None:
            self._language.judge()

    def on_told(self, message: Told) -> None:
        """A sentence is to be shown."""
        self.say(message.text)

    def on_param_set(self, message: ParamSet) -> None:
        """A parameter is set."""
        self._with_presenter(lambda presenter: presenter.form.set_param(message.name, message.value))

    def on_param_reset(self, message: ParamReset) -> None:
        """A parameter has its default again."""
        self._with_presenter(lambda presenter: presenter.form.set_param(message.name, None))

    def on_param_stepped(self, message: ParamStepped) -> None:
        """A parameter takes its next value."""
        self._with_presenter(lambda presenter: presenter.form.step_param(message.name, message.steps))

    def on_vae_chosen(self, message: VaeChosen) -> None:
        """Another VAE is to be used."""
        self._with_presenter(lambda presenter: presenter.form.choose(vae=message.name))

    def on_refiner_chosen(self, message: RefinerChosen) -> None:
        """Another refiner is to be used."""
        self._with_presenter(lambda presenter: presenter.form.choose(refiner=message.name))

    def on_checkpoint_chosen(self, message: CheckpointChosen) -> None:
        """Another checkpoint is to be used."""
        self._with_presenter(lambda presenter: presenter.form.choose(checkpoint=message.name))

    def on_job_selected(self, message: JobSelected) -> None:
        """Another job is looked at."""
        self._with_presenter(lambda presenter: presenter.select(message.job_id, message.render_id))
        self.query_one(JobsPane).taken(message.job_id, message.render_id)

    def on_cancel_wanted(self, message: CancelWanted) -> None:
        """A job is to be taken back."""
        self._with_presenter(lambda presenter: presenter.orders.cancel(message.job_id))

    def on_retry_wanted(self, message: RetryWanted) -> None:
        """A job is to be tried again."""
        self._with_presenter(lambda presenter: presenter.orders.retry(message.job_id))

    def on_hold_wanted(self, message: HoldWanted) -> None:
        """A job is to wait, or to wait no longer."""
        self._with_presenter(lambda presenter: presenter.orders.hold(message.job_id, held=message.held))

    def on_move_wanted(self, message: MoveWanted) -> None:
        """A job is to come earlier or later."""
        self._with_presenter(lambda presenter: presenter.orders.move(message.job_id, message.by))

    def on_use_wanted(self, message: UseWanted) -> None:
        """A job's document is wanted in the form, instead of what is typed there."""
        self._take_texts()
        self._with_presenter(lambda presenter: presenter.orders.use(message.job_id, message.render_id))

    def on_details_wanted(self, message: DetailsWanted) -> None:
        """Everything about a job is to be told."""
        from sdtui.ui.screens.details import DetailsScreen

        presenter = self._presenter
        job = presenter.state.jobs.get(message.job_id) if presenter is not None else None
        if job is not None:
            self.app.push_screen(DetailsScreen(job, message.render_id, self._keys))

    def _with_presenter(self, act: Callable[[StudioPresenter], None]) -> None:
        if self._presenter is None:
            self._wishes.append(act)
            self.say(STARTING)
        else:
            act(self._presenter)

    def grant_wishes(self, presenter: StudioPresenter) -> None:
        """Do what was asked for before there was a presenter."""
        wishes, self._wishes = self._wishes, []
        for act in wishes:
            act(presenter)

    def _with_terminal(self, act: Callable[[TerminalLink], None]) -> None:
        if self._terminal is None:
            self._sights.append(act)
            self.say(STARTING)
        else:
            act(self._terminal)

    def grant_sights(self, terminal: TerminalLink) -> None:
        """Do what was asked for before it was known how to paint."""
        sights, self._sights = self._sights, []
        for act in sights:
            act(terminal)

    # commands

    def action_do_generate(self) -> None:
        """Queue the document, after the keys that came before this one."""
        (self.focused or self).call_later(self._settle)

    def _settle(self) -> None:
        """Take over what is typed into the form; what it says about that comes before the document is queued."""
        form = self.query_one(ParametersPane)
        wrong = form.settle()
        if wrong:
            self.say(wrong, error=True)
            self.go("parameters")
        else:
            form.call_later(self.call_later, self._generate)

    def _generate(self) -> None:
        self._take_texts()
        self._with_presenter(lambda presenter: presenter.generate())
        self.reveal("preview")

    def _take_texts(self) -> None:
        if self._presenter is not None and self.is_standing:
            self._presenter.write("prompt", self.editor("prompt").text)
            self._presenter.write("negative", self.editor("negative").text)

    def action_do_cancel(self) -> None:
        """Take back the selected or running job."""
        self._with_presenter(lambda presenter: presenter.orders.cancel())

    def action_do_skip_chore(self) -> None:
        """Give up hashing."""
        self._with_presenter(lambda presenter: presenter.orders.skip_chore())

    def action_do_lock_seed(self) -> None:
        """Keep the selected picture's seed, or let it go."""
        self._with_presenter(lambda presenter: presenter.form.lock_seed())

    def action_do_jump(self) -> None:
        """Let the next key choose a pane."""
        from sdtui.ui.screens.jump import JumpScreen

        places = {pane: found.region for pane in ALL for found in self.query(f"#{pane}") if found.display}
        self.app.push_screen(JumpScreen(places, self.go, self._keys))
