from __future__ import annotations

import os
from pathlib import Path

import pytest

from sdtui.errors import WorkspaceError
from sdtui.workspace.paths import Workspace, find_workspace, is_workspace, make_workspace, socket_home, state_home

STRANGER = 65_534
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can hand files to somebody else")


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("SDTUI_TMPDIR", str(tmp_path))


def make_folders(root: Path) -> Path:
    (root / "presets").mkdir(parents=True)
    (root / "wildcards").mkdir()
    return root


def test_a_workspace_is_found_upwards(tmp_path: Path) -> None:
    root = make_folders(tmp_path / "a")
    deep = root / "b" / "c"
    deep.mkdir(parents=True)
    assert find_workspace(deep, tmp_path / "default").root == root
    assert not (tmp_path / "default").exists()


def test_the_nearest_one_counts_and_a_file_is_enough(tmp_path: Path) -> None:
    inner = make_folders(tmp_path / "a") / "b"
    inner.mkdir()
    (inner / "sdtui.yaml").write_text("")
    assert find_workspace(inner, tmp_path / "default").root == inner


def test_presets_alone_are_no_workspace(tmp_path: Path) -> None:
    (tmp_path / "presets").mkdir()
    assert not is_workspace(tmp_path)


def test_the_default_is_made_with_starter_files_on_first_use(tmp_path: Path) -> None:
    start = tmp_path / "elsewhere"
    start.mkdir()
    found = find_workspace(start, tmp_path / "new" / "sdtui")
    assert found.root == tmp_path / "new" / "sdtui"
    assert (found.wildcards / "colours.txt").read_text().count("red") == 1
    assert list(found.presets.glob("*.yaml"))
    (found.wildcards / "colours.txt").write_text("mine")
    assert find_workspace(start, found.root).wildcards.joinpath("colours.txt").read_text() == "mine"


def test_what_is_in_a_folder_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "w" / "presets").mkdir(parents=True)
    make_workspace(tmp_path / "w")
    assert not list((tmp_path / "w" / "presets").iterdir())
    assert list((tmp_path / "w" / "wildcards").iterdir())


def test_a_default_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match="cannot be made here") as caught:
        find_workspace(tmp_path, tmp_path / "file" / "sdtui")
    assert "-C" in caught.value.todo


@as_root
def test_a_folder_that_a_stranger_made_into_a_workspace_is_passed_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = make_folders(tmp_path / "a")
    (planted / "sdtui.yaml").write_text("viewer: evil")
    for path in planted.iterdir():
        os.chown(path, STRANGER, STRANGER)
    monkeypatch.setattr("os.getuid", lambda: 1000)
    assert find_workspace(planted, tmp_path / "default").root == tmp_path / "default"


def test_state_and_socket_are_stable_and_apart(tmp_path: Path) -> None:
    one, same, other = Workspace(tmp_path), Workspace(tmp_path / "x" / ".."), Workspace(tmp_path / "y")
    assert (one.state, one.socket) == (same.state, same.socket)
    assert one.state != other.state
    assert one.socket != other.socket
    assert one.state == state_home() / one.id
    assert Workspace(tmp_path, state_home=tmp_path / "z").socket != one.socket


def test_looking_makes_nothing(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "w")
    assert workspace.socket.parent != workspace.log.parent
    assert not list(tmp_path.iterdir())


def test_a_link_to_a_workspace_is_the_same_workspace(tmp_path: Path) -> None:
    root = make_folders(tmp_path / "a")
    (tmp_path / "link").symlink_to(root)
    assert find_workspace(tmp_path / "link", tmp_path / "default").id == Workspace(root).id


def test_state_and_socket_folders_are_private(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.make_state()
    workspace.state.chmod(0o755)
    assert workspace.make_state().stat().st_mode & 0o777 == 0o700
    assert workspace.make_socket_folder().parent.stat().st_mode & 0o777 == 0o700


def test_a_planted_link_in_place_of_the_socket_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "trap").mkdir(mode=0o700)
    socket_home().symlink_to(tmp_path / "trap")
    with pytest.raises(WorkspaceError, match="must be a folder"):
        Workspace(tmp_path).make_socket_folder()


def test_a_socket_folder_open_to_others_is_refused(tmp_path: Path) -> None:
    socket_home().mkdir()
    socket_home().chmod(0o777)
    with pytest.raises(WorkspaceError, match="open to other users"):
        Workspace(tmp_path).make_socket_folder()


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(tmp_path)
    workspace.make_socket_folder()
    monkeypatch.setattr("os.getuid", lambda: STRANGER)
    with pytest.raises(WorkspaceError, match="somebody else"):
        workspace.make_socket_folder()


def test_a_socket_path_that_is_too_long_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("x" * 90)
    long.mkdir()
    monkeypatch.setenv("SDTUI_TMPDIR", str(long))
    with pytest.raises(WorkspaceError, match="longer than"):
        Workspace(tmp_path).make_socket_folder()


def test_a_state_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match="cannot be kept here") as caught:
        Workspace(tmp_path, state_home=tmp_path / "file" / "sdtui").make_state()
    assert "XDG_STATE_HOME" in caught.value.todo


def test_paths_of_the_configuration_start_at_the_root(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert workspace.resolve("outputs") == workspace.outputs
    assert workspace.resolve("/x/y") == Path("/x/y")
    assert workspace.resolve("~/y") == Path.home() / "y"
