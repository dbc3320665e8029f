"""What a client may ask of the server, and what it is answered; both as closed unions of frozen values."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from sdtui.spec.complaint import Complaint
from sdtui.spec.document import Document
from sdtui.spec.event import Chore, Noted, QueueChanged, WorkerState
from sdtui.spec.jobview import JobView
from sdtui.spec.model import ModelRecord
from sdtui.spec.tag import TagName
from sdtui.spec.wildcard import Draws, WildcardName


class Verb(Struct, frozen=True, kw_only=True, tag_field="verb", forbid_unknown_fields=True):
    """A request to the server."""


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


class Wildcards(Verb, frozen=True, kw_only=True, tag="wildcards"):
    """The wildcards of the workspace; answered by WildcardsAnswer."""


class DrawTemplate(Verb, frozen=True, kw_only=True, tag="draw-template"):
    """What `count` pictures from `seed` on would draw from a template; answered by DrawsAnswer, whatever is wrong with it."""

    template: str
    count: int = 10
    seed: int = 0


class Tags(Verb, frozen=True, kw_only=True, tag="tags"):
    """Words and tags that begin so, at most `limit` each, the built-in model's own first if wanted; answered by TagsAnswer."""

    queries: tuple[str, ...]
    limit: int = 20
    builtin: bool = False


class PutDraft(Verb, frozen=True, kw_only=True, tag="put-draft"):
    """Keep what the user has typed; last writer wins, the other clients are told. Answered by Done."""

    document: Document


class Keep(Verb, frozen=True, kw_only=True, tag="keep"):
    """Keep a small text of the studio's (1 MB at most) under a name in the workspace; the empty one is forgotten. Answered by Done."""

    name: str
    text: str


class Kept(Verb, frozen=True, kw_only=True, tag="kept"):
    """The text that is kept under a name; answered by KeptAnswer."""

    name: str


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
    | EventsAfter
    | Picture
    | Release
    | Stop
)


class Answer(Struct, frozen=True, kw_only=True, tag_field="answer"):
    """What the server says to a request."""


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


class WildcardsAnswer(Answer, frozen=True, kw_only=True, tag="wildcards"):
    """Wildcards in the order of their names; `problems` say what of the folder cannot be used."""

    wildcards: tuple[WildcardName, ...]
    problems: tuple[Complaint, ...] = ()


class DrawsAnswer(Answer, frozen=True, kw_only=True, tag="draws"):
    """What was drawn."""

    draws: Draws


class TagsAnswer(Answer, frozen=True, kw_only=True, tag="tags"):
    """What each beginning found, the most used first."""

    found: tuple[tuple[TagName, ...], ...]


class KeptAnswer(Answer, frozen=True, kw_only=True, tag="kept"):
    """The text, empty when none is kept."""

    text: str


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


class Done(Answer, frozen=True, kw_only=True, tag="done"):
    """It is done; `count` says how many things it touched."""

    count: int = 0


class Refused(Answer, frozen=True, kw_only=True, tag="refused"):
    """It is not done, and why."""

    error: Complaint


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
    | EventsAnswer
    | PictureAnswer
    | Done
    | Refused
)
