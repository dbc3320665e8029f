"""`sdtui watch` on a real server."""

from __future__ import annotations

import json
import os
import shlex
import signal
from pathlib import Path

import pytest

from sdtui.cli.place import open_place
from sdtui.cli.watched import Teller, WatchFollower
from sdtui.spec.watch import WatchedFile, WatchWish


@pytest.fixture
def prompts(workspace, request):
    folder = workspace.root / "prompts" / request.node.name
    folder.mkdir(parents=True)
    return folder


def test_once_renders_every_file_and_ends(sdtui, workspace, prompts) -> None:
    (prompts / "a.txt").write_text("a red circle\nNegative prompt: blue\nSteps: 2, Seed: 5")
    (prompts / "b.yaml").write_text("prompt: a star\nparams: {steps: 2}\n")
    told = sdtui("watch", str(prompts), "--once")
    assert told.code == 0, told.err
    pictures = sorted(Path(line) for line in told.out.splitlines())
    assert [path.parent.name for path in pictures] == ["a", "b"]
    assert pictures[0].name == "00001-5.png"
    assert all((path.parent / "latest.png").resolve() == path for path in pictures)
    assert "Nothing is watched" in sdtui("watch", "--list").out
    assert len(sdtui("watch", str(prompts), "--once", "--steps", "1").out.splitlines()) == 2, "unchanged ones, too"


def test_an_error_is_told_with_file_and_line_and_is_the_exit_code(sdtui, prompts) -> None:
    (prompts / "bad.yaml").write_text("prompt: x\nparams:\n  steps: many\n")
    (prompts / "good.txt").write_text("slow enough\nSteps: 2")
    told = sdtui("watch", str(prompts), "--once")
    assert told.code == 1
    assert "bad.yaml:3: " in told.err
    assert "good" in told.out


def test_an_empty_folder_ends_at_once(sdtui, prompts) -> None:
    told = sdtui("watch", str(prompts), "--once")
    assert (told.code, told.out) == (0, "")
    assert "no prompt file" in told.err


def test_it_follows_and_ctrl_c_leaves_it_watched(sdtui, start, workspace, prompts) -> None:
    process = start("watch", str(prompts))
    assert f"`sdtui watch --stop {shlex.quote(str(prompts))}` ends it" in process.stderr.readline()
    (prompts / "cat.txt").write_text("a cat\nSteps: 2")
    picture = Path(process.stdout.readline().rstrip("\n"))
    assert picture.parent == workspace.outputs / "watch" / "cat"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert f"sdtui watch --stop {prompts}" in err
    rows = [json.loads(line) for line in sdtui("watch", "--list", "--json").out.splitlines()]
    assert rows[0]["wish"]["path"] == str(prompts)
    assert rows[1]["name"] == "cat.txt"
    assert "cat.txt" in sdtui("watch", "--list").out
    assert "1 folder is paused." in sdtui("watch", "--pause", str(prompts)).out
    assert "It is paused." in sdtui("watch", "--list").err
    assert "1 folder is going on." in sdtui("watch", "--resume").out
    assert "1 folder is watched no longer." in sdtui("watch", "--stop", os.path.relpath(prompts, workspace.root)).out
    assert "Nothing is watched" in sdtui("watch", "--list").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("watch",), "Which folder?"),
        (("watch", "nowhere-at-all"), "no such folder"),
        (("watch", "--stop", "nowhere-at-all"), "not watched"),
        (("watch", "x", "--steps", "many"), "steps is a whole"),
        (("watch", "--stop", ""), "name is empty"),
        (("watch", "--pause", ""), "name is empty"),
    ],
)
def test_what_cannot_be_watched_is_said(sdtui, arguments, says) -> None:
    told = sdtui(*arguments)
    assert told.code == 2
    assert says.lower() in told.err.lower()


def test_a_file_named_over_two_lines_is_told_on_one(capsys) -> None:
    Teller().tell_file(
        WatchedFile(folder="/p", name="a\nb.txt", state="rendering", job_id=7, notes=("It is long.",)), None
    )
    assert capsys.readouterr().err == "a␊b.txt: job 7\na␊b.txt: It is long.\n"


@pytest.mark.parametrize(("path", "command"), [("/", "--stop /`"), ("/my prompts", "--stop '/my prompts'`")])
def test_the_command_that_ends_it_names_the_whole_path_as_a_shell_takes_it(workspace, path, command) -> None:
    follower = WatchFollower(open_place(workspace.root), WatchWish(path=path), Teller())
    assert follower._stopping.endswith(command)
