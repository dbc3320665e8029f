"""The waiting jobs' line: held back, let on, moved, kept over a restart and told to everybody."""

from __future__ import annotations

from sdtui.jobs.queue import RenderQueue
from sdtui.jobs.store import Store
from sdtui.server.journal import Journal
from sdtui.spec.event import QueueChanged


class Line:
    """What users do to the order of the queue."""

    def __init__(self, queue: RenderQueue, store: Store, journal: Journal) -> None:
        self._queue = queue
        self._store = store
        self._journal = journal

    @property
    def now(self) -> QueueChanged:
        """The line as it is."""
        return QueueChanged(order=self._queue.order, held=self._queue.held)

    def restore(self) -> None:
        """Bring the queue into the order that was kept; older jobs were being made then and come first, newer ones last."""
        kept = self._store.line()
        newest = max(kept.order, default=0)
        begun = [job_id for job_id in self._queue.order if job_id < newest and job_id not in kept.order]
        self._queue.arrange((*begun, *kept.order))
        for job_id in kept.held:
            self._queue.hold(job_id, held=True)

    def hold(self, job_id: int, *, held: bool) -> int:
        """Keep a job's waiting renders back or let them on; how many there are, 0 when nothing changed."""
        waiting = len(self._queue.of_job(job_id))
        if not waiting or not self._queue.hold(job_id, held=held):
            return 0
        self.tell()
        return waiting

    def move(self, job_id: int, by: int) -> int:
        """Let a job come so many jobs later; 1 when that changed something, else 0."""
        if not self._queue.move(job_id, by):
            return 0
        self.tell()
        return 1

    def let_on(self, job_id: int) -> None:
        """The job is held no longer, and its renders may stand in another place than before."""
        self._queue.hold(job_id, held=False)
        self.tell()

    def tell(self) -> None:
        """Keep the line as it is now, and tell it."""
        now = self.now
        self._store.put_line(now)
        self._journal.note(now)
