"""The database keeps what it was told, and what it tells is what the events fold to."""

import sqlite3

import pytest

from sdtui.errors import WorkspaceError
from sdtui.jobs.store import Store
from sdtui.spec.complaint import Complaint
from sdtui.spec.document import Document
from sdtui.spec.event import Cancelled, Failed, Finished, LogLine, Published, Requeued, Started, Submitted
from sdtui.spec.fold import fold, opened
from tests.jobs.make import a_job


@pytest.fixture
def store(tmp_path):
    opened_store = Store(tmp_path / "queue.db")
    yield opened_store
    opened_store.close()


def add(store, count=2):
    job = a_job(store.next_job_id(), count)
    return job, store.add(job, opened(job))


EVENTS = [
    Started(job_id=1, render_id="1-0", device="cpu"),
    Published(job_id=1, render_id="1-0", path="/out/other.png", seconds=2.5),
    Started(job_id=1, render_id="1-1", device="cpu"),
    Failed(job_id=1, render_id="1-1", error=Complaint(what="No.", kind="RenderError")),
    Requeued(job_id=1, render_id="1-1", reason="asked for again"),
    Cancelled(job_id=1, render_id="1-1"),
    Finished(job_id=1),
]


def test_rows_and_folded_events_agree_after_every_event(store):
    job, _ = add(store)
    view = opened(job)
    for event in EVENTS:
        store.note(event, 200.0)
        view = fold(view, event)
        kept = store.view(1)
        assert kept.state == view.state
        assert [(r.state, r.path, r.error) for r in kept.renders] == [(r.state, r.path, r.error) for r in view.renders]


def test_a_client_can_replay_everything_from_any_number(store):
    job, noted = add(store)
    for event in EVENTS:
        store.note(event, 200.0)
    replayed = store.events_after(0, 100)
    assert replayed[0] == noted
    assert [one.event for one in replayed[1:]] == EVENTS
    assert isinstance(replayed[0].event, Submitted)
    assert replayed[0].event.job == opened(job)
    assert [one.seq for one in store.events_after(replayed[2].seq, 2)] == [4, 5]
    assert store.last_seq() == replayed[-1].seq


def test_numbers_are_never_given_twice(store):
    add(store)
    _, second = add(store)
    assert second.event.job.id == 2
    assert store.next_job_id() == 3


def test_open_renders_and_jobs_come_back_in_order(tmp_path):
    store = Store(tmp_path / "queue.db")
    add(store)
    add(store)
    store.note(Published(job_id=1, render_id="1-0", path="/x", seconds=1), 1.0)
    store.note(Requeued(job_id=2, render_id="2-1", reason="x"), 1.0, deaths=1)
    store.close()
    again = Store(tmp_path / "queue.db")
    assert [(render.id, deaths) for render, deaths in again.open_renders()] == [("1-1", 0), ("2-0", 0), ("2-1", 1)]
    assert again.open_jobs() == (1, 2)
    again.close()


def test_unfinished_jobs_are_listed_however_old(store):
    for _ in range(5):
        add(store)
    for job in (2, 3, 4, 5):
        store.note(Finished(job_id=job), 1.0)
    assert (store.open_jobs(), store.newest_jobs(2)) == ((1,), (5, 4))


def test_planned_names_of_a_folder(store):
    add(store)
    assert sorted(store.planned_in(store.path.parent.__class__("/out"))) == ["1-0.png", "1-1.png"]
    assert store.planned_in(store.path.parent) == ()
    assert store.is_planned("/out/1-0.png")
    assert not store.is_planned("/out/1-9.png")


def test_the_draft_is_kept(store):
    assert store.draft() == Document()
    store.put_draft(Document(prompt="half a sent"))
    assert store.draft().prompt == "half a sent"


def test_texts_are_kept_apart_from_the_draft(store):
    store.put_draft(Document(prompt="mine"))
    store.put_text("draft", "a text")
    assert (store.text("draft"), store.text("other"), store.text_count()) == ("a text", "", 1)
    assert store.draft().prompt == "mine"
    store.put_text("draft", "")
    assert (store.text("draft"), store.text_count()) == ("", 0)


def test_the_log_tells_of_pictures_and_failures_too(store):
    add(store)
    for event in EVENTS:
        store.note(event, 1.0)
    assert [type(one.event) for one in store.newest_log(9)] == [Published, Failed, Requeued, Cancelled]


def test_log_lines_come_back_in_order(store):
    for n in range(5):
        store.note(LogLine(level="info", text=str(n)), 1.0)
    assert [one.event.text for one in store.newest_log(3)] == ["2", "3", "4"]


def test_the_database_is_for_its_owner_alone(store):
    assert store.path.stat().st_mode & 0o077 == 0


def test_a_failed_transaction_leaves_nothing(store):
    job, _ = add(store)
    with pytest.raises(sqlite3.IntegrityError):
        store.add(job, opened(job))
    assert store.last_seq() == 1
    add(store)


def test_a_database_of_a_newer_version_is_not_touched(tmp_path):
    Store(tmp_path / "queue.db").close()
    db = sqlite3.connect(tmp_path / "queue.db")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(WorkspaceError, match="newer"):
        Store(tmp_path / "queue.db")


def test_a_file_that_is_no_database_is_refused_with_a_sentence(tmp_path):
    (tmp_path / "queue.db").write_bytes(b"this is no database at all, whatever its name says" * 50)
    with pytest.raises(WorkspaceError, match="cannot be used"):
        Store(tmp_path / "queue.db")
