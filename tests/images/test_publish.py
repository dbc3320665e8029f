from __future__ import annotations

import errno
import fcntl
import os
import resource
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sdtui.errors import WorkspaceError
from sdtui.images import chunk, png
from sdtui.images.publish import FAULTS, find, publish, sweep
from tests.images.made import picture, render

DATA = picture(render("r1"))
SIDE = 16


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)


def test_a_picture_is_whole_where_it_was_wanted_and_nothing_else_is_there(tmp_path: Path) -> None:
    wanted = tmp_path / "2026-01-02" / "00001-7.png"
    assert publish(wanted, DATA, render_id="r1") == wanted
    assert wanted.read_bytes() == DATA
    assert files(tmp_path) == ["2026-01-02/00001-7.png"]
    assert chunk.read(wanted) is not None


def test_the_same_render_is_adopted_and_not_written_again(tmp_path: Path) -> None:
    path = publish(tmp_path / "a.png", DATA, render_id="r1")
    before = path.stat().st_ino
    assert publish(tmp_path / "a.png", picture(render("r1"), level=9), render_id="r1") == path
    assert (path.stat().st_ino, path.read_bytes()) == (before, DATA)


@pytest.mark.parametrize("foreign", [b"", b"words", picture(render("other")), png.encode(bytes(3), 1, 1, texts={})])
def test_a_foreign_file_is_never_overwritten(tmp_path: Path, foreign: bytes) -> None:
    (tmp_path / "a.png").write_bytes(foreign)
    assert publish(tmp_path / "a.png", DATA, render_id="r1") == tmp_path / "a-2.png"
    assert (tmp_path / "a.png").read_bytes() == foreign
    assert publish(tmp_path / "a.png", DATA, render_id="r1") == tmp_path / "a-2.png"
    assert publish(tmp_path / "a.png", picture(render("r2")), render_id="r2") == tmp_path / "a-3.png"
    assert files(tmp_path) == ["a-2.png", "a-3.png", "a.png"]


def test_links_and_folders_of_the_name_are_foreign_too(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "a-2.png").mkdir()
    assert publish(tmp_path / "a.png", DATA, render_id="r1") == tmp_path / "a-3.png"
    assert not (tmp_path / "nowhere.png").exists()


def test_overwriting_replaces_what_is_there_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"old")
    assert publish(tmp_path / "a.png", DATA, render_id="r1", overwrite=True) == tmp_path / "a.png"
    assert (tmp_path / "a.png").read_bytes() == DATA
    assert files(tmp_path) == ["a.png"]


@pytest.mark.parametrize("render_id", ["0f3a", "x/../y", "ümlaut", "long" * 50, " ", "a.b"])
def test_any_id_will_do(tmp_path: Path, render_id: str) -> None:
    path = publish(tmp_path / "a.png", picture(render(render_id)), render_id=render_id)
    assert find(tmp_path / "a.png", render_id=render_id) == path
    assert files(tmp_path) == ["a.png"]


def test_finding_what_was_published(tmp_path: Path) -> None:
    wanted = tmp_path / "a.png"
    assert find(wanted, render_id="r1") is None
    wanted.write_bytes(b"foreign")
    publish(wanted, DATA, render_id="r1")
    assert find(wanted, render_id="r1") == tmp_path / "a-2.png"
    assert find(wanted, render_id="r2") is None


# crashes

CRASHING = """
import os, sys
from pathlib import Path
from sdtui.images.publish import publish
if sys.argv[2] == "without links":
    def refuse(*_): raise OSError(95, "Operation not supported")
    os.link = refuse
publish(Path(sys.argv[1]), sys.stdin.buffer.read(), render_id="r1")
print("through")
"""


def crash(path: Path, step: str, links: str) -> int:
    environment = os.environ | {"SDTUI_CRASH_AT": step}
    command = [sys.executable, "-c", CRASHING, str(path), links]
    return subprocess.run(command, input=DATA, env=environment, check=False, stdout=subprocess.DEVNULL).returncode


