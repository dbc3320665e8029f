"""The list of jobs and their pictures: where each stands; the selected one is what the preview shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.content import Content

from sdtui.ui.commands.bindings import bindings
from sdtui.ui.jobs.list import JobList
from sdtui.ui.messages import (
    CancelWanted,
    DetailsWanted,
    HoldWanted,
    JobSelected,
    MoveWanted,
    PaneWanted,
    RetryWanted,
    UseWanted,
)
from sdtui.ui.widgets.filtered import FilteredRows
from sdtui.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from sdtui.spec.jobview import JobView
    from sdtui.ui.jobs.list import Entry


class JobsPane(FilteredRows):
    """Newest job first; until `show` is called the server is being asked."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("jobs")]

    def __init__(self) -> None:
        super().__init__(self._row, choosable=True, empty="Asking the server for the jobs…", id="jobs")
        self.border_title = self.title = "4 Jobs"
        self._jobs: Sequence[JobView] = ()
        self._list = JobList()
        self._positions: Mapping[int, int] = {}
        self._held: Collection[int] = ()
        self._selected: tuple[int, str] = (0, "")
        self._chosen: tuple[int, str] | None = None

    def show(
        self,
        jobs: Sequence[JobView],
        positions: Mapping[int, int],
        selected: int,
        *,
        picked: str = "",
        held: Collection[int] = (),
    ) -> None:
        """Show these jobs, oldest first, with their places in line, and which one is selected (and of it which picture).

        A choice made here that the screen has not taken yet comes before `selected`: a key must not act on another job.
        """
        self._jobs, self._positions, self._held = jobs, positions, held
        self._selected = (selected, picked)
        self.empty = "No jobs yet. Generate queues one."
        self._relist()
        unfinished = sum(not job.ended for job in jobs)
        self.border_subtitle = f"{unfinished} unfinished" if unfinished else None

    def taken(self, job_id: int, render_id: str = "") -> None:
        """The screen knows of this choice."""
        if self._chosen == (job_id, render_id):
            self._chosen = None

    def filter_changed(self) -> None:
        """Show the jobs that have the words."""
        self.empty = "No job has all of these words." if self.words else "No jobs yet. Generate queues one."
        self._relist()

    def action_move_to(self, row: int, clamp: bool = False) -> None:
        """Choose a job or a picture."""
        before = self.cursor
        super().action_move_to(row, clamp)
        if self.cursor is not None and self.cursor != before:
            self._chosen = self._list.entry(self.cursor).key

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Say what the cursor is on."""
        event.stop()
        if self._chosen is not None:
            self.post_message(JobSelected(*self._chosen))

    # commands

    def action_do_open_job(self) -> None:
        """Unfold a job of many pictures; show a picture; say why there is none."""
        entry = self._here
        if entry is None:
            return
        if entry.render is None and len(entry.job.renders) > 1:
            self._fold(folded=self._list.is_unfolded(entry.job.id))
            return
        render = entry.render or entry.job.renders[0]
        self.post_message(JobSelected(*entry.key))
        self.post_message(DetailsWanted(*entry.key) if render.state == "failed" else PaneWanted("preview"))

    def action_do_unfold_job(self) -> None:
        """Give the job's pictures lines."""
        self._fold(folded=False)

    def action_do_fold_job(self) -> None:
        """Take the lines of the job's pictures away."""
        self._fold(folded=True)

    def action_do_cancel_job(self) -> None:
        """Take the selected job back."""
        self._say(CancelWanted)

    def action_do_retry_job(self) -> None:
        """Try the selected job's failed and cancelled pictures again."""
        self._say(RetryWanted)

    def action_do_use_job(self) -> None:
        """Take what the job was made from into the form."""
        if self._here is not None:
            self.post_message(UseWanted(*self._here.key))

    def action_do_job_details(self) -> None:
        """Tell everything about the job or picture."""
        if self._here is not None:
            self.post_message(DetailsWanted(*self._here.key))

    def action_do_hold_job(self) -> None:
        """Keep the job back, or let it on."""
        if self._here is not None:
            job_id = self._here.job.id
            self.post_message(HoldWanted(job_id, held=job_id not in self._held))

    def action_do_move_job_up(self) -> None:
        """Let the job come earlier."""
        if self._here is not None:
            self.post_message(MoveWanted(self._here.job.id, -1))

    def action_do_move_job_down(self) -> None:
        """Let the job come later."""
        if self._here is not None:
            self.post_message(MoveWanted(self._here.job.id, 1))

    def action_do_filter_jobs(self) -> None:
        """Type a filter."""
        self.start_filter()

    # lines

    @property
    def _here(self) -> Entry | None:
        """What the cursor is on."""
        return self._list.entry(self.cursor) if self.cursor is not None and self.cursor < len(self._list) else None

    def _say(self, wanted: type[CancelWanted] | type[RetryWanted]) -> None:
        if self._here is not None:
            self.post_message(wanted(self._here.job.id))

    def _fold(self, *, folded: bool) -> None:
        entry = self._here
        if entry is None or not self._list.fold(entry.job.id, folded=folded):
            return
        if entry.render is not None:
            self._chosen = (entry.job.id, "")
            self.post_message(JobSelected(entry.job.id))
        self._relist()

    def _relist(self) -> None:
        self._list.update(self._jobs, self.words)
        row = self._list.row_of(self._chosen) if self._chosen is not None else None
        self.update(len(self._list), self._list.row_of(self._selected) if row is None else row)

    def _row(self, row: int, width: int) -> Content:
        from sdtui.ui.jobs.row import job_row, picture_row

        job, render = self._list.entry(row)
        if render is not None:
            return picture_row(job, render, width)
        return job_row(job, self._positions.get(job.id, 0), width, held=job.id in self._held)
