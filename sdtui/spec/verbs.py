"""What a client may ask of the server, and what it is answered; both as closed unions of frozen values."""

from __future__ import annotations

from typing import Literal

from sdtui.spec.document import Document
from sdtui.spec.event import Chore, Noted, QueueChanged, WorkerState
from sdtui.spec.jobview import JobView
from sdtui.spec.model import ModelRecord
from sdtui.spec.verb import Answer, Done, Refused, Verb
from sdtui.spec.verbs_files import (
    FileAnswer,
    Presets,
    PresetsAnswer,
    ReadFile,
    RemoveFile,
    RenameFile,
    SavePreset,
    UsesAnswer,
    WildcardUses,
    WriteFile,
)
from sdtui.spec.verbs_models import (
    About,
    AboutAnswer,
    Describe,
    Fetch,
    FetchAgain,
    FetchAnswer,
    Fetches,
    FetchesAnswer,
    HashModel,
    StopFetch,
)
from sdtui.spec.verbs_prompts import (
    DrawsAnswer,
    DrawTemplate,
    Keep,
    Kept,
    KeptAnswer,
    PutDraft,
    Tags,
    TagsAnswer,
    Wildcards,
    WildcardsAnswer,
)
from sdtui.spec.verbs_watch import PauseWatch, RenderFile, Unwatch, Watch, Watches, WatchesAnswer


class Hello(Verb, frozen=True, kw_only=True, tag="hello"):
    """First word of every client: answered by a Snapshot; from then on events flow if `events` is set."""

    version: str
    client: str
    events: bool = True
    previews: bool = True


class Submit(Verb, frozen=True, kw_only=True, tag="submit"):
    """Plan the document and queue it; answered by JobAnswer. `out` is a final path instead of the pattern's (single pictures)."""

    document: Document
    out: str = ""
    force: bool = False


class Plan(Verb, frozen=True, kw_only=True, tag="plan"):
    """What Submit would do, without doing it; answered by PlanAnswer."""

    document: Document


class Cancel(Verb, frozen=True, kw_only=True, tag="cancel"):
    """Take back a job's unfinished pictures; 0 means every unfinished job. Answered by Done with the number of pictures."""

    job_id: int


class Retry(Verb, frozen=True, kw_only=True, tag="retry"):
    """Queue a job's failed and cancelled pictures again; answered by Done with their number."""

    job_id: int


class Hold(Verb, frozen=True, kw_only=True, tag="hold"):
    """Keep a job's waiting pictures back, or with `held` off let them have their turn again; answered by Done."""

    job_id: int
    held: bool = True


class Move(Verb, frozen=True, kw_only=True, tag="move"):
    """Let a job's waiting pictures come so many jobs later (earlier when negative); answered by Done, 0 if they could not."""

    job_id: int
    by: int


class SkipChore(Verb, frozen=True, kw_only=True, tag="skip-chore"):
    """Give up what is done in the background, one chore or ("") all that can be; answered by Done with their number."""

    chore: str = ""


class Jobs(Verb, frozen=True, kw_only=True, tag="jobs"):
    """The newest `limit` jobs and every unfinished one; answered by JobsAnswer."""

    limit: int = 50


class Models(Verb, frozen=True, kw_only=True, tag="models"):
    """Every model file found, scanned anew when `refresh`; answered by ModelsAnswer."""

    refresh: bool = False


class EventsAfter(Verb, frozen=True, kw_only=True, tag="events-after"):
    """Lasting events with a number above `seq`, at most `limit`; answered by EventsAnswer."""

    seq: int
    limit: int = 1000


class Picture(Verb, frozen=True, kw_only=True, tag="picture"):
    """A published picture, or with `outside` any picture file; answered by PictureAnswer, RGB as blob.

    `crop` (left, top, right, bottom in its pixels) takes a part; then it is shrunk to fit `max_px` (0: as it is) on its longer
    side, and in any case to what one frame holds.
    """

    path: str
    max_px: int = 0
    crop: tuple[int, int, int, int] | None = None
    outside: bool = False


class Release(Verb, frozen=True, kw_only=True, tag="release"):
    """Give the devices' memory back now; the next job brings the models back by itself. Answered by Done."""


class Stop(Verb, frozen=True, kw_only=True, tag="stop"):
    """End the server: `drain` waits for running pictures, `now` puts them back into the queue. Answered by Done."""

    mode: Literal["drain", "now"] = "drain"


AnyVerb = (
    Hello
    | Submit
    | Plan
    | Cancel
    | Retry
    | Hold
    | Move
    | SkipChore
    | Jobs
    | Models
    | Wildcards
    | DrawTemplate
    | Tags
    | PutDraft
    | Keep
    | Kept
    | About
    | Describe
    | HashModel
    | Fetch
    | StopFetch
    | FetchAgain
    | Fetches
    | Presets
    | SavePreset
    | ReadFile
    | WriteFile
    | RenameFile
    | RemoveFile
    | WildcardUses
    | EventsAfter
    | Picture
    | Watch
    | Unwatch
    | PauseWatch
    | RenderFile
    | Watches
    | Release
    | Stop
)


class Snapshot(Answer, frozen=True, kw_only=True, tag="snapshot"):
    """Everything a client needs to show the studio as it is; events above `seq` follow."""

    version: str
    workspace: str
    pid: int
    seq: int
    jobs: tuple[JobView, ...]
    workers: tuple[WorkerState, ...]
    models: tuple[ModelRecord, ...]
    draft: Document
    log: tuple[Noted, ...] = ()
    default_checkpoint: str = ""
    queue: QueueChanged = QueueChanged()
    chores: tuple[Chore, ...] = ()


class JobAnswer(Answer, frozen=True, kw_only=True, tag="job"):
    """The job as it was queued."""

    job: JobView


class PlanAnswer(Answer, frozen=True, kw_only=True, tag="plan"):
    """How many pictures, which sentences there are to say, and the final path of the first."""

    count: int
    notes: tuple[str, ...] = ()
    first_path: str = ""


class JobsAnswer(Answer, frozen=True, kw_only=True, tag="jobs"):
    """Jobs, oldest first."""

    jobs: tuple[JobView, ...]


class ModelsAnswer(Answer, frozen=True, kw_only=True, tag="models"):
    """Model files in the order of their names, the built-in one first."""

    models: tuple[ModelRecord, ...]


class EventsAnswer(Answer, frozen=True, kw_only=True, tag="events"):
    """Lasting events, oldest first."""

    events: tuple[Noted, ...]


class PictureAnswer(Answer, frozen=True, kw_only=True, tag="picture"):
    """The blob holds width × height × 3 bytes of RGB; `infotext` is the picture's record, as written in it.

    `whole_…` is the size of the picture of which this is a part, or a smaller copy.
    """

    width_px: int
    height_px: int
    whole_width_px: int = 0
    whole_height_px: int = 0
    infotext: str = ""


AnyAnswer = (
    Snapshot
    | JobAnswer
    | PlanAnswer
    | JobsAnswer
    | ModelsAnswer
    | WildcardsAnswer
    | DrawsAnswer
    | TagsAnswer
    | KeptAnswer
    | AboutAnswer
    | FetchAnswer
    | FetchesAnswer
    | PresetsAnswer
    | FileAnswer
    | UsesAnswer
    | EventsAnswer
    | PictureAnswer
    | WatchesAnswer
    | Done
    | Refused
)
