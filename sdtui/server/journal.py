"""Every event passes here: lasting ones are numbered and stored, all are folded into the jobs and told to the clients."""

from __future__ import annotations

import math
from collections.abc import Callable

from msgspec.structs import replace

from sdtui.jobs.store import Store
from sdtui.spec.event import (
    TRANSIENT,
    AnyEvent,
    Cancelled,
    Chore,
    Failed,
    Finished,
    LogLine,
    Noted,
    Preview,
    Published,
    WorkerState,
)
from sdtui.spec.fold import fold, job_id_of, opened
from sdtui.spec.job import Job
from sdtui.spec.jobview import JobView

NEXT_JOBS = 10

Listener = Callable[[Noted, bytes], None]


class Journal:
    """The one place where something becomes known."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._open: dict[int, JobView] = {job_id: store.view(job_id) for job_id in store.open_jobs()}
        self._previews: dict[str, tuple[Noted, bytes]] = {}
        self._workers: dict[str, WorkerState] = {}
        self._chores: dict[str, Chore] = {}
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell this listener every event from now on; the returned call stops that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def submit(self, job: Job) -> JobView:
        """Keep a planned job and tell it."""
        view = opened(job)
        noted = self._store.add(job, view)
        self._open[job.id] = view
        self._tell(noted)
        return view

    def note(self, event: AnyEvent, blob: bytes = b"", *, deaths: int | None = None) -> None:
        """Something happened: store it if it lasts, fold it, tell it; a job whose last picture ended is Finished."""
        if isinstance(event, TRANSIENT):
            noted = Noted(seq=0, at=self._clock(), event=event)
        else:
            noted = self._store.note(event, self._clock(), deaths=deaths)
        self._remember(noted, blob)
        self._tell(noted, blob)
        if isinstance(event, Published | Failed | Cancelled):
            self.finish(event.job_id)

    def finish(self, job_id: int) -> None:
        """Note the end of a job all of whose pictures ended; does nothing for any other."""
        view = self._open.get(job_id)
        if view is not None and view.ended:
            self.note(Finished(job_id=job_id))
            del self._open[job_id]

    def reopen(self, job_id: int) -> None:
        """A finished job is about to get work again."""
        if job_id not in self._open:
            self._open[job_id] = self._store.view(job_id)

    def log(self, text: str, *, level: str = "info", job_id: int = 0) -> None:
        """A sentence for everybody's log."""
        self.note(LogLine(level=level, text=text, job_id=job_id))  # type: ignore[arg-type]

    def view(self, job_id: int) -> JobView:
        """A job as it stands; raises KeyError for an unknown number."""
        return self._open.get(job_id) or self._store.view(job_id)

    def views(self, newest: int, pictures: int | None = None) -> tuple[JobView, ...]:
        """Every unfinished job and the `newest` ones, oldest first.

        With `pictures` they have about so many together, and jobs between the next ones and the newest ones are left out.
        """
        left = math.inf if pictures is None else pictures
        views: dict[int, JobView] = {}
        opened = sorted(self._open)
        for job_id in dict.fromkeys((*opened[:NEXT_JOBS], *self._store.newest_jobs(newest), *opened)):
            view = self.view(job_id)
            if left <= 0 and views:
                break
            views[job_id] = view
            left -= len(view.renders)
        return tuple(views[job_id] for job_id in sorted(views))

    @property
    def open_jobs(self) -> tuple[JobView, ...]:
        """The unfinished jobs, oldest first."""
        return tuple(self._open[key] for key in sorted(self._open))

    @property
    def previews(self) -> tuple[tuple[Noted, bytes], ...]:
        """The newest rough picture of every render in flight."""
        return tuple(self._previews.values())

    @property
    def workers(self) -> tuple[WorkerState, ...]:
        """What each device's worker said last."""
        return tuple(self._workers.values())

    @property
    def chores(self) -> tuple[Chore, ...]:
        """What is being done in the background."""
        return tuple(self._chores.values())

    def end_chores(self, owner: str) -> None:
        """Whoever did the chores whose ids begin with this is gone."""
        for chore in self.chores:
            if chore.id.startswith(f"{owner} "):
                self.note(replace(chore, over=True))

    def _remember(self, noted: Noted, blob: bytes) -> None:
        event = noted.event
        job_id = job_id_of(event)
        if job_id in self._open:
            self._open[job_id] = fold(self._open[job_id], event)
        if isinstance(event, Preview):
            self._previews[event.render_id] = (noted, blob)
        elif isinstance(event, Published | Failed | Cancelled):
            self._previews.pop(event.render_id, None)
        elif isinstance(event, Chore):
            self._chores[event.id] = event
            if event.over:
                del self._chores[event.id]
        elif isinstance(event, WorkerState):
            before = self._workers.get(event.device)
            # a state that does not name the checkpoint leaves the one that is loaded
            kept = event.checkpoint or (before.checkpoint if before and event.state in {"ready", "rendering"} else "")
            self._workers[event.device] = replace(event, checkpoint=kept)

    def _tell(self, noted: Noted, blob: bytes = b"") -> None:
        for listener in tuple(self._listeners):
            listener(noted, blob)
