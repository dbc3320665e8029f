from __future__ import annotations

from msgspec.structs import replace

from sdtui.spec.complaint import Complaint
from sdtui.spec.document import Document
from sdtui.spec.event import (
    AnyEvent,
    Chore,
    Failed,
    LogLine,
    Noted,
    Preview,
    Published,
    QueueChanged,
    Requeued,
    Started,
    StepDone,
    Submitted,
    WorkerState,
)
from sdtui.ui.draft import Draft
from sdtui.ui.jobs.row import bar, job_row, seconds_left
from sdtui.ui.state import StudioState
from sdtui.ui.statusline import status_line
from tests.ui.fake import job_view, snapshot


def state_after(*events: AnyEvent, **changes: object) -> StudioState:
    state = StudioState()
    state.adopt(snapshot(**changes))
    for seq, event in enumerate(events, 1):
        state.note(Noted(seq=seq, at=100.0, event=event), b"\x00" * 12)
    return state


STEP = StepDone(job_id=1, render_id="r1-0", step=9, steps=20, seconds=0.25)
START = Started(job_id=1, render_id="r1-0", device="cpu")
SKETCH = Preview(job_id=1, render_id="r1-0", step=9, width_px=2, height_px=2)


def test_an_event_that_the_snapshot_holds_changes_nothing() -> None:
    state = state_after(jobs=(job_view(1),), seq=7)
    assert state.note(Noted(seq=7, at=1.0, event=START), b"") == frozenset()
    assert state.jobs[1].state == "queued"
    assert state.note(Noted(seq=8, at=1.0, event=START), b"") == {"jobs", "picture"}
    assert state.jobs[1].state == "running"


def test_a_sketch_stays_until_its_picture_is_no_longer_running() -> None:
    state = state_after(Submitted(job=job_view(1)), START, SKETCH)
    assert state.sketches[1].step == 9
    state.note(Noted(seq=9, at=1.0, event=Published(job_id=1, render_id="r1-0", path="/o/1.png")), b"")
    assert state.sketches == {}


def test_only_the_first_running_picture_is_sketched() -> None:
    other = replace(SKETCH, render_id="r1-1")
    state = state_after(Submitted(job=job_view(1, 2)), START, replace(START, render_id="r1-1"), SKETCH, other)
    assert state.sketches[1].render_id == "r1-0"


def test_a_sketch_that_is_not_whole_is_left_out() -> None:
    state = state_after(Submitted(job=job_view(1)), START, replace(SKETCH, width_px=3))
    assert state.sketches == {}


def test_waiting_jobs_have_their_places_in_line() -> None:
    jobs = (job_view(1, state="done"), job_view(2), job_view(3, state="running"), job_view(4))
    assert state_after(jobs=jobs).positions() == {2: 1, 4: 2}


def test_the_log_says_what_was_saved_and_what_failed() -> None:
    state = state_after(
        Submitted(job=job_view(1, 2)),
        LogLine(level="info", text="loading", job_id=1),
        Published(job_id=1, render_id="r1-0", path="/o/1.png", seconds=2.5),
        Failed(job_id=1, render_id="r1-1", error=Complaint(what="It broke.", todo="Try again.")),
        Requeued(job_id=1, render_id="r1-1", reason="asked again"),
    )
    assert [row.text for row in state.log] == [
        "#1 loading",
        "#1 saved /o/1.png (2.5 s)",
        "#1 failed: It broke. Try again.",
        "#1 waits again: asked again",
    ]


def test_a_new_snapshot_keeps_what_the_log_said_and_says_nothing_twice() -> None:
    line = Noted(seq=1, at=100.0, event=LogLine(level="info", text="hello"))
    state = StudioState()
    state.adopt(snapshot(log=(line,)))
    state.note(Noted(seq=2, at=101.0, event=LogLine(level="info", text="again")), b"")
    state.adopt(snapshot(log=(line,)))
    assert [row.text for row in state.log] == ["hello", "again"]


def test_rows_of_jobs_say_where_they_stand() -> None:
    state = state_after(Submitted(job=job_view(1)), START, STEP)
    running = job_row(state.jobs[1], 0, 70).plain
    assert running.startswith("▶ #1 a red circle")
    assert running.endswith(f"{bar(0.45)} 9/20 4.00 it/s 0:03")
    assert job_row(job_view(2), 3, 40).plain.endswith("waits, 3rd in line")
    assert job_row(job_view(3, state="done", seconds=2.0), 0, 40).plain.endswith("2.0 s")
    many = job_row(job_view(3, 12, state="done", seconds=10.05), 0, 40).plain
    assert many.split() == ["✓", "#3", "a", "red", "circle", "12/12"]
    assert job_row(job_view(4, state="cancelled"), 0, 40).plain.endswith("cancelled")
    broken = job_view(5, state="failed", error=Complaint(what="No memory."))
    assert job_row(broken, 0, 60).plain.endswith("failed: No memory.")


