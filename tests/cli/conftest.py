"""A workspace of its own, a real server with the renderer that needs no torch, and a way to run commands on them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sdtui.cli.main import run
from sdtui.workspace.paths import Workspace

ROOT = Path(__file__).resolve().parents[2]


class Told:
    """What a command printed, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


Sdtui = Callable[..., Told]


@pytest.fixture(scope="session", autouse=True)
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """State, sockets, configuration and home in a folder of the tests."""
    home = tmp_path_factory.mktemp("cli")
    (home / "s").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_STATE_HOME", str(home / "state"))
        patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
        patch.setenv("SDTUI_TMPDIR", str(home / "s"))
        patch.setenv("SDTUI_RENDERER", "sdtui.worker.fake:FakeRenderer")
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.delenv("SDTUI_CONFIG", raising=False)
        yield home


@pytest.fixture(scope="module")
def workspace(places: Path, request: pytest.FixtureRequest) -> Iterator[Workspace]:
    """A workspace whose server, if a test starts one, ends with the module."""
    root = places / request.module.__name__.rpartition(".")[2]
    for name in ("presets", "wildcards"):
        (root / name).mkdir(parents=True)
    (root / "sdtui.yaml").write_text("devices: [cpu]\n")
    made = Workspace(root)
    yield made
    lock = made.state / "server.lock"
    if lock.exists() and lock.read_text().strip():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(lock.read_text()), signal.SIGKILL)


@pytest.fixture
def sdtui(workspace: Workspace, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Sdtui:
    """Runs a command line in this process, started in the workspace."""
    monkeypatch.chdir(workspace.root)

    def command(*arguments: str) -> Told:
        capfd.readouterr()
        try:
            code = run(arguments)
        except SystemExit as leave:
            code = int(leave.code or 0)
        return Told(code, *capfd.readouterr())

    return command


@pytest.fixture
def start(workspace: Workspace) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a command line in a process of its own, so that signals can be sent to it."""
    running: list[subprocess.Popen[str]] = []

    def command(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "sdtui", *arguments],
            cwd=workspace.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield command
    for process in running:
        process.kill()
        process.communicate()
