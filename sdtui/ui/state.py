"""What the studio shows, as the fold of a snapshot and the events after it. Knows no widget and no client."""

from __future__ import annotations

from collections import deque
from typing import Literal, NamedTuple

from sdtui.spec.event import (
    AnyEvent,
    Cancelled,
    Chore,
    DraftChanged,
    Failed,
    FetchChanged,
    FilesChanged,
    FolderChanged,
    KeptChanged,
    LibraryChanged,
    LogLine,
    Noted,
    Preview,
    Published,
    QueueChanged,
    Requeued,
    Resync,
    Stopping,
    Submitted,
    WatchesChanged,
    WorkerState,
)
from sdtui.spec.fetch import FetchView
from sdtui.spec.fold import fold, job_id_of
from sdtui.spec.jobview import JobView, RenderView
from sdtui.spec.model import ModelKind, ModelRecord
from sdtui.spec.verbs import Snapshot

LOG_LINES = 2000
Part = Literal["jobs", "log", "workers", "form", "picture"]
EVERYTHING: frozenset[Part] = frozenset({"jobs", "log", "workers", "form", "picture"})
Level = Literal["info", "warning", "error"]


MODELS_KEPT = "models."
"""How the names begin of texts that are kept about models."""


class LogRow(NamedTuple):
    """A line of the log; `at` in seconds since the epoch, `job_id` 0 where it is about no job."""

    at: float
    level: Level
    text: str
    job_id: int = 0


class Sketch(NamedTuple):
    """The newest step preview of a render: width_px × height_px × 3 bytes of RGB."""

    render_id: str
    step: int
    width_px: int
    height_px: int
    rgb: bytes


