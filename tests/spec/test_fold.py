"""A job's view is the fold of its events."""

import msgspec
import pytest

from sdtui.spec.complaint import Complaint, complaint_of, error_of
from sdtui.spec.document import Document
from sdtui.spec.event import (
    AnyEvent,
    Cancelled,
    Failed,
    Finished,
    LogLine,
    Noted,
    Published,
    Requeued,
    Started,
    StepDone,
    Submitted,
)
from sdtui.spec.fold import fold
from sdtui.spec.jobview import JobView, RenderView

DIED = Complaint(what="It died.", kind="RenderError")


def fresh(count=2):
    renders = tuple(RenderView(id=f"r{i}", index=i, seed=7 + i, steps=4, path=f"/o/{i}.png") for i in range(count))
    return JobView(id=1, created_at=5.0, document=Document(prompt="a cat"), renders=renders)


def started(i):
    return Started(job_id=1, render_id=f"r{i}", device="cpu")


def step(i, n):
    return StepDone(job_id=1, render_id=f"r{i}", step=n, steps=4, batch=2, seconds=0.5)


def published(i):
    return Published(job_id=1, render_id=f"r{i}", path=f"/o/{i}.png", seconds=2.0)


STORIES = [
    ("submitted", [], "queued", 0.0),
    ("started", [started(0)], "running", 0.0),
    ("half way", [started(0), step(0, 2)], "running", 0.25),
    ("one is done, one waits", [started(0), published(0)], "queued", 0.5),
    ("both are done", [published(0), published(1), Finished(job_id=1)], "done", 1.0),
    ("one failed", [published(0), Failed(job_id=1, render_id="r1", error=DIED)], "failed", 1.0),
    ("one cancelled", [published(0), Cancelled(job_id=1, render_id="r1")], "cancelled", 1.0),
    ("its worker died", [started(0), step(0, 3), Requeued(job_id=1, render_id="r0", reason="x")], "queued", 0.0),
    ("a log line changes nothing", [LogLine(level="info", text="x", job_id=1)], "queued", 0.0),
]


@pytest.mark.parametrize(("events", "state", "progress"), [s[1:] for s in STORIES], ids=[s[0] for s in STORIES])
def test_a_job_is_what_its_events_say(events, state, progress):
    view = fresh()
    for event in events:
        view = fold(view, event)
    assert (view.state, view.progress) == (state, progress)


def test_events_of_unknown_renders_change_nothing():
    view = fresh(1)
    assert fold(view, Cancelled(job_id=1, render_id="other")) == view


def test_a_retry_forgets_the_error():
    view = fold(fresh(1), Failed(job_id=1, render_id="r0", error=DIED))
    assert view.renders[0].error == DIED
    assert fold(view, Requeued(job_id=1, render_id="r0", reason="again")).renders[0].error is None


@pytest.mark.parametrize("event", [Submitted(job=fresh()), started(0), step(1, 2), published(0), Finished(job_id=1)])
def test_every_event_survives_the_wire(event):
    noted = Noted(seq=3, at=1.5, event=event)
    assert msgspec.json.decode(msgspec.json.encode(noted), type=Noted) == noted
    assert msgspec.json.decode(msgspec.json.encode(event), type=AnyEvent) == event


def test_errors_keep_their_class_and_words_across_a_wire():
    error = error_of(Complaint(what="No.", where="here", todo="Do.", kind="ModelError"))
    assert (type(error).__name__, str(error)) == ("ModelError", "here: No. Do.")
    assert complaint_of(error) == Complaint(what="No.", where="here", todo="Do.", kind="ModelError")
    assert type(error_of(Complaint(what="?", kind="os.system"))).__name__ == "SdtuiError"
