"""The worker's wire: orders go in, reports come out, one frame each."""

from __future__ import annotations

from msgspec import Struct

from sdtui.spec.document import Document
from sdtui.spec.event import Cancelled, Chore, Failed, LogLine, Preview, Published, Started, StepDone, WorkerState
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile
from sdtui.spec.tuning import Tuning


class Order(Struct, frozen=True, kw_only=True, tag_field="order"):
    """Something the server wants of a worker."""


class Paint(Order, frozen=True, kw_only=True, tag="paint"):
    """Make this picture and publish it; `alone` keeps it from sharing a batch (it is suspected of killing its worker)."""

    render: Render
    document: Document
    alone: bool = False


class Drop(Order, frozen=True, kw_only=True, tag="drop"):
    """Take a render back; answered by Cancelled, or by Published when it was too late."""

    render_id: str


class Warm(Order, frozen=True, kw_only=True, tag="warm"):
    """Load this checkpoint while nobody waits."""

    checkpoint: ModelFile


class Free(Order, frozen=True, kw_only=True, tag="free"):
    """Give the device's memory back; with `keep` the models stay in the machine's memory as far as their budget there goes."""

    keep: bool = False


class Tune(Order, frozen=True, kw_only=True, tag="tune"):
    """Use the device like this from now on."""

    tuning: Tuning


class Skip(Order, frozen=True, kw_only=True, tag="skip"):
    """Give a chore up; unknown ids are ignored."""

    chore: str


class Quit(Order, frozen=True, kw_only=True, tag="quit"):
    """End at once; nothing in flight is finished."""


AnyOrder = Paint | Drop | Warm | Free | Tune | Skip | Quit


class Report(Struct, frozen=True, kw_only=True, tag_field="type"):
    """Something a worker says that is no event."""


class Heartbeat(Report, frozen=True, kw_only=True, tag="heartbeat"):
    """The worker's process is alive; sent every second from a thread of its own."""


AnyReport = Started | StepDone | Preview | Published | Failed | Cancelled | LogLine | WorkerState | Chore | Heartbeat
