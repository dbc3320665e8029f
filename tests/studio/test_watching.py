"""Watching in a real terminal: prompt files edited in a real vim and a real nano, each save a new picture."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.conftest import end_server
from tests.studio.terminal import Tmux, sdtui

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed; .ci/run installs it")
VIM = pytest.mark.skipif(shutil.which("vim") is None, reason="vim is not installed; .ci/run installs it")
NANO = pytest.mark.skipif(shutil.which("nano") is None, reason="nano is not installed; .ci/run installs it")


@pytest.fixture
def tmux(tmp_path):
    made = Tmux(tmp_path)
    yield made
    made.kill()


@pytest.fixture
def prompts(tmp_path):
    folder = tmp_path / "prompts"
    folder.mkdir()
    (folder / "cat.txt").write_text("a red cat\n")
    return folder


def pictures(workspace, name="cat"):
    home = workspace.outputs / "watch" / name
    return sorted(path.name for path in home.glob("0*.png")) if home.is_dir() else []


def latest(workspace, name="cat"):
    return (workspace.outputs / "watch" / name / "latest.png").resolve().name


def open_room(tmux, workspace):
    tmux.until(r"\d+/75")
    tmux.keys("F6")
    tmux.until("Watching ·")


def write_in_vim(tmux, words):
    tmux.until("a .* cat")
    tmux.keys("Escape")
    tmux.text(f":%s/a .* cat/a {words} cat/")
    tmux.keys("Enter")
    tmux.text(":wq")
    tmux.keys("Enter")


def write_in_nano(tmux, words):
    tmux.until(r"\^X Exit")
    tmux.keys("C-k")
    tmux.text(f"a {words} cat")
    tmux.keys("C-o", "Enter", "C-x")


@pytest.mark.parametrize(
    ("editor", "options", "write"),
    [
        pytest.param("vim", "-u NONE -i NONE", write_in_vim, marks=VIM, id="vim"),
        pytest.param(
            "vim", '-u NONE -i NONE --cmd "set backup backupcopy=no"', write_in_vim, marks=VIM, id="vim-backup"
        ),
        pytest.param("nano", "-I -B", write_in_nano, marks=NANO, id="nano"),
        # It leaves the margins of a smaller screen behind, at which a line feed would scroll ours.
        pytest.param("env LINES=24 COLUMNS=80 nano", "-I -B", write_in_nano, marks=NANO, id="nano-on-a-smaller-screen"),
    ],
)
def test_edit_save_and_the_new_picture_is_there(tmux, workspace, prompts, monkeypatch, editor, options, write):
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{editor} {options}")
    tmux.start(sdtui(workspace))
    open_room(tmux, workspace)
    tmux.keys("a")
    tmux.until("Watch which folder")
    tmux.text(str(prompts))
    tmux.keys("Enter")
    tmux.until("✓ cat.txt")
    for number, words in enumerate(("blue", "green"), 2):
        tmux.keys("Enter")
        write(tmux, words)
        tmux.until("Watching ·")
        tmux.until(lambda _, number=number: len(pictures(workspace)) == number)
        tmux.until(f"watch/cat/0000{number}")
    tmux.keys("c")
    tmux.until("beside cat/00002")
    tmux.keys("q")
    tmux.until("Watching ·")
    assert latest(workspace) == pictures(workspace)[-1]
    assert len({name.partition("-")[2] for name in pictures(workspace)}) == 1, "one seed"
    assert len(pictures(workspace)) == 3, "each save is one picture"


def test_it_goes_on_without_the_studio_and_after_the_server_died(tmux, workspace, prompts):
    tmux.start(sdtui(workspace))
    open_room(tmux, workspace)
    tmux.keys("a")
    tmux.until("Watch which folder")
    tmux.text(str(prompts))
    tmux.keys("Enter")
    tmux.until("✓ cat.txt")
    os.kill(int(tmux.run("display-message", "-p", "-t", "s", "#{pane_pid}")), signal.SIGKILL)
    tmux.until(lambda _: tmux.dead())
    (prompts / "cat.txt").write_text("without anybody")
    tmux.until(lambda _: len(pictures(workspace)) == 2)
    end_server(workspace)
    (prompts / "cat.txt").write_text("without a server")
    (prompts / "dog.txt").write_text("a new one")
    tmux.respawn(sdtui(workspace))
    tmux.until(lambda _: len(pictures(workspace)) == 3 and pictures(workspace, "dog"))
    open_room(tmux, workspace)
    tmux.until("✓ dog.txt")
    tmux.keys("C-q")
    tmux.until(lambda _: tmux.dead())


def test_the_command_line_shows_up_in_the_studio_and_the_built_in_model_paints(tmux, workspace, prompts, monkeypatch):
    monkeypatch.delenv("SDTUI_RENDERER")
    (prompts / "cat.txt").write_text("a large red circle on a white background\nSteps: 6\n")
    tmux.start(f"{sdtui(workspace)} watch {prompts}")
    tmux.until(r"00001-\d+\.png", patience_s=110)
    tmux.keys("C-c")
    tmux.until("stays watched")
    tmux.until(lambda _: tmux.dead())
    tmux.respawn(sdtui(workspace))
    open_room(tmux, workspace)
    tmux.until("✓ cat.txt")
    tmux.until("▀▀▀")
    (prompts / "cat.txt").write_text("a large blue circle on a white background\nSteps: 6\n")
    tmux.until("cat/00002", patience_s=60)
    assert Path(workspace.outputs / "watch" / "cat" / "latest.png").is_file()
