"""A job's view is the fold of its events; the server's snapshot and every client use the same fold."""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from sdtui.spec.event import (
    AnyEvent,
    Cancelled,
    Cancelling,
    Chore,
    DraftChanged,
    Failed,
    FetchChanged,
    FilesChanged,
    Finished,
    FolderChanged,
    KeptChanged,
    LibraryChanged,
    LogLine,
    Preview,
    Published,
    QueueChanged,
    Requeued,
    Resync,
    Started,
    StepDone,
    Stopping,
    Submitted,
    WatchesChanged,
    WorkerState,
)
from sdtui.spec.job import Job
from sdtui.spec.jobview import JobView, RenderView


def job_id_of(event: AnyEvent) -> int:
    """The job an event belongs to; 0 for none."""
    match event:
        case Submitted(job=job):
            return job.id
        case (
            Started()
            | StepDone()
            | Preview()
            | Published()
            | Failed()
            | Cancelled()
            | Cancelling()
            | Requeued()
            | Finished()
            | LogLine()
        ):
            return event.job_id
        case (
            WorkerState()
            | Chore()
            | QueueChanged()
            | FetchChanged()
            | LibraryChanged()
            | WatchesChanged()
            | FilesChanged()
            | FolderChanged()
            | DraftChanged()
            | KeptChanged()
            | Stopping()
            | Resync()
        ):
            return 0
        case _:
            assert_never(event)


def opened(job: Job) -> JobView:
    """The view of a job that was just planned."""
    renders = tuple(
        RenderView(id=r.id, index=r.index, seed=r.params.seed, steps=r.params.steps, path=r.path) for r in job.renders
    )
    return JobView(id=job.id, created_at=job.created_at, document=job.document, renders=renders)


def fold(view: JobView, event: AnyEvent) -> JobView:
    """The view after one more of its job's events; events that change nothing in it return it as it is."""
    match event:
        case Started():
            return _change(view, event.render_id, state="running", step=0, device=event.device, error=None)
        case StepDone():
            return _change(
                view,
                event.render_id,
                state="running",
                step=event.step,
                steps=event.steps,
                batch=event.batch,
                step_seconds=event.seconds,
            )
        case Published():
            return _change(view, event.render_id, state="done", path=event.path, seconds=event.seconds)
        case Failed():
            return _change(view, event.render_id, state="failed", error=event.error)
        case Cancelled():
            return _change(view, event.render_id, state="cancelled")
        case Cancelling():
            return _change(view, event.render_id, cancelling=True)
        case Requeued():
            return _change(view, event.render_id, state="queued", step=0, device="", error=None)
        case (
            Submitted()
            | Preview()
            | Finished()
            | LogLine()
            | WorkerState()
            | Chore()
            | QueueChanged()
            | FetchChanged()
            | LibraryChanged()
            | WatchesChanged()
            | FilesChanged()
            | FolderChanged()
            | Stopping()
            | DraftChanged()
            | KeptChanged()
            | Resync()
        ):
            return view
        case _:
            assert_never(event)


def _change(view: JobView, render_id: str, **changes: object) -> JobView:
    if changes.get("state", "running") != "running":
        changes["cancelling"] = False
    renders = tuple(replace(r, **changes) if r.id == render_id else r for r in view.renders)
    return replace(view, renders=renders)
