"""Closed streams, full disks, foreign encodings, folders that are gone: a sentence each, never a traceback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sdtui.workspace.paths import Workspace

RUN = [sys.executable, "-m", "sdtui"]


def in_shell(command: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    quoted = f'sdtui() {{ "{sys.executable}" -m sdtui "$@"; }}\n{command}'
    return subprocess.run(["bash", "-c", quoted], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("sdtui config --show > /dev/full", 5, b"No space left"),
        ("sdtui config --show >&-", 0, b""),
        ("sdtui config --path 2>&-", 0, b""),
        ("sdtui <&-", 2, b"needs a terminal"),
        ("sdtui render $'caf\\xe9'", 2, b"not UTF-8"),
        ("sdtui render a -o $'caf\\xe9.png'", 2, b"not UTF-8"),
        ("sdtui render -f $'caf\\xe9.yaml'", 5, b"No such file"),
        ("sdtui -C", 2, b"expected one argument"),
        ("sdtui -C none/deep ls", 5, b"no such folder"),
        ("sdtui -C sdtui.yaml ls", 5, b"cannot be made here"),
        ("sdtui --config none.yaml render a", 3, b"none.yaml"),
        ("mkdir gone; cd gone; rmdir ../gone; sdtui ls", 5, b"does not exist any more"),
        ("mkdir $'caf\\xe9'; sdtui -C $'caf\\xe9' ls", 5, b"not UTF-8"),
        ("LC_ALL=C PYTHONIOENCODING=ascii sdtui --help", 0, b""),
        ('printf \'{"prompt": "\\\\ud800"}\' > half.json; sdtui render -f half.json', 2, b"half a character"),
        ("printf 'prompt: \"a\\\\0b\"' > zero.yaml; sdtui render -f zero.yaml", 2, b"zero byte"),
    ],
)
def test_an_odd_world_gets_a_sentence(command: str, code: int, said: bytes, workspace: Workspace) -> None:
    done = in_shell(command, workspace.root)
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    assert said in done.stderr
    assert done.returncode == code


def test_an_error_that_nobody_thought_of_is_still_a_sentence(sdtui, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(args: object) -> int:
        raise ZeroDivisionError("nobody thought of it")

    monkeypatch.setattr("sdtui.cli.models.run", break_down)
    told = sdtui("models")
    assert told.code == 1
    assert "A fault of our own: ZeroDivisionError" in told.err
    assert "Traceback" not in told.err
    monkeypatch.setenv("SDTUI_TRACEBACK", "1")
    assert "Traceback" in sdtui("models").err


def test_a_workspace_in_a_read_only_folder_can_be_looked_at(places: Path, workspace: Workspace) -> None:
    root = places / "locked"
    shutil.copytree(workspace.root, root)
    root.chmod(0o555)
    try:
        done = in_shell(f"sdtui -C {root} config --show", places)
        assert done.returncode == 0
    finally:
        root.chmod(0o755)
    assert os.listdir(root) == os.listdir(workspace.root)  # noqa: PTH208
