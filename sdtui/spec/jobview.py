"""A job as a list shows it; `sdtui.spec.fold` makes it from the job's events."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from sdtui.spec.complaint import Complaint
from sdtui.spec.document import Document

RenderState = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: frozenset[RenderState] = frozenset({"done", "failed", "cancelled"})


class RenderView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One picture of a job: where it stands. `step_seconds` is the duration of the last step.

    `cancelling`: the user took it back, and its worker has not let go yet.
    """

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
    cancelling: bool = False


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
