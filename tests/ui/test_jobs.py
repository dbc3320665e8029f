"""The job list and the log, driven by keys."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from sdtui.spec.complaint import Complaint
from sdtui.spec.document import Document
from sdtui.spec.event import Cancelling, Chore, LogLine, QueueChanged, Started, StepDone
from sdtui.spec.jobview import JobView
from sdtui.ui.jobs.list import JobList
from sdtui.ui.panes.log import LogPane, Told, _pieces
from sdtui.ui.state import LogRow
from tests.ui.fake import FakeServer, job_view
from tests.ui.screen import lines, studio, text, until, until_seen


def many(job_id: int = 1, **states: object) -> JobView:
    """A job of three pictures: one done, one running, one that failed."""
    job = job_view(job_id, 3, Document(prompt="three birds", params={"steps": 20, "batch_count": 3}))
    done, running, failed = job.renders
    error = Complaint(what="The GPU ran out of memory.", where="cuda:0", todo="Make it smaller than 2048×2048.")
    return replace(
        job,
        renders=(
            replace(done, state="done", path="/out/first.png", seconds=2.5),
            replace(running, state="running", step=5, step_seconds=0.5, batch=4, device="cuda:0"),
            replace(failed, state="failed", error=error),
        ),
    )


JOBS = (job_view(1, document=Document(prompt="a red ring")), many(2), job_view(3, state="done", path="/out/three.png"))


def row_with(app: object, words: str) -> str:
    return next((line for line in lines(app) if words in line), "")  # type: ignore[arg-type]


async def test_a_job_of_many_pictures_unfolds_and_folds() -> None:
    async with studio(FakeServer(jobs=JOBS, seq=5)) as pilot:
        await pilot.press("alt+4", "g", "down", "enter")
        await until_seen(pilot, "✓ 1 seed 100")
        assert "first.png 2.5 s" in row_with(pilot.app, "✓ 1")
        assert "5/20 2.00 it/s 0:08" in row_with(pilot.app, "▶ 2 seed 101")
        assert "failed: The GPU" in row_with(pilot.app, "✗ 3 seed 102")
        await pilot.press("down", "down", "left")
        await until(pilot, lambda: "✓ 1 seed" not in text(pilot.app))
        await pilot.press("right")
        await until_seen(pilot, "✓ 1 seed 100")
        await pilot.press("enter")
        await until(pilot, lambda: "✓ 1 seed" not in text(pilot.app))


async def test_a_finished_picture_opens_from_the_list() -> None:
    server = FakeServer(jobs=JOBS, seq=5)
    async with studio(server, (80, 24)) as pilot:
        await pilot.press("alt+4", "g", "down", "right", "down", "enter")
        await until(pilot, lambda: pilot.app.focused is not None and pilot.app.focused.id == "preview")
        await until_seen(pilot, "#2 first.png")
        assert "/out/first.png" in server.asked("picture")
        await pilot.press("f10")
        await until_seen(pilot, "/out/first.png")
        await pilot.press("ctrl+l")
        await until_seen(pilot, "Seed 100 of job #2 is kept.")


async def test_a_failure_is_told_whole() -> None:
    async with studio(FakeServer(jobs=JOBS, seq=5), (80, 24)) as pilot:
        await pilot.press("alt+4", "g", "down", "right", "down", "down", "down", "enter")
        for said in (
            "The GPU ran out of memory.",
            "cuda:0",
            "Make it smaller than 2048×2048.",
            "3 of 3",
            "three birds",
        ):
            await until_seen(pilot, said)
        await pilot.press("escape", "i")
        await until_seen(pilot, "3 of 3")
        await pilot.press("i", "up", "i")
        await until_seen(pilot, "4 pictures share each step.")
        await pilot.press("i", "g", "i")
        await until_seen(pilot, "Job #3")


async def test_a_job_is_held_let_on_and_moved() -> None:
    server = FakeServer(jobs=(job_view(1), job_view(2), job_view(3)), seq=5)
    async with studio(server) as pilot:
        await pilot.press("alt+4", "g", "h")
        await until_seen(pilot, "Job #3: 1 picture held back")
        assert server.asked("hold") == [(3, True)]
        server.happens(QueueChanged(order=(2, 1, 3), held=(3,)), transient=True)
        await until(pilot, lambda: row_with(pilot.app, "#3 a red").count("held"))
        assert "waits, 1st in line" in row_with(pilot.app, "… #2")
        assert "waits, 2nd in line" in row_with(pilot.app, "… #1")
        await pilot.press("h", "K", "shift+down")
        await until(pilot, lambda: len(server.asked("move")) == 2)
        assert server.asked("hold") == [(3, True), (3, False)]
        assert server.asked("move") == [(3, -1), (3, 1)]
        server.moves = 0
        await pilot.press("K")
        await until_seen(pilot, "Job #3: there is no waiting job to come before.")


async def test_a_job_comes_back_into_the_form_and_goes_again() -> None:
    server = FakeServer(jobs=JOBS, seq=5)
    async with studio(server) as pilot:
        await pilot.press(*"my own words", "alt+4", "g", "down", "right", "down", "down", "u")
        await until_seen(pilot, "Prompts, parameters and seed 101 of picture 2 of job #2 are in the form")
        await until_seen(pilot, "three birds")
        await pilot.press("f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(prompt="three birds", params={"steps": 20, "seed": 101})]


async def test_taking_a_job_into_the_form_can_be_undone_twice_over() -> None:
    async with studio(FakeServer(jobs=JOBS, seq=5)) as pilot:
        await pilot.press(*"my own words", "alt+4", "g", "down", "u")
        await until(pilot, lambda: "three birds" in lines(pilot.app)[2])
        await until_seen(pilot, "• Seed            100")
        await pilot.press("u")
        await until(pilot, lambda: "my own words" in lines(pilot.app)[2])
        await until_seen(pilot, "  Seed            -1")
        await pilot.press("u", "alt+1", "ctrl+z")
        await until(pilot, lambda: "my own words" in lines(pilot.app)[2])


async def test_the_list_is_filtered_by_words_and_letters_are_no_commands_then() -> None:
    server = FakeServer(jobs=JOBS, seq=5)
    async with studio(server) as pilot:
        await pilot.press("alt+4", "/", *"ring r")
        await until_seen(pilot, "4 Jobs /ring r▏")
        await until(pilot, lambda: not row_with(pilot.app, "three birds"))
        assert row_with(pilot.app, "a red ring")
        await pilot.press("enter", "r")
        await until(pilot, lambda: server.asked("retry"))
        assert server.asked("retry") == [1]
        await pilot.press("/", *"xyz")
        await until_seen(pilot, "No job has all of these words.")
        await pilot.press("escape")
        await until_seen(pilot, "three birds")
        assert " /" not in row_with(pilot.app, "4 Jobs").partition("━")[0]


async def test_a_running_row_says_how_many_share_the_step_and_where() -> None:
    async with studio(FakeServer(jobs=JOBS, seq=5), (200, 60)) as pilot:
        await until_seen(pilot, "cuda:0 4 at once")


async def test_a_job_that_is_taken_back_says_so_until_its_worker_lets_go() -> None:
    server = FakeServer(jobs=(job_view(1),), seq=1)
    async with studio(server) as pilot:
        server.happens(Started(job_id=1, render_id="r1-0", device="cpu"))
        server.happens(StepDone(job_id=1, render_id="r1-0", step=3, steps=20, seconds=9.0), transient=True)
        await until_seen(pilot, "3/20 9.00 s/it")
        server.happens(Cancelling(job_id=1, render_id="r1-0"), transient=True)
        await until_seen(pilot, "cancelling after this step 3/20")
        server.happens(StepDone(job_id=1, render_id="r1-0", step=4, steps=20, seconds=9.0), transient=True)
        await until_seen(pilot, "cancelling after this step 4/20")


async def test_the_log_shows_one_job_when_asked_and_follows_the_selection() -> None:
    server = FakeServer(jobs=(job_view(1), job_view(2)), seq=2)
    async with studio(server) as pilot:
        for job_id in (1, 2):
            server.happens(LogLine(level="warning", text=f"about the {job_id}", job_id=job_id))
        await until_seen(pilot, "warning: #1 about the 1")
        await pilot.press("alt+6", "o")
        await until_seen(pilot, "6 Log of #2")
        await until(pilot, lambda: "about the 1" not in text(pilot.app))
        await pilot.press("alt+4", "down")
        await until_seen(pilot, "6 Log of #1")
        await until_seen(pilot, "about the 1")
        assert "about the 2" not in text(pilot.app)
        await pilot.press("alt+6", "o")
        await until_seen(pilot, "about the 2")


async def test_the_log_is_filtered_by_level_or_word() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        for level in ("info", "warning", "error"):
            server.happens(LogLine(level=level, text=f"it is {level} here"))  # type: ignore[arg-type]
        await until_seen(pilot, "error: it is error here")
        await pilot.press("alt+6", "/", *"warn")
        await until(pilot, lambda: "it is error" not in text(pilot.app))
        assert "warning: it is warning here" in text(pilot.app)
        await pilot.press("escape")
        await until_seen(pilot, "it is info here")


async def test_the_log_follows_its_end_until_it_is_scrolled() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        for number in range(40):
            server.happens(LogLine(level="info", text=f"line {number} of many"))
        await until_seen(pilot, "line 39 of many")
        await pilot.press("alt+6", "g")
        await until_seen(pilot, "line 0 of many")
        server.happens(LogLine(level="info", text="a late line"))
        await until(pilot, lambda: len(pilot.app.screen.query_one(LogPane)._pieces) == 41)
        assert "a late line" not in text(pilot.app)
        await pilot.press("G")
        await until_seen(pilot, "a late line")


async def test_hashing_and_scanning_are_told_and_hashing_is_given_up() -> None:
    server = FakeServer(chores=(Chore(id="scan", text="looking for models, 1,234 files so far"),))
    async with studio(server) as pilot:
        await until_seen(pilot, "looking for models, 1,234 files so far")
        server.happens(Chore(id="h", text="hashing dream", progress=0.25, can_stop=True), transient=True)
        server.happens(Chore(id="scan", over=True), transient=True)
        await until_seen(pilot, "hashing dream 25%")
        await pilot.press("ctrl+p", *"stop hashing", "enter")
        await until_seen(pilot, "The hash is left out")
        assert server.asked("skip_chore") == [""]
        server.happens(Chore(id="h", over=True), transient=True)
        await until(pilot, lambda: "hashing" not in lines(pilot.app)[0])


async def test_the_palette_goes_to_the_pane_that_has_the_command() -> None:
    server = FakeServer(jobs=(job_view(1, state="failed"),), seq=1)
    async with studio(server, (80, 24)) as pilot:
        await pilot.press("ctrl+p", *"retry", "enter")
        await until(pilot, lambda: server.asked("retry"))
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "jobs"


@pytest.mark.parametrize(("typed", "found"), [("alt+up", "weight"), ("delete", "Take back"), ("hold", "Keep the job")])
async def test_help_begins_with_the_focused_pane_and_is_filtered_by_key_or_word(typed: str, found: str) -> None:
    async with studio(FakeServer(jobs=JOBS, seq=3)) as pilot:
        await pilot.press("alt+4", "f1")
        await until_seen(pilot, "Help: jobs first")
        assert "Unfold the job" in next(line for line in lines(pilot.app) if "│ Enter" in line)
        await pilot.press(*typed)
        await until_seen(pilot, found)


def test_rows_are_found_by_number_and_by_name_whatever_is_unfolded() -> None:
    jobs = JobList()
    jobs.update(JOBS)
    assert [jobs.entry(row).key for row in range(len(jobs))] == [(3, ""), (2, ""), (1, "")]
    assert jobs.fold(2, folded=False)
    assert not jobs.fold(2, folded=False)
    assert not jobs.fold(3, folded=False), "a job of one picture has no more to show"
    jobs.update(JOBS)
    keys = [jobs.entry(row).key for row in range(len(jobs))]
    assert keys == [(3, ""), (2, ""), (2, "r2-0"), (2, "r2-1"), (2, "r2-2"), (1, "")]
    assert [jobs.row_of(key) for key in keys] == [0, 1, 2, 3, 4, 5]
    assert jobs.row_of((2, "gone")) == 1
    assert jobs.row_of((9, "")) is None
    with pytest.raises(IndexError):
        jobs.entry(6)


@pytest.mark.parametrize("said", ["plain words " * 9, "é und ß " * 9, "画面 が " * 9, "x" * 70, "", "a " * 3])
def test_a_long_line_of_the_log_goes_on_in_rows_that_fit(said: str) -> None:
    pieces = list(_pieces(Told(LogRow(1.0, "info", said), 2), 20))
    assert all(cell_len(piece.text) <= 20 for piece in pieces)
    assert [piece.first for piece in pieces] == [True] + [False] * (len(pieces) - 1)
    assert "".join("".join(piece.text.split()) for piece in pieces) == "".join(f"{said}×2".split())
