"""Text files that clients read and write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.errors import SdtuiError, UsageError, WorkspaceError
from sdtui.workspace import text_files
from sdtui.workspace.file_names import check_file_name, safe_name
from sdtui.workspace.text_files import TextFiles


@pytest.fixture
def files(tmp_path: Path) -> TextFiles:
    (tmp_path / "wildcards").mkdir()
    return TextFiles(tmp_path / "wildcards", (".txt", ".yaml"), tmp_path / "removed", nested=True)


def kept(files: TextFiles) -> list[str]:
    folder = files.root.parent / "removed"
    return sorted(each.read_text() for each in folder.iterdir()) if folder.is_dir() else []


def test_a_text_is_written_read_and_replaced(files: TextFiles) -> None:
    first = files.put("nested/a.txt", "one\n", "")
    assert files.get("nested/a.txt") == first
    (files.root / "nested/a.txt").chmod(0o600)
    second = files.put("nested/a.txt", "two\n", first.etag)
    assert second.etag != first.etag
    assert (files.root / "nested/a.txt").read_text() == "two\n"
    assert (files.root / "nested/a.txt").stat().st_mode & 0o777 == 0o600
    assert kept(files) == ["one\n"]
    assert [each.name for each in (files.root / "nested").iterdir()] == ["a.txt"]


def test_a_text_that_was_changed_meanwhile_is_kept_and_so_is_ours(files: TextFiles) -> None:
    first = files.put("a.txt", "one", "")
    (files.root / "a.txt").write_text("theirs")
    (files.root / "a-2.txt").write_text("another")
    ours = files.put("a.txt", "ours", first.etag)
    assert ours.name == "a-3.txt"
    assert {each.name: each.read_text() for each in files.root.iterdir()} == {
        "a.txt": "theirs",
        "a-2.txt": "another",
        "a-3.txt": "ours",
    }


def test_a_text_whose_file_was_removed_meanwhile_comes_back(files: TextFiles) -> None:
    first = files.put("a.txt", "one", "")
    (files.root / "a.txt").unlink()
    assert files.put("a.txt", "ours", first.etag).name == "a.txt"


def test_a_new_file_never_takes_the_place_of_another(files: TextFiles) -> None:
    files.put("a.txt", "one", "")
    with pytest.raises(WorkspaceError, match="This file exists"):
        files.put("a.txt", "two", "")
    assert files.get("a.txt").text == "one"


def test_renaming_moves_the_text_and_refuses_a_taken_name(files: TextFiles) -> None:
    files.put("a.txt", "one", "")
    files.put("b.txt", "two", "")
    with pytest.raises(WorkspaceError, match=r"wildcards/b.txt: This file exists"):
        files.rename("a.txt", "b.txt")
    assert files.rename("a.txt", "folder/c.txt").text == "one"
    assert sorted(str(each.relative_to(files.root)) for each in files.root.rglob("*.txt")) == ["b.txt", "folder/c.txt"]
    with pytest.raises(WorkspaceError, match="no such file"):
        files.rename("a.txt", "d.txt")


def test_removing_wants_the_text_that_was_seen_and_can_be_undone(files: TextFiles) -> None:
    first = files.put("a.txt", "one", "")
    (files.root / "a.txt").write_text("theirs")
    with pytest.raises(WorkspaceError, match="changed meanwhile"):
        files.remove("a.txt", first.etag)
    removed = files.remove("a.txt", files.get("a.txt").etag)
    assert not (files.root / "a.txt").exists()
    assert kept(files) == ["theirs"]
    files.put(removed.name, removed.text, "")
    assert files.get("a.txt").text == "theirs"


def test_what_is_kept_of_removed_files_is_bounded(files: TextFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_files, "KEPT_REMOVED", 2)
    for number in range(4):
        files.remove("a.txt", files.put("a.txt", f"{number}", "").etag)
    assert kept(files) == ["2", "3"]


@pytest.mark.parametrize(
    "name",
    [
        *("../a.txt", "/etc/a.txt", "a/../../b.txt", "", ".txt", ".hidden.txt", "a.sh", "a\x1b[2J.txt", "a\0.txt"),
        *(
            "x" * 300 + ".txt",
            "a//b.txt",
            " a.txt",
            "a .txt",
            "a..txt",
            "a\\b.txt",
            "a:b.txt",
            "\ud800.txt",
            "a\u202e.txt",
        ),
        "/".join(["a"] * 30) + ".txt",
    ],
)
def test_what_is_no_name_is_refused_everywhere(files: TextFiles, name: str) -> None:
    for act in (
        lambda: files.get(name),
        lambda: files.put(name, "x", ""),
        lambda: files.rename("a.txt", name),
        lambda: files.remove(name, ""),
    ):
        with pytest.raises(UsageError):
            act()


def test_a_flat_folder_has_no_folders_in_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="It holds '/'"):
        TextFiles(tmp_path, (".yaml",), tmp_path / "removed", nested=False).put("a/b.yaml", "x", "")


def test_links_out_of_the_folder_are_refused_and_those_inside_kept(files: TextFiles) -> None:
    outside = files.root.parent / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text("secret")
    (files.root / "out").symlink_to(outside)
    (files.root / "out.txt").symlink_to(outside / "a.txt")
    for name in ("out/a.txt", "out.txt", "out/new.txt"):
        with pytest.raises(UsageError, match="leads out"):
            files.get(name)
        with pytest.raises(UsageError, match="leads out"):
            files.put(name, "x", "")
    (files.root / "real.txt").write_text("real")
    (files.root / "link.txt").symlink_to("real.txt")
    files.put("link.txt", "changed", files.get("link.txt").etag)
    assert (files.root / "link.txt").is_symlink()
    assert (files.root / "real.txt").read_text() == "changed"


def test_texts_that_no_file_should_hold_are_refused(files: TextFiles) -> None:
    for text in ("a\0b", "\ud800", "x" * 1_000_001):
        with pytest.raises(UsageError):
            files.put("a.txt", text, "")
    (files.root / "large.txt").write_text("x" * 1_000_001)
    with pytest.raises(UsageError, match="larger than 1 MB"):
        files.get("large.txt")
    assert [each.name for each in files.root.iterdir()] == ["large.txt"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(files: TextFiles) -> None:
    files.root.chmod(0o500)
    with pytest.raises(WorkspaceError, match=r"wildcards/a.txt: It cannot be written: Permission denied"):
        files.put("a.txt", "x", "")


def test_without_links_a_file_is_still_never_replaced(files: TextFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    files.put("a.txt", "one", "")
    with pytest.raises(WorkspaceError, match="exists"):
        files.put("a.txt", "two", "")
    assert files.rename("a.txt", "b.txt").text == "one"
    assert [each.name for each in files.root.iterdir()] == ["b.txt"]


@given(st.text(max_size=60))
def test_a_safe_name_is_a_name(name: str) -> None:
    check_file_name(safe_name(name) + ".yaml", (".yaml",), nested=False)


@given(st.text(max_size=30))
def test_no_name_makes_anything_but_our_errors(name: str) -> None:
    try:
        check_file_name(name, (".txt",), nested=True)
    except SdtuiError:
        return
    assert ".." not in name.split("/")
