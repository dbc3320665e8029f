"""What of a folder is a prompt file, and what it is called elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdtui.errors import WorkspaceError
from sdtui.watch import look as looking
from sdtui.watch.filesystems import silent_kind
from sdtui.watch.latest import link_latest
from sdtui.watch.look import look
from sdtui.watch.names import home_name, is_prompt_file, own_seed

READ = ["a.txt", "a.TXT", "a.md", "a.yaml", "a.yml", "a.json", "a.png", "with blank.txt", "ü.txt", "4913.txt"]
PASSED = [
    ".a.txt.swp", ".a.txt", "a.txt~", "#a.txt#", ".#a.txt", "4913", "a.txt.tmp", ".goutputstream-X", "a.jpg", "sdtui.yaml",
    "~lock.txt", "#a.txt", ".a.txt.0123.part", "a\udcff.txt", "a.swp", "a.txt.save", "a.txt___jb_tmp___", "a.kate-swp",
]  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_prompt_files(name: str) -> None:
    assert is_prompt_file(name)


@pytest.mark.parametrize("name", PASSED)
def test_what_editors_and_others_leave_is_none(name: str) -> None:
    assert not is_prompt_file(name)


def test_a_look_finds_files_at_the_top_or_below_but_not_in_what_is_skipped(tmp_path: Path) -> None:
    for name in ("a.txt", "sub/b.md", "sub/deep/c.json", ".hidden/d.txt", "outputs/e.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert set(look(tmp_path, recursive=False).files) == {"a.txt"}
    skip = frozenset({tmp_path.resolve() / "outputs"})
    assert set(look(tmp_path, recursive=True, skip=skip).files) == {"a.txt", "sub/b.md", "sub/deep/c.json"}


def test_links_are_followed_to_files_inside_alone(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    for folder in (root / "sub", other):
        folder.mkdir(parents=True)
        (folder / "a.txt").write_text("x")
    (root / "in.txt").symlink_to("sub/a.txt")
    (root / "out.txt").symlink_to(other / "a.txt")
    (root / "nowhere.txt").symlink_to("nothing")
    (root / "round.txt").symlink_to("round.txt")
    (root / "folder").symlink_to(other)
    (root / "loop").symlink_to(root)
    seen = look(root, recursive=True)
    assert set(seen.files) == {"in.txt", "sub/a.txt"}
    assert set(seen.refused) == {"out.txt"}


def test_a_folder_that_is_not_there_or_cannot_be_listed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "nothing", tmp_path / "file"):
        with pytest.raises(WorkspaceError):
            look(path, recursive=True)


def test_more_than_can_be_watched_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "MOST_FILES", 3)
    monkeypatch.setattr(looking, "MOST_FOLDERS", 2)
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text("x")
    seen = look(tmp_path, recursive=True)
    assert len(seen.files) == 3
    assert "first 3" in seen.notes[0]
    for number in range(5):
        (tmp_path / f"{number}.txt").unlink()
        (tmp_path / f"folder{number}").mkdir()
    assert "Not all" in look(tmp_path, recursive=True).notes[0]


@pytest.mark.parametrize(
    ("names", "homes"),
    [
        (["cat.txt"], ["cat"]),
        (["cat.txt", "cat.md", "cat.yaml", "dog/cat.txt"], ["cat", "cat-md", "cat-yaml", "dog-cat"]),
        (["a-b.txt", "a/b.txt", "a:b.txt"], ["a-b", "a-b-txt", "a-b-2"]),
        (["...txt", "-.txt", " .txt"], ["file", "file-2", "file-3"]),
        (["x" * 300 + ".txt"], ["x" * 120]),
    ],
)
def test_each_file_has_a_folder_of_pictures_of_its_own(names: list[str], homes: list[str]) -> None:
    taken: list[str] = []
    for name in names:
        taken.append(home_name(name, taken))
    if "" in homes:
        return
    assert len(set(taken)) == len(taken)
    assert not any("/" in home or home.startswith(".") for home in taken)
    if homes[0] != "file":
        assert taken == homes


def test_a_file_keeps_its_seed() -> None:
    assert own_seed("/a/b.txt") == own_seed("/a/b.txt")
    assert own_seed("/a/b.txt") != own_seed("/a/c.txt")
    assert 0 <= own_seed("/a/\udcff.txt") < 2**32


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:35 / /net rw - nfs4 server:/export rw
41 40 0:36 / /net/local rw - ext4 /dev/sdb rw
42 22 0:37 / /with\\040blank rw - fuse.sshfs me@there: rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/x", ""), ("/net", "nfs4"), ("/net/a/b", "nfs4"), ("/network", ""), ("/net/local/a", ""), ("/with blank/a", "fuse.sshfs")],
)  # fmt: skip
def test_network_file_systems_are_known(tmp_path: Path, path: str, kind: str) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTS)
    assert silent_kind(Path(path), tmp_path / "mountinfo") == kind
    assert silent_kind(Path(path), tmp_path / "nothing") == ""


def test_latest_is_a_link_or_where_there_are_none_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.png").write_bytes(bytes([number]))
    assert link_latest(tmp_path / "1.png")
    assert link_latest(tmp_path / "2.png")
    assert (tmp_path / "latest.png").is_symlink()
    assert (tmp_path / "latest.png").read_bytes() == b"\2"

    def refuse(self: Path, target: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    assert link_latest(tmp_path / "1.png")
    assert not (tmp_path / "latest.png").is_symlink()
    assert (tmp_path / "latest.png").read_bytes() == b"\1"
    (tmp_path / "latest.png").unlink()
    (tmp_path / "latest.png").mkdir()
    (tmp_path / "latest.png" / "mine").write_text("x")
    assert not link_latest(tmp_path / "1.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.png", "2.png", "latest.png"]
