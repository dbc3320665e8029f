"""A user's first minute, in a real terminal: type, F5, the picture; leave in the middle, come back."""

import re
import shutil

import pytest

from tests.studio.terminal import Tmux, sdtui

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed; .ci/run installs it")


@pytest.fixture
def tmux(tmp_path):
    made = Tmux(tmp_path)
    yield made
    made.kill()


def red_cells(tmux):
    """Half-block cells whose upper or lower pixel is clearly red."""
    found = re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", tmux.coloured())
    return [rgb for rgb in found if int(rgb[0]) > 170 and int(rgb[1]) < 100 and int(rgb[2]) < 100]


def test_type_and_f5_and_the_picture_is_there(tmux, workspace, monkeypatch):
    monkeypatch.delenv("SDTUI_RENDERER")
    monkeypatch.setenv("COLORTERM", "truecolor")
    tmux.start(sdtui(workspace))
    tmux.until("Prompt")
    tmux.text("a large red circle on a white background")
    tmux.until("white background")
    tmux.keys("F5")
    tmux.until(lambda _: list(workspace.outputs.rglob("*.png")), patience_s=110)
    tmux.until(lambda _: len(red_cells(tmux)) > 20)
    tmux.keys("C-q")
    tmux.until(lambda _: tmux.dead())


def test_a_job_goes_on_without_the_studio_and_is_there_again(tmux, workspace):
    tmux.start(sdtui(workspace))
    tmux.until("Prompt")
    tmux.text("slow cat")
    tmux.until("slow cat")
    tmux.keys("F5")
    tmux.until(r"#1 ")
    tmux.keys("C-q")
    tmux.until(lambda _: tmux.dead())
    tmux.respawn(sdtui(workspace))
    tmux.until("slow cat")
    tmux.keys("M-4")
    tmux.until(r"#1 .*slow cat")
    tmux.until(lambda _: list(workspace.outputs.rglob("*.png")))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
def test_every_pane_is_reached_by_its_key(tmp_path, workspace, width, height):
    tmux = Tmux(tmp_path, width, height)
    try:
        tmux.start(sdtui(workspace))
        tmux.until("Prompt")
        for key, says in (("M-4", "No jobs yet"), ("M-5", "No picture yet"), ("M-6", r"6 Log"), ("M-3", "CFG scale")):
            tmux.keys(key)
            tmux.until(says)
        tmux.keys("M-2")
        tmux.text("blurry")
        tmux.until("blurry")
    finally:
        tmux.kill()


def test_the_terminal_says_how_large_it_is_whatever_the_environment_says(tmux, workspace):
    tmux.start("env COLUMNS=80 LINES=24 " + sdtui(workspace))
    screen = tmux.until("No jobs yet")
    assert max(len(line.rstrip()) for line in screen.splitlines()) == 120
