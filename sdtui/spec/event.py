"""What happens, as a closed union: the server numbers and stores the lasting ones, clients and the job list fold them.

Transient events (see TRANSIENT) have sequence number 0 and are never stored; after an attach the snapshot carries their
newest state instead.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from sdtui.spec.complaint import Complaint
from sdtui.spec.document import Document
from sdtui.spec.fetch import FetchView
from sdtui.spec.jobview import JobView
from sdtui.spec.watch import WatchedFile, WatchedFolder


class Event(Struct, frozen=True, kw_only=True, tag_field="type"):
    """Something that happened."""


class Submitted(Event, frozen=True, kw_only=True, tag="submitted"):
    """A job was planned and queued."""

    job: JobView


class Started(Event, frozen=True, kw_only=True, tag="started"):
    """A worker took a render up."""

    job_id: int
    render_id: str
    device: str


class StepDone(Event, frozen=True, kw_only=True, tag="step"):
    """Step `step` of `steps` is done; `batch` pictures shared it; `seconds` is what this step took."""

    job_id: int
    render_id: str
    step: int
    steps: int
    batch: int = 1
    seconds: float = 0.0


class Preview(Event, frozen=True, kw_only=True, tag="preview"):
    """A rough picture after `step`; the frame's blob holds width × height × 3 bytes of RGB."""

    job_id: int
    render_id: str
    step: int
    width_px: int
    height_px: int


class Published(Event, frozen=True, kw_only=True, tag="published"):
    """The picture is at `path`, whole and on the disk; `seconds` is the time it took from the start."""

    job_id: int
    render_id: str
    path: str
    seconds: float = 0.0


class Failed(Event, frozen=True, kw_only=True, tag="failed"):
    """The render will not be tried again."""

    job_id: int
    render_id: str
    error: Complaint


class Cancelled(Event, frozen=True, kw_only=True, tag="cancelled"):
    """The user took the render back."""

    job_id: int
    render_id: str


class Cancelling(Event, frozen=True, kw_only=True, tag="cancelling"):
    """The user took the render back, and its worker lets it go after the step that is under way."""

    job_id: int
    render_id: str


class Requeued(Event, frozen=True, kw_only=True, tag="requeued"):
    """The render waits again, because its worker ended, or because the user asked for a retry."""

    job_id: int
    render_id: str
    reason: str


class Finished(Event, frozen=True, kw_only=True, tag="finished"):
    """Every render of the job is published, failed or cancelled."""

    job_id: int


class LogLine(Event, frozen=True, kw_only=True, tag="log"):
    """A sentence for the log; `job_id` 0 belongs to no job."""

    level: Literal["info", "warning", "error"]
    text: str
    job_id: int = 0


class WorkerState(Event, frozen=True, kw_only=True, tag="worker"):
    """What a device's worker is doing; `progress` 0..1 where it is known, `memory` bytes in use on the device.

    `held` are the paths of the checkpoints in its memory, None where nothing is said of them.
    """

    device: str
    state: Literal["waiting", "starting", "loading", "ready", "rendering", "stopped", "died"]
    text: str = ""
    progress: float | None = None
    memory: int = 0
    checkpoint: str = ""
    held: tuple[str, ...] | None = None


class Chore(Event, frozen=True, kw_only=True, tag="chore"):
    """Work in the background that nobody waits for: `id` is its own, `progress` 0..1 where it is known, `over` its end."""

    id: str
    text: str = ""
    progress: float | None = None
    over: bool = False
    can_stop: bool = False


class QueueChanged(Event, frozen=True, kw_only=True, tag="queue"):
    """The waiting jobs in the order of their turns, and those among them that are held back."""

    order: tuple[int, ...] = ()
    held: tuple[int, ...] = ()


class FetchChanged(Event, frozen=True, kw_only=True, tag="fetch"):
    """A model on its way from an address is further than before, or has another state; `gone` when it is forgotten."""

    fetch: FetchView
    gone: bool = False


class LibraryChanged(Event, frozen=True, kw_only=True, tag="library"):
    """The model folders were scanned and hold something else than before: ask for the models again."""

    count: int


class WatchesChanged(Event, frozen=True, kw_only=True, tag="watches"):
    """These are the watched folders now."""

    folders: tuple[WatchedFolder, ...] = ()


class FilesChanged(Event, frozen=True, kw_only=True, tag="files"):
    """Watched files that stand otherwise than before; one whose state is `gone` is no longer there."""

    files: tuple[WatchedFile, ...]


class FolderChanged(Event, frozen=True, kw_only=True, tag="folder"):
    """Presets or wildcards were changed, by whomever: what was read of them is to be asked for again."""

    folder: Literal["presets", "wildcards"]


class DraftChanged(Event, frozen=True, kw_only=True, tag="draft"):
    """Another client saved the draft."""

    document: Document


class KeptChanged(Event, frozen=True, kw_only=True, tag="kept-changed"):
    """Somebody keeps another text under this name: it can be asked for."""

    name: str


class Stopping(Event, frozen=True, kw_only=True, tag="stopping"):
    """Somebody asked the server to end: a client should not start it again of its own accord."""


class Resync(Event, frozen=True, kw_only=True, tag="resync"):
    """This client read too slowly and missed events: it should ask for a new snapshot."""


AnyEvent = (
    Submitted
    | Started
    | StepDone
    | Preview
    | Published
    | Failed
    | Cancelled
    | Cancelling
    | Requeued
    | Finished
    | LogLine
    | WorkerState
    | Chore
    | QueueChanged
    | FetchChanged
    | LibraryChanged
    | WatchesChanged
    | FilesChanged
    | FolderChanged
    | DraftChanged
    | KeptChanged
    | Stopping
    | Resync
)
TRANSIENT: tuple[type[Event], ...] = (
    StepDone,
    Preview,
    Cancelling,
    WorkerState,
    Chore,
    QueueChanged,
    FetchChanged,
    LibraryChanged,
    WatchesChanged,
    FilesChanged,
    FolderChanged,
    DraftChanged,
    KeptChanged,
    Stopping,
    Resync,
)


class Noted(Struct, frozen=True, kw_only=True):
    """An event with its number (0 when transient) and its time in seconds since the epoch."""

    seq: int
    at: float
    event: AnyEvent