class StudioState:
    """Jobs, workers, models and log; `adopt` starts over from a snapshot, `note` takes an event in; `known` after the first snapshot."""

    def __init__(self) -> None:
        self.known = False
        self.seq = 0
        self.jobs: dict[int, JobView] = {}
        self.workers: dict[str, WorkerState] = {}
        self.models: tuple[ModelRecord, ...] = ()
        self.default_checkpoint = ""
        self.workspace = ""
        self.log: deque[LogRow] = deque(maxlen=LOG_LINES)
        self.sketches: dict[int, Sketch] = {}
        self.queue = QueueChanged()
        self.chores: dict[str, Chore] = {}
        self.kept_news: dict[str, int] = {}
        """How often a text that the server keeps became another one."""
        self.fetches: dict[int, FetchView] = {}
        self.busy_since: dict[str, float] = {}

    def adopt(self, snapshot: Snapshot) -> None:
        """Take everything from a snapshot; the log keeps what was said here and is not in it."""
        self.known = True
        self.seq = snapshot.seq
        self.jobs = {job.id: job for job in sorted(snapshot.jobs, key=lambda job: job.id)}
        self.workers = {worker.device: worker for worker in snapshot.workers}
        self.models = snapshot.models
        self.default_checkpoint = snapshot.default_checkpoint
        self.workspace = snapshot.workspace
        self.sketches = {}
        self.queue = snapshot.queue
        self.chores = {chore.id: chore for chore in snapshot.chores}
        theirs = [row for noted in snapshot.log for row in log_rows(noted, self.workspace)]
        ours = [row for row in self.log if row not in theirs]
        self.log = deque(sorted([*theirs, *ours], key=lambda row: row.at), maxlen=LOG_LINES)

    def note(self, noted: Noted, blob: bytes) -> frozenset[Part]:
        """Take an event in; what changed by it. An event that the snapshot already holds changes nothing."""
        if 0 < noted.seq <= self.seq:
            return frozenset()
        self.seq = max(self.seq, noted.seq)
        changed: set[Part] = set()
        rows = log_rows(noted, self.workspace)
        if rows:
            self.log.extend(rows)
            changed.add("log")
        if isinstance(noted.event, WorkerState):
            self._time(noted.event, noted.at)
        return frozenset(changed | self._take(noted.event, blob))

    def _time(self, worker: WorkerState, at: float) -> None:
        """Remember since when a worker has been busy with the same."""
        before = self.workers.get(worker.device)
        if before is None or before.state != worker.state:
            self.busy_since[worker.device] = at

    def _take(self, event: AnyEvent, blob: bytes) -> set[Part]:
        match event:
            case WorkerState():
                self.workers[event.device] = event
                return {"workers"}
            case Chore(id=chore, over=over):
                self.chores[chore] = event
                if over:
                    del self.chores[chore]
                return {"workers"}
            case QueueChanged():
                self.queue = event
                return {"jobs"}
            case Submitted():
                self.jobs.setdefault(event.job.id, event.job)
                return {"jobs"}
            case Preview():
                return self._sketch(event, blob)
            case FetchChanged(fetch=fetch, gone=gone):
                self.fetches[fetch.id] = fetch
                if gone:
                    del self.fetches[fetch.id]
                return {"workers"}
            case KeptChanged(name=name):
                self.kept_news[name] = self.kept_news.get(name, 0) + 1
                return {"workers"} if name.startswith(MODELS_KEPT) else set()
            case DraftChanged() | Resync() | LibraryChanged() | Stopping() | LogLine():
                return set()
            case WatchesChanged() | FilesChanged() | FolderChanged():
                return set()
            case _:
                job = self.jobs.get(job_id_of(event))
                if job is None:
                    return set()
                self.jobs[job.id] = changed = fold(job, event)
                sketch = self.sketches.get(job.id)
                running = {render.id for render in changed.renders if render.state == "running"}
                if sketch is not None and sketch.render_id not in running:
                    del self.sketches[job.id]
                return {"jobs", "picture"} if changed is not job else set()

    def _sketch(self, event: Preview, blob: bytes) -> set[Part]:
        """Keep a preview of the first picture that is running; the others' would flicker with it."""
        job = self.jobs.get(event.job_id)
        running = job and next((render for render in job.renders if render.state == "running"), None)
        if not running or running.id != event.render_id or len(blob) != event.width_px * event.height_px * 3:
            return set()
        self.sketches[event.job_id] = Sketch(event.render_id, event.step, event.width_px, event.height_px, blob)
        return {"picture"}

    def unfinished(self) -> list[JobView]:
        """Jobs that are running or waiting, oldest first."""
        return [job for job in self.jobs.values() if not job.ended]

    def positions(self) -> dict[int, int]:
        """The waiting jobs' places in line, from 1; jobs that are held back have none."""
        known = {job_id: place for place, job_id in enumerate(self.queue.order)}
        first = min(known, default=0)
        waiting = [job.id for job in self.jobs.values() if job.state == "queued" and job.id not in self.queue.held]
        # The line is told when somebody changed it: what is older than all in it was put back in front, newer jobs are behind.
        waiting.sort(key=lambda job_id: (known.get(job_id, -1 if job_id < first else len(known)), job_id))
        return {job_id: place for place, job_id in enumerate(waiting, 1)}

    def checkpoints(self) -> tuple[ModelRecord, ...]:
        """The checkpoints that can be used."""
        return tuple(model for model in self.models if model.kind == "checkpoint" and not model.problem)

    def names_of(self, kind: ModelKind) -> tuple[str, ...]:
        """The names of the models of a kind that can be used."""
        return tuple(model.name for model in self.models if model.kind == kind and not model.problem)

    def checkpoint(self, name: str) -> ModelRecord | None:
        """The checkpoint that a document with this name uses; None while none is known."""
        usable = self.checkpoints()
        wanted = name or self.default_checkpoint
        found = next((model for model in usable if model.name == wanted), None)
        if found is not None or name:
            return found
        return next((model for model in usable if model.builtin), usable[0] if usable else None)


def newest_picture(job: JobView) -> RenderView | None:
    """The render of a job whose published picture stands for it: the last one finished."""
    done = [render for render in job.renders if render.state == "done" and render.path]
    return done[-1] if done else None


def log_rows(noted: Noted, workspace: str = "") -> list[LogRow]:
    """What the log says about an event; most say nothing. Paths below the workspace are told from there."""
    event = noted.event
    match event:
        case LogLine():
            about = f"#{event.job_id} " if event.job_id else ""
            return [LogRow(noted.at, event.level, about + event.text, event.job_id)]
        case Published():
            path = event.path.removeprefix(f"{workspace}/") if workspace else event.path
            return [LogRow(noted.at, "info", f"#{event.job_id} saved {path} ({event.seconds:.1f} s)", event.job_id)]
        case Failed():
            error = event.error
            said = ": ".join(part for part in (error.where, error.what) if part)
            return [LogRow(noted.at, "error", f"#{event.job_id} failed: {said} {error.todo}".rstrip(), event.job_id)]
        case Cancelled():
            return [LogRow(noted.at, "info", f"#{event.job_id} was taken back", event.job_id)]
        case Requeued():
            return [LogRow(noted.at, "warning", f"#{event.job_id} waits again: {event.reason}", event.job_id)]
        case WorkerState(state="died"):
            return [LogRow(noted.at, "warning", f"The worker on {event.device} ended. {event.text}".rstrip())]
        case _:
            return []
