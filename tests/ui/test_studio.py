from __future__ import annotations

import pytest
from msgspec.structs import replace

from sdtui.errors import ModelError, ServerError
from sdtui.spec.complaint import Complaint
from sdtui.spec.document import Document
from sdtui.spec.event import (
    DraftChanged,
    Failed,
    LibraryChanged,
    LogLine,
    Preview,
    Published,
    Requeued,
    Resync,
    Started,
    StepDone,
    Stopping,
    WorkerState,
)
from sdtui.spec.params import FIELDS
from sdtui.ui.panes.jobs import JobsPane
from tests.ui.fake import DREAM, SHAPES, FakeConfig, FakeServer, job_view, snapshot
from tests.ui.screen import lines, studio, text, until, until_seen


async def test_80_by_24_has_status_prompts_a_tabbed_pane_and_a_footer() -> None:
    async with studio(FakeServer(), (80, 24)) as pilot:
        await until_seen(pilot, "0/75")
        seen = lines(pilot.app)
    assert len(seen) == 24
    assert seen[0] == " shapes-64  cpu 600 MB ready  queue empty"
    assert seen[1].startswith("┏━ 1 Prompt ━")
    assert seen[2].startswith("┃What is to be seen?")
    assert seen[6].endswith(" 0/75 ━┛")
    assert seen[7].startswith("╭─ 2 Negative ─")
    assert seen[11] == " 3 Parameters   4 Jobs   5 Preview   6 Log   7 Models   8 History"
    assert seen[12].startswith("╭─ 3 Parameters ─")
    assert seen[13] == "│  Checkpoint      shapes-64              Seed            -1 (random)          │"
    assert seen[14] == "│  Steps           20                     Width           64                   │"
    assert seen[23].startswith(" F5  Generate  F8  Cancel  Ctrl+Q  Quit  F1  Help  Ctrl+P  Commands")


async def test_120_by_40_has_two_columns() -> None:
    async with studio(FakeServer()) as pilot:
        seen = lines(pilot.app)
    assert seen[1].startswith("┏━ 1 Prompt ━")
    for row, title in ((9, "2 Negative"), (14, "3 Parameters"), (26, "4 Jobs")):
        assert seen[row].startswith(f"╭─ {title} ─")
    assert "5 Preview" in seen[1][62:]
    assert seen[26][62:] == " 6 Log   7 Models   8 History"
    assert "6 Log" in seen[27][62:]


