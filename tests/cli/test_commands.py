"""Commands on a real server."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from sdtui.cli.follow import failure_code
from sdtui.spec.complaint import Complaint
from sdtui.spec.jobview import RenderView
from sdtui.weights.identify import builtin_path
from sdtui.workspace.paths import Workspace

Start = Callable[..., "subprocess.Popen[str]"]


def await_state(sdtui, number: str, state: str) -> None:
    """Ask until the job is in that state; the suite's time limit ends it otherwise."""
    while True:
        jobs = [json.loads(line) for line in sdtui("ls", "--json").out.splitlines()]
        if next(job["state"] for job in jobs if job["id"] == int(number)) == state:
            return


def test_a_picture_is_made_and_its_path_is_all_of_the_output(sdtui, workspace: Workspace) -> None:
    told = sdtui("render", "a red circle", "--seed", "7", "--steps", "3")
    assert told.code == 0
    path = Path(told.out.rstrip("\n"))
    assert path.parent.parent == workspace.outputs
    assert path.read_bytes().startswith(b"\x89PNG")
    assert "1 picture, seed 7" in told.err


def test_a_file_and_an_output_path_relative_to_here(sdtui, workspace: Workspace) -> None:
    (workspace.root / "wish.yaml").write_text("prompt: a\nparams: {steps: 2}\n")
    told = sdtui("render", "-f", "wish.yaml", "-o", "here.png")
    assert (told.code, told.out) == (0, f"{workspace.root}/here.png\n")
    again = sdtui("render", "-f", "wish.yaml", "-o", "here.png")
    assert again.code == 5
    assert "--force" in again.err
    assert sdtui("render", "-f", "wish.yaml", "-o", "here.png", "--force").code == 0


def test_json_lines_tell_the_whole_story_in_ascii(sdtui) -> None:
    told = sdtui("render", "ein grüner \x1b]52;c;aGk=\x07 kreis \x9b", "--steps", "2", "--json")
    assert told.code == 0
    assert told.out.isascii()
    assert told.out.isprintable() or set(told.out) - {"\n"} <= {chr(code) for code in range(32, 127)}
    first, *events = [json.loads(line) for line in told.out.splitlines()]
    assert first["document"]["prompt"] == "ein grüner \x1b]52;c;aGk=\x07 kreis \x9b"
    kinds = [noted["event"]["type"] for noted in events]
    assert [kind for kind in kinds if kind in {"started", "published", "finished"}] == [
        "started",
        "published",
        "finished",
    ]
    assert "preview" not in kinds


def test_a_failed_picture_is_exit_code_1_and_its_sentence(sdtui) -> None:
    told = sdtui("render", "fail", "--steps", "3")
    assert told.code == 1
    assert "Say something else." in told.err
    assert not told.out


