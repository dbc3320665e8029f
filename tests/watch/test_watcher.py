"""A watched folder with real files and real editors' ways of saving, told or looked at."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import shutil
from pathlib import Path

import pytest
from watchdog.observers.api import BaseObserver

from sdtui.watch import watcher as watching
from sdtui.watch.watcher import Listener, Place, Watcher
from tests.watch.folders import SAVES


class Heard:
    """What a listener was told, in order, and a way to wait for it."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []
        self.news = asyncio.Event()

    def hear(self, kind: str, what: object) -> None:
        self.told.append((kind, what))
        self.news.set()

    def listener(self, own: frozenset[str] = frozenset()) -> Listener:
        return Listener(
            read=lambda name, reading: self.hear("read", (name, _prompt(reading))),
            refused=lambda name, error: self.hear("refused", name),
            gone=lambda name: self.hear("gone", name),
            told=lambda notes, problem: self.hear("told", (notes, problem and problem.what)),
            rested=lambda: self.hear("rested", None),
            is_own=lambda path: path.name in own,
        )

    async def until(self, kind: str, what: object = ...) -> object:
        async with asyncio.timeout(30):
            while True:
                for number, each in enumerate(self.told):
                    if each[0] == kind and what in (..., each[1]):
                        del self.told[: number + 1]
                        return each[1]
                self.news.clear()
                await self.news.wait()


def _prompt(reading) -> str:
    return reading.sheet.document.prompt if reading.sheet is not None else f"✗ {reading.error.what}"


@contextlib.asynccontextmanager
async def watched(place: Place, own: frozenset[str] = frozenset()):
    heard = Heard()
    task = asyncio.create_task(Watcher(place, heard.listener(own)).run())
    try:
        await heard.until("rested")
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("polling", [False, True], ids=["told", "polling"])
async def test_every_way_of_saving_is_read_once(tmp_path: Path, polling: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "POLL_S", 0.1)
    root = tmp_path / "root"
    root.mkdir()
    async with watched(Place(root, polling=polling)) as heard:
        for number, save in enumerate(SAVES):
            save(root / "cat.txt", f"cat {number}")
            assert await heard.until("read") == ("cat.txt", f"cat {number}"), save.__doc__
            await heard.until("rested")
            assert [each for each in heard.told if each[0] != "rested"] == []


async def test_a_file_that_is_empty_for_an_instant_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "cat.txt").write_text("a cat")
    async with watched(Place(tmp_path)) as heard:
        with (tmp_path / "cat.txt").open("w") as file:
            await asyncio.sleep(0.3)
            file.write("another cat")
        await heard.until("read", ("cat.txt", "another cat"))
        (tmp_path / "cat.txt").write_text("")
        assert await heard.until("read") == ("cat.txt", "✗ The file is empty.")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EMFILE, errno.EACCES])
async def test_where_the_system_does_not_tell_the_folder_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(self: BaseObserver) -> None:
        raise OSError(code, "no")

    monkeypatch.setattr(BaseObserver, "start", refuse)
    monkeypatch.setattr(watching, "POLL_S", 0.1)
    heard = Heard()
    task = asyncio.create_task(Watcher(Place(tmp_path), heard.listener()).run())
    try:
        notes, problem = await heard.until("told")
        assert "every other second" in notes[0]
        assert ("max_user" in notes[0]) == (code != errno.EACCES)
        assert problem is None
        (tmp_path / "cat.txt").write_text("a cat")
        await heard.until("read", ("cat.txt", "a cat"))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_folder_that_is_replaced_is_watched_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "POLL_S", 0.1)
    root = tmp_path / "root"
    root.mkdir()
    async with watched(Place(root)) as heard:
        root.rmdir()
        assert "No such file" in (await heard.until("told"))[1]
        root.mkdir()
        assert (await heard.until("told"))[1] is None
        (root / "cat.txt").write_text("a cat")
        await heard.until("read", ("cat.txt", "a cat"))


@pytest.mark.parametrize("polling", [False, True], ids=["told", "polling"])
async def test_a_folder_deleted_with_its_files_and_made_again_loses_and_finds_them(
    tmp_path: Path, polling: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "POLL_S", 0.1)
    root = tmp_path / "root"
    (root / "deep").mkdir(parents=True)
    for name in ("cat.txt", "deep/dog.txt"):
        (root / name).write_text(name)
    async with watched(Place(root, recursive=True, polling=polling)) as heard:
        shutil.rmtree(root)
        assert "No such file" in (await heard.until("told"))[1]
        (root / "deep").mkdir(parents=True)
        (root / "deep" / "dog.txt").write_text("another dog")
        await heard.until("read", ("deep/dog.txt", "another dog"))
        await heard.until("gone", "cat.txt")
        (root / "deep" / "dog.txt").write_text("a third dog")
        await heard.until("read", ("deep/dog.txt", "a third dog"))
        shutil.rmtree(root / "deep")
        await heard.until("gone", "deep/dog.txt")
        (root / "deep").mkdir()
        (root / "deep" / "dog.txt").write_text("a fourth dog")
        await heard.until("read", ("deep/dog.txt", "a fourth dog"))


@pytest.mark.parametrize("polling", [False, True], ids=["told", "polling"])
async def test_a_link_to_a_file_is_read_with_it_and_when_it_leads_to_another(
    tmp_path: Path, polling: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "POLL_S", 0.1)
    root, door = tmp_path / "root", tmp_path / "door"
    root.mkdir()
    door.symlink_to(root)
    (root / "cat.txt").write_text("a cat")
    (root / "dog.txt").write_text("a dog")
    (root / "pet.txt").symlink_to("cat.txt")
    async with watched(Place(door, polling=polling)) as heard:
        (root / "cat.txt").write_text("another cat")
        await heard.until("read", ("pet.txt", "another cat"))
        fresh = root / ".pet"
        fresh.symlink_to("dog.txt")
        fresh.rename(root / "pet.txt")
        await heard.until("read", ("pet.txt", "a dog"))
        (root / "dog.txt").unlink()
        await heard.until("gone", "pet.txt")


async def test_our_own_pictures_are_not_read(tmp_path: Path) -> None:
    async with watched(Place(tmp_path), own=frozenset({"own.png"})) as heard:
        (tmp_path / "own.png").write_bytes(b"x")
        (tmp_path / "other.png").write_bytes(b"x")
        assert await heard.until("read") == ("other.png", "✗ This is no PNG file.")
        await heard.until("rested")
        assert [each for each in heard.told if each[0] != "rested"] == []


async def test_a_file_that_cannot_be_read_is_read_when_it_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sdtui.errors import WorkspaceError
    from sdtui.watch import readers

    allowed = [False]
    plain = readers.read_text

    def read_text(path, **more):
        if not allowed[0]:
            raise WorkspaceError("It cannot be read: Permission denied.", where=str(path))
        return plain(path, **more)

    monkeypatch.setattr(readers, "read_text", read_text)
    monkeypatch.setattr(watching, "SURE_S", 0.2)
    (tmp_path / "cat.txt").write_text("a cat")
    heard = Heard()
    task = asyncio.create_task(Watcher(Place(tmp_path), heard.listener()).run())
    try:
        await heard.until("read", ("cat.txt", "✗ It cannot be read: Permission denied."))
        allowed[0] = True
        (tmp_path / "cat.txt").chmod(0o600)
        await heard.until("read", ("cat.txt", "a cat"))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
