"""A job as a list shows it: the fold of its events. The server's snapshot and every client use the same fold."""

from __future__ import annotations

from typing import Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from sdtui.spec.document import Document
from sdtui.spec.event import (
    AnyEvent,
    Cancelled,
    Complaint,
    DraftChanged,
    Failed,
    Finished,
    LogLine,
    Preview,
    Published,
    Requeued,
    Resync,
    Started,
    StepDone,
    Submitted,
    WorkerState,
)

RenderState = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: frozenset[RenderState] = frozenset({"done", "failed", "cancelled"})


class RenderView(Struct, frozen=True, kw_only=True):
    """One picture of a job: where it stands. `step_seconds` is the duration of the last step."""

    id: str
    index: int
    seed: int
    state: RenderState = "queued"
    step: int = 0
    steps: int = 0
    step_seconds: float = 0.0
    batch: int = 1
    device: str = ""
    path: str = ""
    seconds: float = 0.0
    error: Complaint | None = None


class JobView(Struct, frozen=True, kw_only=True):
    """One row of the job list."""

    id: int
    created_at: float
    document: Document
    renders: tuple[RenderView, ...]

    @property
    def state(self) -> RenderState:
        """running if any picture runs; when all ended: failed before cancelled before done; else queued."""
        states = {view.state for view in self.renders}
        if "running" in states:
            return "running"
        if states <= ENDED:
            return "failed" if "failed" in states else "cancelled" if "cancelled" in states else "done"
        return "queued"

    @property
    def ended(self) -> bool:
        """No picture of the job will change any more."""
        return self.state in ENDED

    @property
    def progress(self) -> float:
        """0..1 over all pictures of the job."""
        if not self.renders:
            return 1.0
        return sum(1.0 if r.state in ENDED else r.step / r.steps if r.steps else 0.0 for r in self.renders) / len(
            self.renders
        )


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
            | Requeued()
            | Finished()
            | LogLine()
        ):
            return event.job_id
        case WorkerState() | DraftChanged() | Resync():
            return 0
        case _:
            assert_never(event)


def opened(event: Submitted) -> JobView:
    """The view of a job that was just submitted."""
    job = event.job
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
        case Requeued():
            return _change(view, event.render_id, state="queued", step=0, device="", error=None)
        case Submitted() | Preview() | Finished() | LogLine() | WorkerState() | DraftChanged() | Resync():
            return view
        case _:
            assert_never(event)


def _change(view: JobView, render_id: str, **changes: object) -> JobView:
    renders = tuple(replace(r, **changes) if r.id == render_id else r for r in view.renders)
    return replace(view, renders=renders)
