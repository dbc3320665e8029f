"""Takes planned jobs into the queue."""

from __future__ import annotations

from dataclasses import dataclass

from sdtui.jobs.queue import RenderQueue, Waiting
from sdtui.server.journal import Journal
from sdtui.server.supervisor import Supervisor
from sdtui.spec.job import Job
from sdtui.spec.jobview import JobView


@dataclass(frozen=True, kw_only=True)
class Intake:
    """The way into the queue, for whoever plans."""

    journal: Journal
    queue: RenderQueue
    supervisor: Supervisor

    def take(self, job: Job, notes: tuple[str, ...]) -> JobView:
        """Queue a job, in the same breath as it was planned: its names and number were chosen by looking. `notes` go to the log."""
        view = self.journal.submit(job)
        for note in notes:
            self.journal.log(note, job_id=job.id)
        now = self.supervisor.now
        self.queue.append(Waiting(render=render, queued_at=now) for render in job.renders)
        self.supervisor.revive()
        self.supervisor.pump()
        return view
