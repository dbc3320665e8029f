from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdtui.cli.checks import (
    check_config,
    check_keys,
    check_models,
    check_outputs,
    check_program,
    check_theme,
    check_workspace,
)
from sdtui.cli.device_check import check_devices
from sdtui.cli.finding import Finding
from sdtui.cli.place import Place, open_place
from sdtui.cli.terminal_check import ask, check_terminal
from sdtui.errors import ConfigError, ModelError, WorkspaceError
from sdtui.terminal.painter import CellSize
from sdtui.workspace.config import Config, Models, Outputs
from sdtui.workspace.paths import Workspace


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(Workspace(tmp_path / "w", state_home=tmp_path / "state", socket_home=tmp_path / "s"), Config())


def problems(findings: Iterator[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.state == "problem"]


def torch_says(text: str) -> str:
    return f"print('''{text}''')"


@pytest.fixture
def quick_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdtui.cli.device_check.SCRIPT", torch_says(CPU))


CPU = '{"torch": "2.13.0", "built": "cpu", "cards": [], "mps": false, "threads": 2}'
CARD = (
    '{"torch": "2.13.0", "built": "cuda", "threads": 2, "mps": false,'
    ' "cards": [{"name": "H100", "free": 1073741824, "total": 2147483648}]}'
)


def test_a_healthy_place_has_no_problems(place: Place) -> None:
    for check in (check_program, check_config, check_workspace, check_outputs, check_models):
        assert not problems(check(place))


def test_problems_of_the_configuration_are_told_with_their_place(place: Place) -> None:
    told = problems(check_config(place._replace(problems=(ConfigError("no key 'a'.", where="f:1", todo="b?"),))))
    assert [(one.text, one.todo, one.kind) for one in told] == [("f:1: no key 'a'.", "b?", ConfigError)]


def test_keys_that_cannot_be_are_problems_with_the_line_that_set_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDTUI_CONFIG", str(tmp_path / "mine.yaml"))
    (tmp_path / "mine.yaml").write_text("keys:\n  generat: f2\n  quit: f11\n")
    (tmp_path / "presets").mkdir()
    (tmp_path / "wildcards").mkdir()
    (tmp_path / "sdtui.yaml").write_text("keys:\n  help: f8\n  palette: ctrl+h\n")
    found = tuple(check_keys(open_place(tmp_path)))
    told = problems(iter(found))
    assert [one.text.partition(": ")[0] for one in told] == [
        f"{tmp_path}/mine.yaml:2",
        f"{tmp_path}/sdtui.yaml:2",
        f"{tmp_path}/sdtui.yaml:3",
    ]
    assert "Did you mean 'generate'?" in told[0].text
    assert "F8 already is 'Cancel'" in told[1].text
    assert {one.kind for one in told} == {ConfigError}
    assert [one.text for one in found if one.state == "ok"] == ["quit: f11"]


def test_keys_are_checked_only_where_there_are_some_and_without_textual(place: Place) -> None:
    assert not tuple(check_keys(place))
    code = (
        "import sys; from pathlib import Path; from sdtui.cli.checks import check_keys;"
        "from sdtui.cli.place import Place; from sdtui.workspace.config import Config;"
        "from sdtui.workspace.paths import Workspace;"
        "print(*check_keys(Place(Workspace(Path('.')), Config(keys={'generate': 'f8'}))));"
        "assert 'textual' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "F8 already is 'Cancel'" in done.stdout


def test_a_theme_that_is_not_there_is_a_problem(place: Place) -> None:
    assert not tuple(check_theme(place))
    assert not tuple(check_theme(place._replace(config=Config(theme="nord"))))
    (told,) = problems(check_theme(place._replace(config=Config(theme="nosuch"))))
    assert "There is no theme 'nosuch'" in told.text
    assert "nord" in told.todo


def test_wildcards_that_cannot_be_used_are_problems(place: Place) -> None:
    folder = place.workspace.wildcards
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fine.txt").write_text("red\n")
    (folder / "latin.txt").write_bytes(b"bl\xffue\n")
    (folder / "broken.yaml").write_text("a: [b\n")
    (folder / "out.txt").symlink_to("/etc/hostname")
    found = tuple(check_workspace(place))
    assert "2 wildcards" in found[0].text
    told = " ".join(one.text for one in problems(iter(found)))
    assert all(f"wildcards/{name}" in told for name in ("latin.txt:1", "broken.yaml:", "out.txt"))


def test_outputs_that_cannot_be_written_are_a_problem(place: Place, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    blocked = place._replace(config=Config(outputs=Outputs(folder=str(tmp_path / "file" / "out"))))
    assert [one.kind for one in problems(check_outputs(blocked))] == [WorkspaceError]
    unwritable = place._replace(config=Config(outputs=Outputs(folder="/proc/out")))
    assert "not writable" in problems(check_outputs(unwritable))[0].text


def test_model_folders_and_the_default_checkpoint_are_looked_for(place: Place) -> None:
    config = Config(models=Models(tree="/none"), checkpoint="shapes-46")
    tree, checkpoint = problems(check_models(place._replace(config=config)))
    assert "/none is not there" in tree.text
    assert "shapes-46" in checkpoint.text
    assert "shapes-64" in checkpoint.todo
    assert {tree.kind, checkpoint.kind} == {ModelError}


def test_a_state_folder_that_cannot_be_made_is_a_problem(place: Place, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    workspace = Workspace(tmp_path / "w", state_home=tmp_path / "file", socket_home=tmp_path / "s")
    assert problems(check_workspace(place._replace(workspace=workspace)))[0].kind is WorkspaceError


@pytest.mark.parametrize(
    ("devices", "report", "problem"),
    [
        (("cpu",), CPU, ""),
        (("cpu", "cpu"), CPU, ""),
        (("cuda:0",), CPU, "pytorch.org"),
        (("mps",), CPU, "pytorch.org"),
        (("cuda:0",), CARD, ""),
        (("cuda",), CARD, ""),
        (("cuda:1",), CARD, "driver"),
    ],
)
def test_devices_of_the_configuration_must_be_torch_s(
    place: Place, devices: tuple[str, ...], report: str, problem: str
) -> None:
    found = tuple(check_devices(place._replace(config=Config(devices=devices)), torch_says(report)))
    told = problems(iter(found))
    assert [problem in one.todo for one in told] == ([True] if problem else [])
    assert any(one.title == "workers" and ", ".join(devices) in one.text for one in found)
    if report == CARD:
        assert any("H100, 1.0 of 2.0 GiB free" in one.text for one in found)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise ImportError('libcudnn.so.9 is missing')", "libcudnn.so.9 is missing"),
        ("print('nonsense')", "understood"),
        ("import os; os.abort()", "no word why"),
        ("import threading; threading.Event().wait()", "No answer within"),
    ],
)
def test_a_torch_that_does_not_work_is_told(place: Place, code: str, said: str) -> None:
    found = tuple(check_devices(place, code, patience_s=20 if "wait" not in code else 0.5))
    assert said in problems(iter(found))[0].text


def test_the_real_torch_is_asked_in_another_process(place: Place) -> None:
    before = set(sys.modules)
    found = tuple(check_devices(place))
    assert not problems(iter(found))
    assert found[0].title == "torch"
    assert "torch" not in set(sys.modules) - before


def test_a_terminal_is_asked_and_left_as_it_was() -> None:
    leader, follower = pty.openpty()
    asked = bytearray()

    def answer() -> None:
        while not asked.endswith(b"\x1b[c"):
            asked.extend(os.read(leader, 1024))
        os.write(leader, b"\x1bP>|XTerm(370)\x1b\\\x1b[6;20;10tx\x1b[?64;4c")

    terminal = threading.Thread(target=answer)
    terminal.start()
    replies = ask(follower, {"TERM": "xterm-256color"}, patience_s=20)
    terminal.join()
    assert (replies.version, replies.cell) == ("XTerm(370)", CellSize(10, 20))
    assert replies.complete
    import termios

    assert termios.tcgetattr(follower)[3] & termios.ECHO
    os.close(leader)
    os.close(follower)


def test_a_silent_terminal_is_given_up_on() -> None:
    leader, follower = pty.openpty()
    assert not ask(follower, {"TERM": "xterm"}, patience_s=0.05).complete
    os.close(leader)
    os.close(follower)


def test_without_a_terminal_there_is_a_note(place: Place, tmp_path: Path) -> None:
    (found,) = check_terminal(place, tmp_path / "none")
    assert (found.state, found.title) == ("note", "terminal")


@pytest.mark.usefixtures("quick_torch")
def test_the_report_has_a_line_a_finding_and_the_first_problem_s_code(sdtui, workspace: Workspace) -> None:
    told = sdtui("doctor")
    assert told.code == 0
    titles = {line.split()[1] for line in told.out.splitlines() if not line.startswith(" ")}
    assert {"sdtui", "config", "workspace", "state", "outputs", "models", "server", "terminal", "torch"} <= titles
    (workspace.root / "sdtui.yaml").write_text("devices: [cpu]\nchekpoint: a\n")
    told = sdtui("doctor", "--json")
    assert told.code == 3
    found = [json.loads(line) for line in told.out.splitlines()]
    assert any("chekpoint" in one["text"] and "checkpoint" in one["todo"] for one in found)


@pytest.mark.usefixtures("quick_torch")
def test_a_running_server_is_greeted_and_none_is_started(sdtui, workspace: Workspace) -> None:
    assert "not running" in next(line for line in sdtui("doctor").out.splitlines() if "server" in line)
    assert not workspace.socket.exists()
    sdtui("ls")
    assert "pid" in next(line for line in sdtui("doctor").out.splitlines() if " server " in line)


def test_a_config_typo_stops_a_render_and_nothing_else(sdtui, workspace: Workspace) -> None:
    (workspace.root / "sdtui.yaml").write_text("devices: [cpu]\noutputs: {foldr: x}\n")
    told = sdtui("render", "a", "--steps", "1")
    assert told.code == 3
    assert "outputs.folder" in told.err
    told = sdtui("ls")
    assert told.code == 0
    assert "passed over" in told.err
    assert open_place(workspace.root).problems


def test_config_is_shown_and_found(sdtui, places: Path, workspace: Workspace) -> None:
    (workspace.root / "sdtui.yaml").write_text("devices: [cpu]\n")
    told = sdtui("config", "--show")
    assert told.code == 0
    assert f"devices: [cpu]  # {workspace.root}/sdtui.yaml:1" in told.out
    assert sdtui("config", "--path").out == f"{places}/config/sdtui/config.yaml\n"
    mine = places / "mine.yaml"
    mine.write_text("theme: nord\n")
    assert f"theme: nord  # {mine}:1" in sdtui("--config", str(mine), "config").out