@pytest.mark.parametrize("links", ["with links", "without links"])
@pytest.mark.parametrize("foreign", [False, True], ids=["free", "taken"])
@pytest.mark.parametrize("step", FAULTS)
def test_a_crash_at_any_step_loses_nothing_and_doubles_nothing(
    tmp_path: Path, step: str, foreign: bool, links: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if links == "without links":
        no_links(monkeypatch)
    wanted = tmp_path / "new" / "a.png"
    if foreign:
        wanted.parent.mkdir()
        wanted.write_bytes(b"foreign")
    never_there = step == "claimed" and links == "with links"
    assert crash(wanted, step, links) == (0 if never_there else 137)
    there = find(wanted, render_id="r1")
    assert (there is not None) == (step in {"linked", "removed", "settled"} or never_there)
    if there is not None:
        assert there.read_bytes() == DATA

    published = publish(wanted, DATA, render_id="r1")

    assert published == (wanted.with_name("a-2.png") if foreign else wanted)
    assert published.read_bytes() == DATA
    assert files(wanted.parent) == (["a-2.png", "a.png"] if foreign else ["a.png"])


@pytest.mark.parametrize("step", FAULTS)
def test_sweeping_after_a_crash_leaves_only_whole_pictures(tmp_path: Path, step: str) -> None:
    crash(tmp_path / "deep" / "a.png", step, "without links")
    sweep(tmp_path)
    assert files(tmp_path) == (["deep/a.png"] if step in {"linked", "removed", "settled"} else [])
    assert sweep(tmp_path) == 0


def test_sweeping_leaves_alone_what_a_living_writer_holds_and_what_is_not_ours(tmp_path: Path) -> None:
    held, left = tmp_path / ".a.png.r1.part", tmp_path / ".b.png.r2.part"
    for path in (held, left, tmp_path / "film.mkv.part", tmp_path / ".part", tmp_path / "a.png"):
        path.write_bytes(b"")
    with held.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert sweep(tmp_path) == 1
    assert files(tmp_path) == [".a.png.r1.part", ".part", "a.png", "film.mkv.part"]
    assert sweep(tmp_path / "gone") == 0


def test_a_part_swept_under_a_writer_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take, swept = fcntl.flock, []

    def late(descriptor: int, how: int) -> None:
        if not swept:
            swept.append(tmp_path / ".a.png.r1.part")
            swept[0].unlink()
        take(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", late)
    assert publish(tmp_path / "a.png", DATA, render_id="r1").read_bytes() == DATA
    assert swept
    assert files(tmp_path) == ["a.png"]


def test_a_name_taken_at_the_last_moment_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def raced(part: Path, final: Path) -> None:
        if final.name == "a.png":
            final.write_bytes(b"somebody was faster")
        link(part, final)

    monkeypatch.setattr(os, "link", raced)
    assert publish(tmp_path / "a.png", DATA, render_id="r1") == tmp_path / "a-2.png"
    assert (tmp_path / "a.png").read_bytes() == b"somebody was faster"
    assert files(tmp_path) == ["a-2.png", "a.png"]


@pytest.mark.parametrize("links", [True, False], ids=["with links", "without links"])
def test_many_at_once_keep_their_pictures_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:
        no_links(monkeypatch)
    ids = [f"r{number % 6}" for number in range(24)]
    with ThreadPoolExecutor(24) as threads:
        paths = list(threads.map(lambda name: publish(tmp_path / "a.png", picture(render(name)), render_id=name), ids))
    assert len(set(paths)) == len(files(tmp_path)) == 6
    for render_id, path in zip(ids, paths, strict=True):
        assert path.read_bytes() == picture(render(render_id))


def test_without_links_nothing_is_overwritten_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_links(monkeypatch)
    (tmp_path / "a.png").write_bytes(b"")
    assert publish(tmp_path / "a.png", DATA, render_id="r1") == tmp_path / "a-2.png"
    assert (tmp_path / "a.png").read_bytes() == b""
    assert files(tmp_path) == ["a-2.png", "a.png"]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to name what is synced")
def test_the_picture_is_on_the_disk_before_it_has_its_name_and_the_name_before_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    sync, link = os.fsync, os.link

    def noted_sync(descriptor: int) -> None:
        order.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        sync(descriptor)

    def noted_link(part: Path, final: Path) -> None:
        order.append("link")
        link(part, final)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "link", noted_link)
    publish(tmp_path / "new" / "a.png", DATA, render_id="r1")
    assert order == [f"sync {tmp_path.name}", "sync .a.png.r1.part", "link", "sync new"]
    order.clear()
    publish(tmp_path / "new" / "a.png", DATA, render_id="r1")
    assert order == ["sync a.png", "sync new"], "an adopted picture may not have reached the disk"


# a disk that says no

REFUSALS = {
    errno.ENOSPC: "The disk is full",
    errno.EDQUOT: "quota",
    errno.EROFS: "read-only",
    errno.EIO: "Input/output error",
    errno.EACCES: "You may not write here",
}


@pytest.mark.parametrize(("code", "sentence"), REFUSALS.items(), ids=map(errno.errorcode.get, REFUSALS))
@pytest.mark.parametrize("call", ["write", "fsync", "link"])
def test_an_error_of_the_system_is_a_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, sentence: str
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        with pytest.raises(WorkspaceError, match=sentence) as refused:
            publish(tmp_path / "a.png", DATA, render_id="r1")
    assert refused.value.where == str(tmp_path / "a.png")
    assert files(tmp_path) == []
    assert publish(tmp_path / "a.png", DATA, render_id="r1").read_bytes() == DATA


def test_a_disk_that_fills_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, room = os.write, [40]

    def filling(descriptor: int, data: memoryview) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = write(descriptor, data[: room[0]])
        room[0] -= written
        return written

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", filling)
        with pytest.raises(WorkspaceError, match="The disk is full"):
            publish(tmp_path / "a.png", DATA, render_id="r1")
    assert files(tmp_path) == []


def test_a_claim_left_by_a_crash_goes_when_the_disk_is_full_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash(tmp_path / "a.png", "claimed", "without links")
    assert files(tmp_path) == [".a.png.r1.part", "a.png"]

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(WorkspaceError, match="The disk is full"):
        publish(tmp_path / "a.png", DATA, render_id="r1")
    assert files(tmp_path) == []


def test_a_limit_on_file_sizes_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(WorkspaceError, match="may not become that large"):
            publish(tmp_path / "a.png", DATA, render_id="r1")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WorkspaceError, match="A file stands where a folder should be"):
        publish(tmp_path / "file" / "a.png", DATA, render_id="r1")
    with pytest.raises(WorkspaceError, match="too long"):
        publish(tmp_path / ("x" * 300 + ".png"), DATA, render_id="r1")


def test_a_read_only_folder_is_a_sentence() -> None:
    # not below tmp_path, which nobody but its owner may enter: root, who may write anywhere, has to be somebody else
    folder, me = Path(tempfile.mkdtemp()), os.geteuid()
    folder.chmod(0o555)
    try:
        if me == 0:
            os.seteuid(65534)
        with pytest.raises(WorkspaceError, match="You may not write here"):
            publish(folder / "a.png", DATA, render_id="r1")
        assert not list(folder.iterdir())
    finally:
        if me == 0:
            os.seteuid(me)
        folder.rmdir()
