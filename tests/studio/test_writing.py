"""Completion and $EDITOR in a real terminal: the studio makes room for a real vim and nano, and comes back."""

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
def test_a_real_vim_edits_the_prompt(tmux, workspace):
    tmux.start("env VISUAL='vim -u NONE -N' " + sdtui(workspace))
    tmux.until("0/75")
    tmux.text("a red cat")
    tmux.until("a red cat")
    tmux.keys("F4")
    tmux.until("prompt.txt")
    tmux.keys("A")
    tmux.text(" on a mat")
    tmux.keys("Escape")
    tmux.text(":wq")
    tmux.keys("Enter")
    screen = tmux.until("Taken over")
    assert "a red cat on a mat" in screen
    assert "1 Prompt" in screen
    tmux.text(", large")
    tmux.until("mat, large")


@needs("nano")
def test_a_real_nano_edits_the_negative_prompt(tmux, workspace):
    tmux.start("env -u VISUAL EDITOR='nano --ignorercfiles' " + sdtui(workspace))
    tmux.until("0/75")
    tmux.keys("M-2")
    tmux.text("blurry")
    tmux.until("blurry")
    tmux.keys("F4")
    tmux.until(r"\^X Exit")
    tmux.text("very ")
    tmux.keys("C-o", "Enter")
    tmux.until("Wrote")
    tmux.keys("C-x")
    assert "very blurry" in tmux.until("Taken over")


def test_an_editor_that_breaks_is_said_and_the_studio_goes_on(tmux, workspace, tmp_path):
    broken = tmp_path / "editor"
    broken.write_text('#!/bin/sh\necho debris on the screen\necho lost > "$1"\nkill -9 $$\n')
    broken.chmod(0o755)
    tmux.start(f"env VISUAL={broken} " + sdtui(workspace))
    tmux.until("0/75")
    tmux.text("kept")
    tmux.until("kept")
    tmux.keys("F4")
    screen = tmux.until("nothing was taken over")
    assert "kept" in screen
    assert "debris" not in screen
    tmux.text(" words")
    tmux.until("kept words")


def test_a_wildcard_is_completed_drawn_and_opened(tmux, workspace, tmp_path):
    (workspace.root / "wildcards" / "colours.txt").write_text("red\nblue\n")
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho mauve >> "$1"\n')
    editor.chmod(0o755)
    tmux.start(f"env VISUAL={editor} " + sdtui(workspace))
    tmux.until("0/75")
    tmux.text("a __col")
    tmux.until("2 values")
    tmux.keys("Tab")
    tmux.until("a __colours__")
    tmux.keys("M-d")
    tmux.until("10 draws of 2 combinations")
    tmux.keys("Escape")
    tmux.until(lambda screen: "10 draws" not in screen)
    tmux.keys("M-e")
    tmux.until("Wildcard 'colours'")
    assert "mauve" in (workspace.root / "wildcards" / "colours.txt").read_text()
    tmux.keys("M-d")
    tmux.until("10 draws of 3 combinations")