@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        (["ModelError"], 4),
        (["ModelError", "ModelError"], 4),
        (["WorkspaceError"], 5),
        (["ModelError", "WorkspaceError"], 1),
        (["RenderError", "ModelError"], 1),
        (["RenderError"], 1),
        (["ServerError"], 1),
        (["NoSuchError"], 1),
        ([""], 1),
    ],
)
def test_failed_pictures_end_in_the_code_of_what_they_all_failed_of(kinds: list[str], code: int) -> None:
    errors = [Complaint(what="No.", kind=kind) if kind else None for kind in kinds]
    assert failure_code(RenderView(id="a", index=0, seed=1, state="failed", error=error) for error in errors) == code


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["render", "a", "--checkpoint", "shapes-46"], 4, "shapes-64"),
        (["render", "a", "--steps", "0"], 2, "Steps"),
        (["render", "-f", "none.yaml"], 5, "none.yaml"),
        (["render", "a", "-o", "/proc/none/a.png"], 5, "/proc/none"),
        (["retry", "999"], 2, "999"),
        (["cancel", "abc"], 2, "'abc' is no number of a job. `sdtui ls` shows them"),
        (["cancel", "0"], 2, "'0' is no number of a job"),
        (["cancel", "-5"], 2, "'-5' is no number of a job"),
        (["retry", "9" * 40], 2, "is no number of a job"),
        (["ls", "-n", "0"], 2, "-n takes a whole number from 1 to 1000000, not '0'"),
        (["ls", "-n", "-5"], 2, "not '-5'"),
        (["ls", "--limit", "few"], 2, "not 'few'"),
        (["render", "-f", "bare.yaml"], 2, "bare.yaml: There is nothing to make a picture of"),
        (["nonsense"], 2, "no command"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_its_code(
    sdtui, workspace: Workspace, arguments: list[str], code: int, said: str
) -> None:
    (workspace.root / "bare.yaml").write_text("params: {steps: 2}\n")
    told = sdtui(*arguments)
    assert told.code == code
    assert said in told.err
    assert told.err.startswith("sdtui: ")
    assert "Traceback" not in told.err


def test_jobs_are_listed_detached_cancelled_and_retried(sdtui) -> None:
    detached = sdtui("render", "slow stars", "--steps", "150", "--detach")
    number = detached.out.strip()
    assert number.isdigit()
    listed = sdtui("ls")
    assert any(line.split()[0] == number and "slow stars" in line for line in listed.out.splitlines())
    assert sdtui("cancel", number).out == "1 picture is being taken back.\n"
    await_state(sdtui, number, "cancelled")
    assert "1 picture queued again." in sdtui("retry", f"#{number}").out
    sdtui("cancel", "all")
    await_state(sdtui, number, "cancelled")
    assert "nothing left" in sdtui("cancel", "all").out


def test_all_that_failed_or_was_cancelled_is_retried_and_nothing_else(sdtui) -> None:
    sdtui("cancel", "all")
    failed = sdtui("render", "fail twice", "--batch-count", "2", "--steps", "3", "--json").out.splitlines()[0]
    sdtui("render", "fine", "--steps", "1")
    number = json.loads(failed)["id"]
    before = [json.loads(line) for line in sdtui("ls", "--json").out.splitlines()]
    due = sum(picture["state"] in {"failed", "cancelled"} for job in before for picture in job["renders"])
    assert due >= 2
    assert sdtui("retry", "all").out == f"{due} pictures queued again.\n"
    sdtui("cancel", "all")
    while any(json.loads(line)["state"] in {"queued", "running"} for line in sdtui("ls", "--json").out.splitlines()):
        pass
    after = {job["id"]: job for job in map(json.loads, sdtui("ls", "--json").out.splitlines())}
    assert all(picture["state"] in {"failed", "cancelled"} for picture in after[number]["renders"])


def test_a_prompt_from_a_pipe(sdtui, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def pipe(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    pipe("a gr\u00fcn star\n".encode())
    told = sdtui("render", "-f", "-", "--steps", "1", "--json")
    assert json.loads(told.out.splitlines()[0])["document"]["prompt"] == "a gr\u00fcn star"
    for data, said in (
        (b" \n", "standard input: There is nothing"),
        (b"\xe9", "not UTF-8"),
        (b"a" * 1_000_001, "1 MB"),
    ):
        pipe(data)
        told = sdtui("render", "-f", "-")
        assert (told.code, told.out) == (2, "")
        assert said in told.err
    monkeypatch.setattr(sys, "stdin", None)
    assert sdtui("render", "-f", "-").code == 2


def test_hostile_prompts_and_names_reach_no_terminal(sdtui) -> None:
    sdtui("render", "\x1b[31mred\x07\x9b2J \u202e", "--steps", "1")
    told = sdtui("ls")
    assert "red" in told.out
    for text in (told.out, sdtui("render", "-f", "\x1b[2J.doc").err, sdtui("\x1b[2J").err):
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(text)


def test_a_prompt_like_a_book_is_cut_in_the_list_and_whole_in_json(sdtui) -> None:
    sdtui("render", "宇宙 " * 10_000, "--steps", "1")
    assert max(map(len, sdtui("ls").out.splitlines())) < 400
    assert len(sdtui("ls", "--json").out) > 20_000


def test_models_shows_the_built_in_one_first(sdtui) -> None:
    assert sdtui("models").out.splitlines()[1].startswith("shapes-64")
    record = json.loads(sdtui("models", "--json").out.splitlines()[0])
    assert record["builtin"] is True


def test_models_looks_through_the_folders_anew(sdtui, workspace: Workspace) -> None:
    folder = workspace.root / "shelf"
    folder.mkdir()
    (workspace.root / "sdtui.yaml").write_text("devices: [cpu]\nmodels: {folders: [shelf]}\n")
    sdtui("stop")
    assert "late" not in sdtui("models").out
    (folder / "late.safetensors").write_bytes(builtin_path().read_bytes())
    assert "late" in sdtui("models").out


def test_ctrl_c_cancels_the_job_and_says_so(start: Start, sdtui) -> None:
    process = start("render", "slow moon", "--steps", "150")
    assert process.stderr is not None
    number = process.stderr.readline().split()[1].rstrip(":")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"Cancelling job {number}" in err
    assert not out
    await_state(sdtui, number, "cancelled")


def test_a_server_that_ends_is_exit_code_6_and_the_job_is_kept(start: Start, sdtui) -> None:
    process = start("render", "slow sun", "--steps", "100")
    assert process.stderr is not None
    process.stderr.readline()
    assert sdtui("stop", "--now").code == 0
    _, err = process.communicate(timeout=30)
    assert process.returncode == 6
    assert "The job is kept" in err
    assert "slow sun" in sdtui("ls").out
    sdtui("cancel", "all")


def test_stopping_twice_is_fine(sdtui) -> None:
    sdtui("ls")
    assert "has ended" in sdtui("stop").out
    assert (sdtui("stop").code, sdtui("stop").out) == (0, "No server is running.\n")


def test_a_bar_is_drawn_on_a_terminal_and_goes_away_again(start: Start, workspace: Workspace) -> None:
    leader, follower = os.openpty()
    seen = bytearray()

    def read() -> None:
        try:
            while data := os.read(leader, 4096):
                seen.extend(data)
        except OSError:
            return  # the last writer has gone: that is how a pseudo-terminal ends

    reader = threading.Thread(target=read)
    reader.start()
    process = subprocess.Popen(
        [sys.executable, "-m", "sdtui", "render", "slow bar", "--steps", "20"],
        cwd=workspace.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=follower,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80"},
        text=True,
    )
    os.close(follower)
    out, _ = process.communicate(timeout=60)
    reader.join()
    os.close(leader)
    assert process.returncode == 0
    assert out.count("\n") == 1
    assert out.strip().endswith(".png")
    assert b"step 1" in seen
    assert seen.endswith(b"\x1b[?25h") or b"\x1b[?25h" in seen[-40:]


def test_a_reader_that_has_seen_enough_is_no_error(start: Start) -> None:
    process = start("config", "--show")
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(timeout=30) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stdout = None


def test_the_studio_says_that_it_needs_a_terminal(start: Start) -> None:
    process = start()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "needs a terminal" in err
    assert "sdtui render" in err


@pytest.mark.parametrize(
    ("redirected", "term", "said"),
    [
        ("stdin", "xterm", b"its input is none"),
        ("stdout", "xterm", b"its output is none"),
        ("stderr", "xterm", b"its error output is none"),
        ("", "dumb", b"TERM is dumb"),
        ("", "", b"TERM is not set"),
    ],
)
def test_the_studio_opens_on_no_half_of_a_terminal(
    workspace: Workspace, redirected: str, term: str, said: bytes
) -> None:
    leader, follower = os.openpty()
    streams = {name: subprocess.PIPE if name == redirected else follower for name in ("stdin", "stdout", "stderr")}
    process = subprocess.Popen(
        [sys.executable, "-m", "sdtui"], cwd=workspace.root, env={**os.environ, "TERM": term}, **streams
    )
    os.close(follower)
    _, piped = process.communicate(timeout=30)
    heard = piped or os.read(leader, 4096)
    os.close(leader)
    assert process.returncode == 2
    assert said in heard
    assert b"sdtui render" in heard
    assert b"\x1b" not in heard