def test_a_failed_row_says_as_much_as_there_is_room_for_and_shows_that_it_was_cut() -> None:
    what = "The picture needs 12.5 GB of memory, and the graphics card has 7.9 GB left."
    job = job_view(5, state="failed", error=Complaint(what=what), document=Document(prompt="a red circle " * 20))
    assert job_row(job, 0, 120).plain.endswith(f"… failed: {what}")
    cut = job_row(job, 0, 60).plain
    assert cut.startswith("✗ #5 a red circle a red circ… failed: The picture needs")
    assert cut.endswith("…")
    short = job_view(5, state="failed", error=Complaint(what=what), document=Document(prompt="cat"))
    assert job_row(short, 0, 60).plain.startswith("✗ #5 cat failed: The picture needs 12.5 GB of memory, and t…")


def test_a_row_is_exactly_as_wide_as_it_may_be_even_with_wide_characters() -> None:
    for prompt in ("a red circle", "画" * 80, "", "x" * 500):
        for width in (30, 40, 78):
            document = Document(prompt=prompt)
            assert job_row(job_view(1, document=document), 1, width).cell_length == width
            failed = job_view(1, document=document, state="failed", error=Complaint(what="画面 " * 40))
            assert job_row(failed, 1, width).cell_length == width


def test_a_job_takes_as_long_as_its_steps_need_at_the_present_pace() -> None:
    job = job_view(1, 3, step_seconds=0.5, step=10)
    first = replace(job.renders[0], state="running", batch=1)
    assert seconds_left(replace(job, renders=(first, *job.renders[1:]))) == 10 * 0.5 + 2 * 20 * 0.5
    assert seconds_left(job) is None


def test_the_status_line_has_checkpoint_device_queue_and_step() -> None:
    state = state_after(Submitted(job=job_view(1, 2)), START, STEP)
    assert status_line(state, "", "").plain == " shapes-64  cpu 600 MB ready  1 running, 1 waiting  step 9/20"
    assert status_line(state, "dream", "").plain.startswith(" dream")
    assert status_line(state, "", "Connecting…").plain == " sdtui Connecting…"
    loading = WorkerState(device="cpu", state="loading", text="reads dream", progress=0.5)
    assert "cpu reads dream 50%" in status_line(state_after(loading), "", "").plain


def test_a_draft_met_again_keeps_what_was_typed_and_takes_the_rest() -> None:
    draft = Draft()
    draft.change(prompt="typed here")
    assert draft.meet(Document(prompt="theirs", negative_prompt="blurry", params={"steps": 5}))
    assert draft.document == Document(prompt="typed here", negative_prompt="blurry", params={"steps": 5})
    assert draft.unsaved
    draft.saved(draft.document)
    assert draft.meet(Document(prompt="from the other window"))
    assert draft.document == Document(prompt="from the other window")
    assert not draft.unsaved


def test_a_draft_that_is_ours_changes_nothing() -> None:
    draft = Draft()
    draft.change(prompt="typed here")
    draft.saved(draft.document)
    assert not draft.meet(Document(prompt="typed here"))


def test_what_takes_long_says_how_long_and_of_how_many_bytes() -> None:
    state = StudioState()
    big = replace(snapshot().models[1], size=4_000_000_000)
    state.adopt(snapshot(models=(*snapshot().models[:1], big)))
    loading = WorkerState(device="cpu", state="loading", text="reads dream", progress=0.5, checkpoint="dream")
    state.note(Noted(seq=0, at=100.0, event=loading), b"")
    assert "reads dream 50% of 4.0 GB  " in status_line(state, "", "", 101.0).plain
    assert "reads dream 50% of 4.0 GB 0:09  " in status_line(state, "", "", 109.0).plain
    state.note(Noted(seq=0, at=108.0, event=replace(loading, progress=0.6)), b"")
    assert "60% of 4.0 GB 0:09  " in status_line(state, "", "", 109.0).plain
    state.note(Noted(seq=0, at=110.0, event=replace(loading, state="ready", text="ready", progress=1.0)), b"")
    assert "cpu ready  " in status_line(state, "", "", 190.0).plain


def test_what_is_done_in_the_background_is_in_the_status_line() -> None:
    scan, hashing = Chore(id="s", text="looking for models"), Chore(id="h", text="hashing dream", progress=0.25)
    state = state_after(hashing, scan)
    assert status_line(state, "", "").plain.endswith("queue empty  hashing dream 25% (+1)")
    state.note(Noted(seq=9, at=1.0, event=replace(hashing, over=True)), b"")
    assert status_line(state, "", "").plain.endswith("queue empty  looking for models")


def test_the_line_follows_what_was_moved_and_held_and_what_came_since() -> None:
    jobs = tuple(job_view(number) for number in (1, 2, 3, 4, 5))
    state = state_after(QueueChanged(order=(4, 3, 2), held=(3,)), jobs=jobs)
    assert state.positions() == {1: 1, 4: 2, 2: 3, 5: 4}
