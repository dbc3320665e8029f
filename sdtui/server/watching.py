"""Watched folders as the server has them: kept over a restart, watched without anybody looking on, told to whoever does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

from msgspec.structs import replace

from sdtui.errors import SdtuiError, ServerError, UsageError
from sdtui.jobs.store import Store
from sdtui.server.intake import Intake
from sdtui.server.planning import Planning
from sdtui.server.watchline import WatchLine
from sdtui.server.watchplaces import Around, Watched, admitted, skipped
from sdtui.spec.complaint import complaint_of
from sdtui.spec.event import (
    FilesChanged,
    Finished,
    FolderChanged,
    LibraryChanged,
    Noted,
    Published,
    Requeued,
    WatchesChanged,
)
from sdtui.spec.verb import Done
from sdtui.spec.verbs_watch import PauseWatch, RenderFile, Unwatch, Watch, Watches, WatchesAnswer, WatchVerb
from sdtui.spec.watch import WatchedFolder, WatchWish
from sdtui.watch.board import Board, Entry, Key
from sdtui.watch.latest import link_latest
from sdtui.watch.records import Records
from sdtui.watch.sheet import Reading
from sdtui.watch.watcher import Listener, Place, Watcher
from sdtui.workspace.paths import Workspace

TELL_S = 0.1
TOLD_AT_ONCE = 200
MOST_FOLDERS = 100


class Watching:
    """Every watched folder of the workspace."""

    def __init__(self, workspace: Workspace, store: Store, planning: Planning, intake: Intake) -> None:
        self._workspace = workspace
        self._store = store
        self._planning = planning
        self._intake = intake
        self._journal = intake.journal
        self._records = Records(workspace.state / "watch.db")
        self._board = Board(time.time)
        self._watched: dict[str, Watched] = {}
        self._folders: dict[str, WatchedFolder] = {}
        self._line = WatchLine(
            board=self._board, planning=planning, intake=intake, folders=self._folders, keep=self._keep
        )
        self._telling: asyncio.TimerHandle | None = None
        self._deaf: Callable[[], None] = lambda: None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def active(self) -> bool:
        """Something is watched."""
        return bool(self._watched)

    def start(self) -> None:
        """Go on where the last server ended."""
        self._board.load(self._records.files(), self._journal.view)
        for entry in self._board.take_changed():
            # Its picture came while nobody heard of it.
            if entry.file.latest and Path(entry.file.latest).is_file():
                link_latest(Path(entry.file.latest))
            self._records.put_files([entry.record])
        self._deaf = self._journal.listen(self._hear)
        self._spawn(self._line.run())
        for folder in self._records.folders():
            self._begin(replace(folder, notes=(), problem=None))

    async def close(self) -> None:
        """Watch no longer, for now; everything is kept."""
        self._deaf()
        tasks = [*(watched.task for watched in self._watched.values()), *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._telling is not None:
            self._telling.cancel()
        self._records.put_files([entry.record for entry in self._board.take_changed()])
        self._records.close()

    async def answer(self, verb: WatchVerb) -> WatchesAnswer | Done:
        """What a verb gets; raises SdtuiError where it is refused."""
        match verb:
            case Watch(wish=wish):
                return await self._watch(wish)
            case Unwatch(path=path):
                return Done(count=sum(self._unwatch(each) for each in self._named(path)))
            case PauseWatch(path=path, paused=paused):
                return Done(count=sum(self._pause(each, paused=paused) for each in self._named(path)))
            case RenderFile(folder=folder, name=name):
                return Done(count=self._render_again((folder, name)))
            case Watches():
                return self._list()
            case _:
                raise ServerError("This is answered elsewhere.")

    # folders

    async def _watch(self, wish: WatchWish) -> WatchesAnswer:
        around = Around(self._planning.outputs.folder, self._workspace, self._folders.get, self._is_own)
        wish = await admitted(wish, around)
        before = self._watched.get(wish.path)
        if before is None and len(self._watched) >= MOST_FOLDERS:
            raise UsageError(f"{MOST_FOLDERS} folders are watched already; this is one too many.")
        if before is not None and wish.once:
            # The watch that there is stays; only what it has is made once more.
            for entry in self._board.entries(wish.path):
                self._cancel(self._board.want(entry.file.key))
            self._changed()
            return self._list(wish.path)
        if before is not None:
            before.task.cancel()
        options = before is not None and before.folder.wish.options != wish.options
        folder = WatchedFolder(wish=wish)
        self._begin(folder, again=wish.once or options)
        self._records.put_folder(folder)
        self._tell_folders()
        return self._list(wish.path)

    def _begin(self, folder: WatchedFolder, *, again: bool = False) -> None:
        wish = folder.wish
        root = Path(wish.path)
        skip = skipped(root, self._planning.outputs.folder, self._workspace)
        place = Place(root, wish.recursive, wish.polling, skip)
        watcher = Watcher(place, self._listener(wish.path))
        self._folders[wish.path] = folder
        self._watched[wish.path] = Watched(folder, asyncio.create_task(watcher.run()), watcher, again, seen=set())

    def _listener(self, path: str) -> Listener:
        return Listener(
            read=lambda name, reading: self._read((path, name), reading),
            refused=lambda name, error: self._refuse((path, name), error),
            gone=lambda name: self._after(self._board.lose((path, name))),
            told=lambda notes, problem: self._told(path, notes, problem),
            rested=lambda: self._rested(path),
            is_own=self._is_own,
        )

    def _is_own(self, file: Path) -> bool:
        return self._store.is_planned(str(file))

    def _unwatch(self, path: str) -> int:
        watched = self._watched.pop(path)
        del self._folders[path]
        watched.task.cancel()
        self._tell_files()
        for job_id in self._board.forget(path):
            self._cancel(job_id)
        self._records.drop_folder(path)
        self._tell_folders()
        return 1

    def _pause(self, path: str, *, paused: bool) -> int:
        if self._folders[path].paused == paused:
            return 0
        self._change(path, paused=paused)
        self._records.put_folder(self._folders[path])
        self._line.changed.set()
        return 1

    def _change(self, path: str, **changes: object) -> None:
        self._folders[path] = self._watched[path].folder = replace(self._folders[path], **changes)
        self._tell_folders()

    def _named(self, path: str) -> list[str]:
        if not path:
            return list(self._watched)
        known = str(Path(path).resolve())
        if known not in self._watched:
            raise UsageError(
                "This folder is not watched.", where=path, todo="`sdtui watch --list` shows those that are."
            )
        return [known]

    def _list(self, path: str = "") -> WatchesAnswer:
        folders = tuple(folder for folder in self._folders.values() if path in ("", folder.path))
        return WatchesAnswer(folders=folders, files=tuple(entry.file for entry in self._board.entries(path)))

    # what watchers say

    def _read(self, key: Key, reading: Reading) -> None:
        watched = self._watched.get(key[0])
        if watched is not None:
            again = watched.first(key[1]) and watched.again
            self._after(self._board.read(key, reading, again=again))

    def _refuse(self, key: Key, error: SdtuiError) -> None:
        watched = self._watched.get(key[0])
        if watched is not None:
            watched.first(key[1])
            self._after(self._board.refuse(key, error))

    def _told(self, path: str, notes: tuple[str, ...], problem: SdtuiError | None) -> None:
        if path in self._watched:
            self._change(path, notes=notes, problem=complaint_of(problem) if problem is not None else None)

    def _rested(self, path: str) -> None:
        watched = self._watched.get(path)
        if watched is None:
            return
        if watched.seen is not None:
            # It may have been watched otherwise before, with other files.
            for entry in self._board.entries(path):
                if entry.file.name not in watched.seen:
                    self._cancel(self._board.lose(entry.file.key))
            # What they use may have changed while nobody watched.
            self._spawn(self._check_needs())
        watched.again, watched.rested, watched.seen = False, True, None
        self._changed()

    def _render_again(self, key: Key) -> int:
        entry = self._board.entry(key)
        if entry is None or not entry.there or entry.sheet is None:
            return 0
        self._after(self._board.want(key))
        return 1

    # what happens elsewhere

    def _hear(self, noted: Noted, blob: bytes) -> None:
        match noted.event:
            case Published(job_id=job_id, path=path):
                if self._board.published(job_id, path) is not None and not link_latest(Path(path)):
                    self._journal.log(f"latest.png cannot be made beside {path}.", level="warning", job_id=job_id)
            case Finished(job_id=job_id):
                view = self._journal.view(job_id)
                failed = next((render.error for render in view.renders if render.state == "failed"), None)
                self._board.ended(job_id, failed=failed, cancelled=view.state == "cancelled")
            case Requeued(job_id=job_id):
                self._board.reopen(job_id)
            case LibraryChanged():
                for entry in self._board.entries():
                    if entry.file.error is not None and entry.file.error.kind == "ModelError":
                        self._board.want(entry.file.key)
            case FolderChanged():
                self._spawn(self._check_needs())
                return
            case _:
                return
        self._changed()

    async def _check_needs(self) -> None:
        """Render again what uses a wildcard or preset that says something else now."""
        for entry in await self._line.find_outdated():
            self._after(self._board.want(entry.file.key))

    # telling

    def _after(self, job_id: int) -> None:
        """Something was decided about a file; its older job, if it has one, is taken back."""
        self._cancel(job_id)
        self._changed()

    def _cancel(self, job_id: int) -> None:
        if job_id:
            self._intake.supervisor.cancel(job_id)

    def _changed(self) -> None:
        self._line.changed.set()
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(TELL_S, self._tell_files)

    def _keep(self, entry: Entry) -> None:
        self._records.put_files([entry.record])
        self._changed()

    def _tell_files(self) -> None:
        self._telling = None
        entries = self._board.take_changed()
        if entries:
            self._records.put_files([entry.record for entry in entries])
        files = [entry.shown for entry in entries]
        for start in range(0, len(files), TOLD_AT_ONCE):
            self._journal.note(FilesChanged(files=tuple(files[start : start + TOLD_AT_ONCE])))
        for path, watched in list(self._watched.items()):
            if watched.folder.wish.once and watched.rested and not self._board.waits(path):
                self._unwatch(path)

    def _tell_folders(self) -> None:
        self._journal.note(WatchesChanged(folders=tuple(self._folders.values())))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
