"""Commands on a real server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

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
    ("arguments", "code", "said"),
    [
        (["render", "a", "--checkpoint", "shapes-46"], 4, "shapes-64"),
        (["render", "a", "--steps", "0"], 2, "Steps"),
        (["render", "-f", "none.yaml"], 5, "none.yaml"),
        (["render", "a", "-o", "/proc/none/a.png"], 5, "/proc/none"),
        (["retry", "999"], 2, "999"),
        (["cancel", "many"], 2, "job number, or all"),
        (["nonsense"], 2, "no command"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_its_code(sdtui, arguments: list[str], code: int, said: str) -> None:
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
    assert "1 picture cancelled." in sdtui("cancel", number).out
    await_state(sdtui, number, "cancelled")
    assert "1 picture queued again." in sdtui("retry", f"#{number}").out
    sdtui("cancel", "all")
    await_state(sdtui, number, "cancelled")
    assert "nothing left" in sdtui("cancel", "all").out


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
    record = json.loads(sdtui("models", "--json", "--refresh").out.splitlines()[0])
    assert record["builtin"] is True


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
