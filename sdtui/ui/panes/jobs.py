"""The list of jobs: where each stands; the selected one is what the preview shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.content import Content

from sdtui.ui.bindings import bindings
from sdtui.ui.messages import CancelWanted, JobSelected, RetryWanted
from sdtui.ui.widgets.rows import LETTERS, Rows

if TYPE_CHECKING:
    from sdtui.spec.jobview import JobView


class JobsPane(Rows):
    """Newest job first; until `show` is called the server is being asked."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("jobs"), *LETTERS]

    def __init__(self) -> None:
        super().__init__(self._row, choosable=True, empty="Asking the server for the jobs…", id="jobs")
        self.border_title = "4 Jobs"
        self._jobs: list[JobView] = []
        self._positions: dict[int, int] = {}
        self._chosen: int | None = None

    def show(self, jobs: Sequence[JobView], positions: dict[int, int], selected: int) -> None:
        """Show these jobs, oldest first, with their places in line, and which one is selected.

        A choice made here that the screen has not taken yet comes before `selected`: a key must not act on another job.
        """
        self._jobs = list(reversed(jobs))
        self._positions = positions
        self.empty = "No jobs yet. Generate queues one."
        ids = [job.id for job in self._jobs]
        selected = self._chosen if self._chosen in ids else selected
        self.update(len(ids), ids.index(selected) if selected in ids else None)
        unfinished = sum(not job.ended for job in jobs)
        self.border_subtitle = f"{unfinished} unfinished" if unfinished else None

    def taken(self, job_id: int) -> None:
        """The screen knows of this choice."""
        if self._chosen == job_id:
            self._chosen = None

    def action_move_to(self, row: int, clamp: bool = False) -> None:
        """Choose a job."""
        before = self.cursor
        super().action_move_to(row, clamp)
        if self.cursor is not None and self.cursor != before:
            self._chosen = self._jobs[self.cursor].id

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Say which job the cursor is on."""
        event.stop()
        if self._chosen is not None:
            self.post_message(JobSelected(self._chosen))

    def action_do_cancel_job(self) -> None:
        """Take the selected job back."""
        if self._jobs and self.cursor is not None:
            self.post_message(CancelWanted(self._jobs[self.cursor].id))

    def action_do_retry_job(self) -> None:
        """Try the selected job's failed and cancelled pictures again."""
        if self._jobs and self.cursor is not None:
            self.post_message(RetryWanted(self._jobs[self.cursor].id))

    def _row(self, row: int, width: int) -> Content:
        from sdtui.ui.jobrow import job_row

        job = self._jobs[row]
        return job_row(job, self._positions.get(job.id, 0), width)
