"""Presets and wildcards in a real terminal: a real editor on their files, and what changes outside."""

import shutil

import pytest

from tests.studio.terminal import Tmux, sdtui

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed; .ci/run installs it")


@pytest.fixture
def tmux(tmp_path):
    made = Tmux(tmp_path, 80, 24)
    yield made
    made.kill()


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed; .ci/run installs it")


@needs("vim")
def test_a_real_vim_edits_a_preset_which_is_applied_and_taken_back(tmux, workspace):
    preset = workspace.presets / "ink.yaml"
    preset.write_text("prompt: ink drawing\n")
    tmux.start("env VISUAL='vim -u NONE -N' " + sdtui(workspace))
    tmux.until("0/75")
    tmux.text("a cat")
    tmux.until("a cat")
    tmux.keys("F3")
    tmux.until("a cat → a cat, ink drawing")
    tmux.keys("F4")
    tmux.until("ink.yaml")
    tmux.keys("A")
    tmux.text(" of {prompt}")
    tmux.keys("Escape")
    tmux.text(":wq")
    tmux.keys("Enter")
    tmux.until("a cat → ink drawing of a cat")
    assert preset.read_text() == "prompt: ink drawing of {prompt}\n"
    preset.write_text("stpes: 3\n")
    tmux.until("✗ ink")
    tmux.until("presets/ink.yaml:1")
    preset.write_text("prompt: pencil\n")
    tmux.until("a cat → a cat, pencil")
    tmux.keys("Enter")
    tmux.until("ink is applied")
    tmux.keys("M-u")
    tmux.until("ink is taken back")
    assert "a cat, pencil" not in tmux.screen()


@needs("nano")
def test_a_real_nano_edits_a_wildcard_which_is_then_drawn(tmux, workspace):
    colours = workspace.wildcards / "colours.txt"
    colours.write_text("red\nblue\n")
    tmux.start("env -u VISUAL EDITOR='nano --ignorercfiles' " + sdtui(workspace))
    tmux.until("0/75")
    tmux.keys("F7")
    tmux.until("colours.txt +2")
    tmux.keys("F4")
    tmux.until("Read 2 lines")
    tmux.text("mauve")
    tmux.keys("Enter", "C-o", "Enter")
    tmux.until("Wrote")
    tmux.keys("C-x")
    tmux.until("colours.txt +3")
    tmux.until("mauve")
    (workspace.wildcards / "animals").mkdir()
    (workspace.wildcards / "animals" / "tame.txt").write_text("cat\n")
    tmux.until("▾ animals/")
    tmux.keys("d")
    tmux.until("10 draws of 3 combinations")
    tmux.keys("Escape")
    tmux.until(lambda screen: "10 draws" not in screen)
    tmux.keys("Enter", "C-End", "Enter")
    tmux.text("teal")
    tmux.keys("C-s")
    tmux.until("colours.txt is saved")
    assert colours.read_text() == "mauve\nred\nblue\nteal\n"


def test_what_is_saved_in_one_studio_shows_in_another(tmux, workspace, tmp_path):
    other_folder = tmp_path / "other"
    other_folder.mkdir()
    other = Tmux(other_folder, 80, 24)
    try:
        for each in (tmux, other):
            each.start(sdtui(workspace))
            each.until("0/75")
        other.keys("F3")
        other.until("No presets yet")
        tmux.text("a red ring")
        tmux.until("a red ring")
        tmux.keys("C-s")
        tmux.until("Save as preset")
        tmux.text("ring")
        tmux.keys("Enter")
        tmux.until("Preset 'ring' is saved")
        other.until("Presets · 1")
        assert (workspace.presets / "ring.yaml").read_text() == "prompt: a red ring\n"
    finally:
        other.kill()
