"""The prompt editor in a real terminal: what was typed and its undo history outlive the program, even one that is killed."""

import os
import shutil
import signal
import time

import pytest

from tests.studio.terminal import Tmux, sdtui

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed; .ci/run installs it")


@pytest.fixture
def tmux(tmp_path):
    made = Tmux(tmp_path)
    yield made
    made.kill()


def open_studio(tmux, workspace, start):
    start(sdtui(workspace))
    tmux.until(r"\d+/75")
    tmux.until("queue empty")  # there is a server: what is typed is kept


def test_undo_goes_on_after_a_restart(tmux, workspace):
    open_studio(tmux, workspace, tmux.start)
    tmux.text("a red")
    tmux.keys("M-Up")
    tmux.until(r"a \(red:1\.1\)")
    tmux.keys("C-q")
    tmux.until(lambda _: tmux.dead())
    open_studio(tmux, workspace, tmux.respawn)
    tmux.until(r"a \(red:1\.1\)")
    tmux.keys("C-z")
    tmux.until(r"│?a red ")
    tmux.keys("C-y")
    tmux.until(r"a \(red:1\.1\)")
    tmux.keys("C-z", "C-z")
    tmux.until("What is to be seen")


def test_a_studio_that_is_killed_loses_a_second_at_most(tmux, workspace):
    open_studio(tmux, workspace, tmux.start)
    tmux.text("kept words")
    tmux.until("kept words")
    typed = time.monotonic()
    tmux.until(lambda _: time.monotonic() - typed > 1.5)
    tmux.text(", lost perhaps")
    os.kill(int(tmux.run("display-message", "-p", "-t", "s", "#{pane_pid}")), signal.SIGKILL)
    tmux.until(lambda _: tmux.dead())
    open_studio(tmux, workspace, tmux.respawn)
    tmux.until("kept words")
    tmux.keys("C-z", "C-z", "C-z")
    tmux.until("What is to be seen")
