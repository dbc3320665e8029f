"""Watched folders and their files as the room knows them, and its way to the server for them. Knows no widget."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from msgspec.structs import replace

from sdtui.errors import ManyError, UsageError
from sdtui.spec.event import FilesChanged, WatchesChanged
from sdtui.spec.verb import Done
from sdtui.spec.verbs_watch import PauseWatch, RenderFile, Unwatch, Watch, Watches, WatchesAnswer
from sdtui.spec.watch import WatchedFile, WatchedFolder, WatchWish
from sdtui.ui.client import StudioClient
from sdtui.ui.connection import Connection

Row = WatchedFolder | WatchedFile


class WatchShelf:
    """`known` after the first answer; what is asked for waits for a connection, raises SdtuiError, and says what came of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._files: dict[tuple[str, str], WatchedFile] = {}
        self._stopped: list[WatchWish] = []
        self._asked: WatchWish | None = None
        self.folders: tuple[WatchedFolder, ...] = ()
        self.known = False

    @property
    def files(self) -> Sequence[WatchedFile]:
        """The files that are there."""
        return list(self._files.values())

    def folder_of(self, row: Row) -> WatchedFolder | None:
        """The folder that a line is, or is in."""
        path = row.path if isinstance(row, WatchedFolder) else row.folder
        return next((folder for folder in self.folders if folder.path == path), None)

    def file(self, key: tuple[str, str]) -> WatchedFile | None:
        """A file as it stands."""
        return self._files.get(key)

    def rows(self, words: Sequence[str] = ()) -> list[Row]:
        """A line a folder, each followed by its files that have all of the words."""
        rows: list[Row] = []
        for folder in sorted(self.folders, key=lambda folder: folder.path):
            inside = [file for file in self._files.values() if file.folder == folder.path and _has(file, words)]
            rows += [folder, *sorted(inside, key=lambda file: file.name)]
        return rows

    def take(self, event: WatchesChanged | FilesChanged) -> list[WatchedFile]:
        """Something changed; the files whose picture is new by it."""
        if isinstance(event, WatchesChanged):
            self.folders = event.folders
            paths = {folder.path for folder in event.folders}
            self._files = {key: file for key, file in self._files.items() if file.folder in paths}
            return []
        fresh: list[WatchedFile] = []
        for file in event.files:
            before = self._files.get(file.key)
            if file.state == "gone":
                self._files.pop(file.key, None)
                continue
            if file.latest and (before is None or before.latest != file.latest):
                fresh.append(file)
            self._files[file.key] = file
        return fresh

    async def read(self) -> None:
        """Ask how everything stands."""
        answer = await (await self._client()).ask(Watches(), WatchesAnswer)
        self.folders, self.known = answer.folders, True
        self._files = {file.key: file for file in answer.files}

    async def add(self, path: str) -> str:
        """Watch a folder."""
        await self._watch(WatchWish(path=path))
        return f"{path} is watched."

    async def deepen(self, folder: WatchedFolder) -> str:
        """Watch the folders in a folder as well, or no longer."""
        wish = replace(folder.wish, recursive=not folder.wish.recursive)
        await self._watch(wish)
        return "The folders in it are watched, too." if wish.recursive else "The folders in it are watched no longer."

    async def stop(self, folder: WatchedFolder) -> str:
        """Watch a folder no longer."""
        await (await self._client()).ask(Unwatch(path=folder.path), Done)
        self._stopped.append(folder.wish)
        return f"{PurePath(folder.path).name} is watched no longer; its pictures stay."

    async def undo(self) -> str:
        """Watch the folder again that was stopped last."""
        if not self._stopped:
            raise UsageError("No folder was stopped here.")
        wish = self._stopped.pop()
        await self._watch(wish)
        return f"{wish.path} is watched again."

    async def pause(self, folder: WatchedFolder) -> str:
        """Render nothing of a folder for a while, or go on."""
        await (await self._client()).ask(PauseWatch(path=folder.path, paused=not folder.paused), Done)
        return (
            "Going on, with what was saved meanwhile." if folder.paused else "Paused: saves are counted, not rendered."
        )

    async def again(self, file: WatchedFile) -> str:
        """Render a file again."""
        done = await (await self._client()).ask(RenderFile(folder=file.folder, name=file.name), Done)
        return f"{file.name} is rendered again." if done.count else f"{file.name} cannot be rendered as it is."

    async def _client(self) -> StudioClient:
        """The client, as soon as there is a connection."""
        await self._connection.established()
        return self._connection.demand()

    async def _watch(self, wish: WatchWish) -> None:
        asked, self._asked = self._asked, None
        try:
            many = wish.many or wish == asked
            answer = await (await self._client()).ask(Watch(wish=replace(wish, many=many)), WatchesAnswer)
        except ManyError as error:
            self._asked = wish
            raise ManyError(error.what, where=error.where, todo="The same again watches it all the same.") from None
        others = tuple(folder for folder in self.folders if folder.path not in {each.path for each in answer.folders})
        self.folders = (*others, *answer.folders)
        self._files |= {file.key: file for file in answer.files}


def _has(file: WatchedFile, words: Sequence[str]) -> bool:
    said = f"{file.name} {file.state}".lower()
    return all(word in said for word in words)
