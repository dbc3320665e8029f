"""How files stand after whatever happens to them and their jobs."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sdtui.errors import UsageError
from sdtui.spec.document import Document
from sdtui.spec.jobview import JobView, RenderView
from sdtui.spec.watch import WatchedFolder, WatchWish
from sdtui.watch.board import Board
from sdtui.watch.records import FileRecord, Records
from sdtui.watch.sheet import Reading, Sheet

KEY = ("/p", "cat.txt")


def says(text: str) -> Reading:
    return Reading(text, Sheet(Document(prompt=text)))


def job(job_id: int, count: int = 1, state: str = "queued", path: str = "") -> JobView:
    renders = tuple(RenderView(id=f"{job_id}-{n}", index=n, seed=n, state=state, path=path) for n in range(count))
    return JobView(id=job_id, created_at=0.0, document=Document(), renders=renders)


def board() -> Board:
    return Board(lambda: 1.0)


def begin(made: Board, job_id: int, count: int = 1) -> None:
    entry = made.next()
    assert entry is not None
    made.begin(entry.file.key, job(job_id, count), "/home")


def state(made: Board) -> str:
    entry = made.entry(KEY)
    assert entry is not None
    return entry.file.state


def test_a_save_is_rendered_and_its_picture_is_the_latest() -> None:
    made = board()
    assert made.read(KEY, says("a")) == 0
    assert state(made) == "waiting"
    begin(made, 1)
    assert state(made) == "rendering"
    made.published(1, "/1.png")
    made.ended(1)
    made.read(KEY, says("b"))
    begin(made, 2, count=2)
    made.published(2, "/2.png")
    made.published(2, "/3.png")
    made.ended(2)
    file = made.entries()[0].file
    assert (file.state, file.latest, file.before, file.done, file.count) == ("done", "/3.png", "/1.png", 2, 2)


def test_the_same_content_changes_nothing() -> None:
    made = board()
    made.read(KEY, says("a"))
    begin(made, 1)
    made.take_changed()
    assert made.read(KEY, says("a")) == 0
    assert made.next() is None
    assert made.take_changed() == []


def test_a_newer_save_gives_the_older_job_back_and_its_late_picture_does_not_count() -> None:
    made = board()
    made.read(KEY, says("a"))
    begin(made, 1)
    assert made.read(KEY, says("b")) == 1
    assert made.published(1, "/late.png") is None
    made.ended(1, cancelled=True)
    assert state(made) == "waiting"
    begin(made, 2)
    made.published(2, "/2.png")
    assert made.entries()[0].file.latest == "/2.png"


def test_an_error_gives_the_job_back_and_the_next_save_ends_it() -> None:
    made = board()
    made.read(KEY, says("a"))
    begin(made, 1)
    assert made.read(KEY, Reading("x", error=UsageError("No.", where="cat.txt:3"))) == 1
    assert state(made) == "failed"
    made.read(KEY, says("b"))
    entry = made.entry(KEY)
    assert entry is not None
    assert entry.file.error is None


def test_a_file_that_comes_back_as_it_was_is_not_rendered_again() -> None:
    made = board()
    made.read(KEY, says("a"))
    begin(made, 1)
    made.ended(1)
    made.lose(KEY)
    assert made.entries() == []
    made.read(KEY, says("a"))
    assert made.next() is None
    assert state(made) == "done"


def test_one_that_went_while_it_was_being_made_is_made_when_it_comes_back() -> None:
    made = board()
    made.read(KEY, says("a"))
    begin(made, 1)
    assert made.lose(KEY) == 1
    made.read(KEY, says("a"))
    assert made.next() is not None


def test_paused_folders_wait() -> None:
    made = board()
    made.read(KEY, says("a"))
    assert made.next({"/p"}) is None
    assert made.waits("/p")
    assert made.next() is not None


def test_a_job_tried_again_is_the_file_s_again() -> None:
    made = board()
    made.read(KEY, says("a"))
    begin(made, 1)
    made.ended(1, cancelled=True)
    made.reopen(1)
    assert made.published(1, "/1.png") is not None


def test_a_folder_that_is_forgotten_gives_all_its_jobs_back() -> None:
    made = board()
    made.read(KEY, says("a"))
    made.read(("/q", "dog.txt"), says("a"))
    begin(made, 1)
    begin(made, 2)
    assert made.forget("/p") == [1]
    assert [entry.file.folder for entry in made.entries()] == ["/q"]


def test_a_restart_goes_on_where_things_stood() -> None:
    made = board()
    made.read(KEY, says("a"))
    begin(made, 1)
    record = made.entries()[0].record
    after = board()
    after.load([record], lambda job_id: job(job_id, state="done", path="/1.png"))
    assert state(after) == "done"
    entry = after.entry(KEY)
    assert entry is not None
    assert entry.file.latest == "/1.png"
    after.read(KEY, says("a"))
    assert after.next() is None
    lost = board()
    lost.load([record], {}.__getitem__)
    assert state(lost) == "cancelled"


def test_what_waited_at_a_restart_waits_again_and_homes_stay() -> None:
    made = board()
    made.read(KEY, says("a"))
    record = made.entries()[0].record
    after = board()
    after.load([record], {}.__getitem__)
    after.read(("/q", "cat.txt"), says("b"))
    after.read(KEY, says("a"))
    homes = {entry.file.folder: entry.home for entry in after.entries()}
    assert homes == {"/p": "cat", "/q": "cat-txt"}
    assert {entry.file.folder for entry in (after.next(), after.next()) if entry} == {"/p", "/q"}


ACTS = st.lists(
    st.sampled_from(["save", "same", "error", "lose", "next", "publish", "end", "cancel", "want"]), max_size=60
)


@given(ACTS)
def test_whatever_happens_the_last_content_gets_its_turn(acts: list[str]) -> None:
    made, content, jobs = board(), 0, 0
    open_jobs: set[int] = set()

    def drop(job_id: int) -> None:
        if job_id:
            open_jobs.discard(job_id)

    rendered: object = None
    for act in [*acts, "save", "next", "end"]:
        entry = made.entry(KEY)
        match act:
            case "save":
                content += 1
                drop(made.read(KEY, says(str(content))))
            case "same":
                drop(made.read(KEY, says(str(content))))
            case "error":
                content += 1
                drop(made.read(KEY, Reading(str(content), error=UsageError("No."))))
            case "lose":
                drop(made.lose(KEY))
            case "want" if entry is not None:
                drop(made.want(KEY))
            case "next":
                found = made.next()
                if found is not None and found.sheet is not None:
                    jobs += 1
                    open_jobs.add(jobs)
                    rendered = found.sheet.document.prompt
                    made.begin(KEY, job(jobs), "/home")
            case "publish" if open_jobs:
                made.published(max(open_jobs), "/p.png")
            case "end" | "cancel" if open_jobs:
                made.ended(open_jobs.pop(), cancelled=act == "cancel")
        assert made.open_jobs == len(open_jobs) <= 1
    assert rendered == str(content)


def test_records_come_back_and_what_cannot_be_read_is_not_there(tmp_path: Path) -> None:
    made = board()
    made.read(KEY, says("a"))
    folder = WatchedFolder(wish=WatchWish(path="/p", recursive=True), paused=True)
    records = Records(tmp_path / "watch.db")
    records.put_folder(folder)
    records.put_files([made.entries()[0].record])
    records.close()
    again = Records(tmp_path / "watch.db")
    assert again.folders() == (folder,)
    assert again.files() == (made.entries()[0].record,)
    again._db.execute("UPDATE files SET body = '{\"other\": 1}'")
    assert again.files() == ()
    again.drop_folder("/p")
    assert (again.folders(), again.files()) == ((), ())
    assert isinstance(made.entries()[0].record, FileRecord)
    again.close()