@pytest.mark.parametrize(
    "size", [(60, 16), (79, 24), (80, 22), (100, 60), (110, 24), (130, 33), (170, 40), (200, 60), (300, 16)]
)
async def test_every_size_takes_a_prompt(size: tuple[int, int]) -> None:
    server = FakeServer()
    async with studio(server, size) as pilot:
        await pilot.press(*"cat", "f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(prompt="cat")]


@pytest.mark.parametrize("size", [(1, 1), (40, 10), (59, 30), (200, 15)])
async def test_too_small_a_terminal_gets_a_sentence_and_loses_nothing(size: tuple[int, int]) -> None:
    server = FakeServer()
    async with studio(server, size) as pilot:
        assert "studio" in text(pilot.app) or size == (1, 1)
        await pilot.resize_terminal(80, 24)
        await pilot.press("x")
        await until_seen(pilot, "┃x")


async def test_too_small_a_terminal_queues_nothing_and_can_be_left() -> None:
    server = FakeServer()
    async with studio(server, (40, 10)) as pilot:
        said = " ".join(text(pilot.app).split())
        assert "the studio needs 60×16. Make it larger, or leave with Ctrl+Q." in said
        await pilot.press("f5", "f8", "ctrl+l")
        await pilot.resize_terminal(80, 24)
        await pilot.press("x", "f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(prompt="x")]
        await pilot.resize_terminal(40, 10)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: pilot.app.return_value == 0)


async def test_the_layout_changes_with_the_terminal_while_it_runs() -> None:
    async with studio(FakeServer(), (200, 60)) as pilot:
        for size in ((120, 40), (80, 24), (60, 16), (40, 10), (200, 60), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.press("x")
            assert len(lines(pilot.app)) == size[1]
        assert lines(pilot.app)[2].startswith("┃xxxxx ")


async def test_f5_queues_what_is_written_and_follows_the_job() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press(*"a red circle", "alt+2", *"blurry", "f5")
        await until_seen(pilot, "Job #1 is queued: 1 picture.")
        assert server.asked("submit") == [Document(prompt="a red circle", negative_prompt="blurry")]
        await until_seen(pilot, "waits, 1st in line")
        server.happens(Started(job_id=1, render_id="r1-0", device="cpu"))
        server.happens(StepDone(job_id=1, render_id="r1-0", step=5, steps=20, seconds=0.5), transient=True)
        await until_seen(pilot, "5/20 2.00 it/s 0:08")
        server.happens(
            Preview(job_id=1, render_id="r1-0", step=5, width_px=2, height_px=2), b"\x00" * 12, transient=True
        )
        await until_seen(pilot, "▀▀▀")
        await until_seen(pilot, "#1 preview")
        server.happens(Published(job_id=1, render_id="r1-0", path="/out/1.png", seconds=3.0))
        await until_seen(pilot, "#1 1.png")
        await until_seen(pilot, "#1 saved /out/1.png (3.0 s)")
        assert server.asked("picture") == ["/out/1.png"]


@pytest.mark.parametrize("key", ["f5", "ctrl+j", "alt+enter", "ctrl+enter"])
async def test_each_generate_key_queues(key: str) -> None:
    server = FakeServer()
    async with studio(server, (80, 24)) as pilot:
        await pilot.press("x", key)
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(prompt="x")]


async def test_keys_act_in_the_order_in_which_they_came() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        app = pilot.app
        await pilot.press(
            *"acd", "left", "left", "b", "end", "e", "alt+3", "tab", "up", "up", "tab", *"9.5", "tab", *"eu", "f5"
        )
        await pilot.press("backspace", "backspace", *"euler", "f5")
        await until(pilot, lambda: server.asked("submit"))
        wanted = Document(prompt="abcde", params={"steps": 22, "cfg_scale": 9.5, "sampler": "Euler"})
        assert server.asked("submit") == [wanted]
        assert app.focused is not None
        assert app.focused.id == "parameters"


async def test_f8_takes_the_running_job_back() -> None:
    server = FakeServer(jobs=(job_view(1, state="done"), job_view(2, state="running"), job_view(3)), seq=5)
    async with studio(server) as pilot:
        await pilot.press("f8")
        await until(pilot, lambda: server.asked("cancel"))
        assert server.asked("cancel") == [2]
        await until_seen(pilot, "Job #2: 1 picture taken back.")


async def test_f8_says_that_there_is_nothing_to_cancel() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press("f8")
        await until_seen(pilot, "Nothing is running or waiting.")
        assert not server.asked("cancel")


async def test_jobs_are_chosen_cancelled_and_retried_by_key() -> None:
    jobs = (job_view(1, state="failed"), job_view(2, state="running"), job_view(3))
    server = FakeServer(jobs=jobs, seq=5)
    async with studio(server) as pilot:
        await pilot.press("alt+4", "G", "r")
        await until(pilot, lambda: server.asked("retry"))
        await until_seen(pilot, "Job #1: 2 pictures are queued again.")
        await pilot.press("k", "k", "x")
        await until(pilot, lambda: server.asked("cancel"))
        assert (server.asked("retry"), server.asked("cancel")) == ([1], [3])
        await pilot.press("end", "delete")
        await until_seen(pilot, "Job #1 has already ended.")


async def test_a_job_that_was_just_chosen_stays_under_the_cursor() -> None:
    jobs = (job_view(1), job_view(2), job_view(3))
    async with studio(FakeServer(jobs=jobs, seq=5)) as pilot:
        pane = pilot.app.screen.query_one(JobsPane)
        pane.show(jobs, {}, 3)
        pane.action_move_to(2)
        pane.show(jobs, {}, 3)
        assert pane.cursor == 2
        await until_seen(pilot, "#1 waits")
        pane.show(jobs, {}, 3)
        assert pane.cursor == 0


async def test_the_chosen_jobs_picture_is_shown_and_its_path_said() -> None:
    jobs = (job_view(1, state="done", path="/out/one.png"), job_view(2, state="done", path="/out/two.png"))
    server = FakeServer(jobs=jobs, seq=5)
    async with studio(server) as pilot:
        await until_seen(pilot, "#2 two.png")
        await pilot.press("alt+4", "down")
        await until_seen(pilot, "#1 one.png")
        await pilot.press("f10")
        await until_seen(pilot, "/out/one.png")


async def test_a_refused_document_is_said_and_the_studio_stays_open() -> None:
    server = FakeServer()
    server.refusals["submit"] = ModelError("No checkpoint named 'x'.", where="checkpoint", todo="Did you mean 'dream'?")
    async with studio(server) as pilot:
        await pilot.press("a", "f5")
        await until_seen(pilot, "✗ checkpoint: No checkpoint named 'x'. Did you mean 'dream'?")
        await pilot.press("f5")
        await until_seen(pilot, "Job #1 is queued")


async def test_a_picture_that_cannot_be_read_is_said_once() -> None:
    server = FakeServer(jobs=(job_view(1, state="done", path="/out/gone.png"),), seq=5)
    server.refusals["picture"] = ServerError("The picture is gone.", where="/out/gone.png")
    async with studio(server) as pilot:
        await until_seen(pilot, "✗ /out/gone.png: The picture is gone.")
        await pilot.press("a", "b")
        await pilot.pause()
        assert len(server.asked("picture")) == 1


async def test_a_failed_job_says_why_in_place_of_its_picture() -> None:
    server = FakeServer(jobs=(job_view(1),), seq=5)
    async with studio(server) as pilot:
        server.happens(
            Failed(job_id=1, render_id="r1-0", error=Complaint(what="No memory.", where="cpu", todo="Smaller?"))
        )
        await until_seen(pilot, "#1 failed: cpu: No memory. Smaller?")


async def test_equal_lines_of_the_log_are_counted() -> None:
    server = FakeServer(jobs=(job_view(1, 3),), seq=1)
    async with studio(server) as pilot:
        for index in (0, 1, 2):
            server.happens(Requeued(job_id=1, render_id=f"r1-{index}", reason="the worker ended"))
        await until_seen(pilot, "#1 waits again: the worker ended ×3")
        server.happens(LogLine(level="info", text="the worker is back"))
        server.happens(Requeued(job_id=1, render_id="r1-0", reason="the worker ended"))
        await until_seen(pilot, "the worker is back")
        assert text(pilot.app).count("the worker ended") == 2


async def test_while_the_server_starts_a_sentence_says_so_and_keys_work() -> None:
    server = FakeServer()
    server.may_open.clear()
    async with studio(server, ready=False) as pilot:
        await until_seen(pilot, "Connecting to the server…")
        await until_seen(pilot, "Asking the server for the jobs…")
        await until(pilot, lambda: pilot.app.loaded)
        await pilot.press(*"early", "f5")
        await until_seen(pilot, "the job is queued as soon as it does")
        server.may_open.set()
        await until_seen(pilot, "Job #1 is queued")
        assert server.asked("submit") == [Document(prompt="early")]


async def test_a_server_without_jobs_has_no_jobs_yet() -> None:
    async with studio(FakeServer()) as pilot:
        await until_seen(pilot, "No jobs yet. Generate queues one.")


async def test_an_unreachable_server_is_said_and_tried_again() -> None:
    server = FakeServer()
    server.unreachable = ServerError("The server did not start.", todo="See the log.")
    async with studio(server, ready=False) as pilot:
        await until_seen(pilot, "No server: The server did not start. See the log. Next try in 0.5 s.")
        server.unreachable = None
        await until_seen(pilot, "queue empty")


async def test_a_lost_connection_is_said_and_made_again_from_the_new_snapshot() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press(*"mine")
        server.snapshot = snapshot(
            jobs=(job_view(7, state="running"),), seq=9, draft=Document(negative_prompt="theirs")
        )
        server.loses(ServerError("It went away."))
        await until_seen(pilot, "The connection to the server was lost: It went away. Connecting again…")
        await until_seen(pilot, "▶ #7")
        assert server.opened == 2
        assert "mine" in text(pilot.app)
        assert "theirs" in text(pilot.app)


async def test_a_server_that_was_stopped_is_left_alone_until_a_picture_is_wanted() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        server.running = False
        server.happens(Stopping(), transient=True)
        server.loses()
        await until_seen(pilot, "The server was stopped. Generate starts it again.")
        assert server.opened == 1
        await pilot.press("f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.opened == 2


async def test_a_server_that_somebody_else_has_started_again_is_found() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        server.running = False
        server.happens(Stopping(), transient=True)
        server.loses()
        await until_seen(pilot, "The server was stopped.")
        server.snapshot = snapshot(jobs=(job_view(7),), seq=9)
        server.running = True
        await until_seen(pilot, "#7 a red circle")
        assert server.opened == 2
        assert "was stopped" not in text(pilot.app)


async def test_a_client_that_fell_behind_starts_over_from_a_snapshot() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        server.snapshot = snapshot(jobs=(job_view(8),), seq=30)
        server.happens(Resync(), transient=True)
        await until_seen(pilot, "#8 a red circle")
        assert server.opened == 2


async def test_the_draft_is_restored_saved_when_it_changed_and_saved_on_leaving() -> None:
    draft = Document(prompt="kept words", params={"steps": 33}, checkpoint="dream")
    server = FakeServer(draft=draft)
    async with studio(server) as pilot:
        await until_seen(pilot, "kept words")
        await until_seen(pilot, "• Steps           33")
        await until_seen(pilot, "• Checkpoint      dream")
        await pilot.press("end", "!")
        await until(pilot, lambda: server.asked("put_draft"))
        assert server.asked("put_draft") == [replace(draft, prompt="kept words!")]
        await pilot.press("?", "ctrl+q")
    assert server.asked("put_draft")[-1] == replace(draft, prompt="kept words!?")


async def test_another_windows_draft_is_taken_over_and_said() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        server.happens(DraftChanged(document=Document(prompt="from there", params={"steps": 9})), transient=True)
        await until_seen(pilot, "The draft was changed in another window.")
        await until_seen(pilot, "from there")
        await until_seen(pilot, "• Steps           9")


async def test_leaving_is_asked_twice_while_what_was_typed_is_kept_nowhere() -> None:
    server = FakeServer()
    server.may_open.clear()
    async with studio(server, ready=False) as pilot:
        await until(pilot, lambda: pilot.app.loaded)
        await pilot.press("a", "ctrl+q")
        await until_seen(pilot, "Quit again to leave.")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: pilot.app.return_value == 0)


async def test_ctrl_q_leaves_and_cancels_nothing() -> None:
    server = FakeServer(jobs=(job_view(1, state="running"),), seq=1)
    async with studio(server) as pilot:
        await pilot.press("ctrl+q")
        await until(pilot, lambda: pilot.app.return_value == 0)
    assert not server.asked("cancel")


async def test_weight_keys_change_the_word_and_undo_brings_it_back() -> None:
    async with studio(FakeServer()) as pilot:
        await pilot.press(*"a red", "alt+up", "alt+up")
        await until_seen(pilot, "a (red:1.2)")
        await pilot.press("alt+down", "alt+down", "alt+down")
        await until_seen(pilot, "a (red:0.9)")
        await pilot.press("ctrl+z")
        await until_seen(pilot, "a red")


async def test_the_start_and_the_end_of_a_prompt_are_a_key_away() -> None:
    server = FakeServer(draft=Document(prompt="one\ntwo\nthree"))
    async with studio(server) as pilot:
        await until_seen(pilot, "three")
        await pilot.press("ctrl+end", "!", "ctrl+home", "?", "f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(prompt="?one\ntwo\nthree!")]
        await pilot.press("ctrl+shift+end", "x", "f5")
        await until(pilot, lambda: len(server.asked("submit")) == 2)
        assert server.asked("submit")[1] == Document(prompt="?x")


async def test_tokens_are_counted_as_they_are_typed() -> None:
    async with studio(FakeServer()) as pilot:
        await pilot.press(*"a red circle")
        await until_seen(pilot, " 3/75 ")
        await pilot.press(*(", x" * 40))
        await until_seen(pilot, " 83/150 ")


async def test_emphasis_is_coloured_by_weight_and_brackets_are_dim() -> None:
    async with studio(FakeServer()) as pilot:
        await pilot.press(*"a (red:1.3) b")
        await until_seen(pilot, "(red:1.3)")
        strip = pilot.app.screen._compositor.render_strips()[2]
        styles = {segment.text: segment.style for segment in strip if segment.style is not None}
        assert styles["red"].bold
        assert styles["red"].color != styles["a "].color
        assert styles[":1.3)"].color != styles["red"].color


async def test_typed_input_is_checked_at_the_field() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press("alt+3", "tab", *"500", "enter")
        await until_seen(pilot, "Steps is a whole number from 1 to 150, not 500.")
        await until_seen(pilot, "! Steps")
        await pilot.press("f5")
        await until_seen(pilot, "✗ Steps: Steps is a whole number from 1 to 150, not 500.")
        assert not server.asked("submit")
        await pilot.press("escape", "f5")
        await until(pilot, lambda: server.asked("submit"))


async def test_tab_leaves_a_field_with_a_mistake_which_stays_marked() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press("alt+3", "tab", *"500", "tab", "up")
        await until_seen(pilot, "! Steps           500")
        await until_seen(pilot, "• CFG scale       4.5")
        await until_seen(pilot, "Steps is a whole number from 1 to 150, not 500.")
        await pilot.press("shift+tab")
        await pilot.press(*"30", "tab", *"7", "f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(params={"steps": 30, "cfg_scale": 7.0})]


async def test_a_mistake_is_mended_where_it_was_made() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press("alt+3", "tab", *"500", "enter", "backspace", "f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(params={"steps": 50})]


async def test_the_form_says_how_its_keys_work_and_what_its_mark_means() -> None:
    async with studio(FakeServer()) as pilot:
        await pilot.press("alt+3")
        await until_seen(pilot, " Tab  Next  ↑  More  ↓  Less  Del  Default")
        assert "set by hand" not in text(pilot.app)
        await pilot.press("tab", "up")
        await until_seen(pilot, "• set by hand; Del resets it.")
        await pilot.press("f1", *"set by hand")
        await until_seen(pilot, "• marks a field that was set by hand.")


async def test_a_field_is_marked_while_it_differs_and_reset_by_key() -> None:
    async with studio(FakeServer()) as pilot:
        await pilot.press("alt+3", "tab", "up")
        await until_seen(pilot, "• Steps           21")
        await pilot.press("delete")
        await until_seen(pilot, "  Steps           20")
        await pilot.press("up", "down")
        await until_seen(pilot, "  Steps           20")


async def test_another_checkpoint_brings_its_defaults_for_what_is_not_set() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press("alt+3", "tab", *"30", "shift+tab", "down")
        await until_seen(pilot, "• Checkpoint      dream")
        await until_seen(pilot, "Width           512")
        await until_seen(pilot, "• Steps           30")
        await pilot.press("f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(params={"steps": 30}, checkpoint="dream")]


async def test_every_field_can_be_reached_and_tab_leaves_at_the_end() -> None:
    async with studio(FakeServer()) as pilot:
        main = sum(field.main for field in FIELDS)
        await pilot.press("alt+3", *["tab"] * (main + 1), "enter", *["tab"] * (len(FIELDS) - main + 1), "space")
        await until_seen(pilot, "• Exact           on")
        await pilot.press("tab")
        assert pilot.app.focused.id == "jobs"  # type: ignore[union-attr]


async def test_ctrl_l_keeps_the_pictures_seed_and_lets_it_go() -> None:
    server = FakeServer(jobs=(job_view(1, state="done", path="/o/1.png"),), seq=1)
    async with studio(server) as pilot:
        await pilot.press("ctrl+l")
        await until_seen(pilot, "• Seed            100")
        await until_seen(pilot, "Seed 100 of job #1 is kept.")
        await pilot.press("ctrl+l")
        await until_seen(pilot, "  Seed            -1")


async def test_ctrl_l_takes_the_seed_of_another_picture_before_it_lets_go() -> None:
    server = FakeServer(draft=Document(params={"seed": 5}), jobs=(job_view(1, state="done", path="/o/1.png"),), seq=1)
    async with studio(server) as pilot:
        await until_seen(pilot, "• Seed            5")
        await pilot.press("ctrl+l")
        await until_seen(pilot, "• Seed            100")
        await pilot.press("ctrl+l")
        await until_seen(pilot, "  Seed            -1")


async def test_of_many_pictures_it_is_said_how_they_are_taken_back() -> None:
    async with studio(FakeServer(draft=Document(params={"batch_count": 24}))) as pilot:
        await pilot.press("f5")
        await until_seen(pilot, "Job #1 is queued: 24 pictures; F8 takes them back.")


async def test_new_models_are_read_when_the_library_changes() -> None:
    server = FakeServer(models=(SHAPES,))
    async with studio(server) as pilot:
        server.models = (SHAPES, DREAM)
        server.happens(LibraryChanged(count=2), transient=True)
        await until(pilot, lambda: server.asked("models"))
        await pilot.press("alt+3", "down")
        await until_seen(pilot, "• Checkpoint      dream")


async def test_the_status_line_says_what_the_worker_does() -> None:
    server = FakeServer(workers=())
    async with studio(server) as pilot:
        await until_seen(pilot, "no worker yet")
        server.happens(WorkerState(device="cpu", state="loading", text="reads shapes-64", progress=0.4), transient=True)
        await until_seen(pilot, "cpu reads shapes-64 40%")


async def test_panes_are_reached_by_number_and_by_jump_mode() -> None:
    async with studio(FakeServer(), (80, 24)) as pilot:
        for number, pane in enumerate(
            ("prompt", "negative", "parameters", "jobs", "preview", "log", "models", "history"), 1
        ):
            await pilot.press(f"alt+{number}")
            assert pilot.app.focused.id == pane  # type: ignore[union-attr]
        await pilot.press("ctrl+o")
        await until_seen(pilot, "  2  ")
        await pilot.press("2")
        await until(pilot, lambda: pilot.app.focused is not None and pilot.app.focused.id == "negative")  # type: ignore[union-attr]
        await pilot.press("ctrl+o", "z")
        await pilot.press(*"no")
        await until_seen(pilot, "┃no")


async def test_help_lists_commands_and_is_filtered_by_typing() -> None:
    async with studio(FakeServer()) as pilot:
        await pilot.press("f1")
        await until_seen(pilot, "Every command and its keys")
        await pilot.press(*"weight raise")
        await until_seen(pilot, "Raise the weight of the word")
        assert "Every command and its keys" not in text(pilot.app)
        await pilot.press("escape", "x")
        await until_seen(pilot, "┃x")


async def test_the_palette_runs_commands_and_changes_the_theme() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press("a", "ctrl+p", *"generate")
        await until_seen(pilot, "(id generate)")
        await pilot.press("enter")
        await until(pilot, lambda: server.asked("submit"))
        await pilot.press("ctrl+p", *"theme nord", "pageup", "pagedown")
        await until_seen(pilot, "Theme: nord")
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.theme == "nord")


async def test_the_palette_does_what_the_key_would_have_done_in_the_pane() -> None:
    server = FakeServer(jobs=(job_view(1, state="failed"),), seq=1)
    async with studio(server) as pilot:
        await pilot.press("alt+4", "ctrl+p", *"retry", "enter")
        await until(pilot, lambda: server.asked("retry"))
        await pilot.press("ctrl+p", *"nothing like this", "enter", "pageup", "home", "escape", "escape")
        await pilot.press("alt+1", "x")
        await until_seen(pilot, "┃x")


async def test_keys_and_theme_of_the_config_are_taken_and_mistakes_said() -> None:
    server = FakeServer()
    config = FakeConfig(keys={"generate": "f12", "cancel": "ctrl+x"}, theme="nrd")
    async with studio(server, config=config) as pilot:
        await until_seen(pilot, "theme: There is no theme 'nrd'. Did you mean 'nord'?")
        await until_seen(pilot, "keys.cancel: Ctrl+X cannot be used")
        await until_seen(pilot, " F12  Generate")
        await pilot.press("x", "f5")
        await pilot.press("f12")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(prompt="x")]


async def test_a_command_wins_over_what_the_editor_does_with_its_key() -> None:
    server = FakeServer()
    config = FakeConfig(keys={"generate": "ctrl+k", "weight-up": "ctrl+w"})
    async with studio(server, config=config) as pilot:
        await pilot.press(*"a cat", "ctrl+w", "ctrl+w")
        await until_seen(pilot, "a (cat:1.2)")
        await pilot.press("ctrl+k")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(prompt="a (cat:1.2)")]


async def test_a_paste_of_fifty_thousand_characters_arrives_whole_and_harmless() -> None:
    from textual.events import Paste

    server = FakeServer()
    pasted = "word \x1b[31m(red:1.2), " * 2500
    async with studio(server) as pilot:
        pilot.app.post_message(Paste(pasted))
        await pilot.press("f5")
        await until(pilot, lambda: server.asked("submit"))
        (document,) = server.asked("submit")
        assert isinstance(document, Document)
        assert document.prompt == pasted.replace("\x1b", "")


async def test_many_events_at_once_are_shown_once() -> None:
    server = FakeServer(jobs=(job_view(1),), seq=1)
    async with studio(server) as pilot:
        screen = pilot.app.screen
        shown: list[frozenset[str]] = []
        original = screen.studio_changed  # type: ignore[attr-defined]
        screen.studio_changed = lambda parts: (shown.append(parts), original(parts))  # type: ignore[attr-defined]
        server.happens(Started(job_id=1, render_id="r1-0", device="cpu"))
        for step in range(1, 101):
            server.happens(StepDone(job_id=1, render_id="r1-0", step=step, steps=100, seconds=0.1), transient=True)
        await until_seen(pilot, "100/100")
        assert len(shown) <= 3


async def test_the_mouse_reaches_fields_jobs_and_tabs_too() -> None:
    jobs = (job_view(1, state="done", path="/out/one.png"), job_view(2, state="done", path="/out/two.png"))
    async with studio(FakeServer(jobs=jobs, seq=5)) as pilot:
        await pilot.click("#jobs", (5, 2))
        await until_seen(pilot, "#1 one.png")
        await pilot.click("#parameters", (20, 2))
        await pilot.press("up")
        await until_seen(pilot, "• Steps           21")
        await pilot.resize_terminal(80, 24)
        await pilot.click("#tabs", (40, 0))
        await until_seen(pilot, "┏━ 6 Log")


async def test_leaving_does_not_wait_for_a_server_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdtui.ui.app.CLOSE_S", 0.05)
    server = FakeServer()
    async with studio(server) as pilot:
        server.hangs = True
        await pilot.press("a", "ctrl+q")
        await until(pilot, lambda: pilot.app.return_value == 0)
