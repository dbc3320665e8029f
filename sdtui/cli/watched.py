"""Tells line by line what becomes of a watched folder's files."""

from __future__ import annotations

import asyncio
import shlex
import signal

from sdtui.cli.exits import FAILED, INTERRUPTED, OK
from sdtui.cli.place import Place
from sdtui.cli.say import note, say
from sdtui.client.client import Client
from sdtui.errors import SdtuiError, ServerError
from sdtui.spec.complaint import error_of
from sdtui.spec.event import FilesChanged, Noted, Resync, WatchesChanged
from sdtui.spec.verb import Done
from sdtui.spec.verbs_watch import Unwatch, Watch, Watches, WatchesAnswer
from sdtui.spec.watch import WatchedFile, WatchedFolder, WatchWish
from sdtui.terminal.filter import clean_line

BUSY = frozenset({"waiting", "rendering"})


class Teller:
    """Pictures go to standard output, sentences to standard error; as JSON all goes to standard output."""

    def __init__(self, *, json: bool = False) -> None:
        self._json = json

    def tell_file(self, file: WatchedFile, before: WatchedFile | None) -> None:
        """A file stands otherwise than before."""
        if self._json:
            from sdtui.cli.json_lines import line

            say(line(file))
            return
        name = clean_line(file.name)
        match file.state:
            case "done" if before is None or (before.state, before.job_id) != ("done", file.job_id):
                say(clean_line(file.latest))
            case "failed" if file.error is not None and (before is None or before.error != file.error):
                note(clean_line(str(error_of(file.error))))
            case "rendering" if before is None or before.job_id != file.job_id:
                note(f"{name}: job {file.job_id}")
            case "gone":
                note(f"{name} is gone.")
            case "cancelled" if before is None or before.state != "cancelled":
                note(f"{name}: job {file.job_id} was cancelled.")
            case _:
                pass
        for sentence in file.notes if before is None or before.notes != file.notes else ():
            note(f"{name}: {sentence}")

    def tell_folder(self, folder: WatchedFolder, before: WatchedFolder | None) -> None:
        """A folder is watched otherwise than before."""
        if self._json:
            return
        for sentence in folder.notes if before is None or before.notes != folder.notes else ():
            note(sentence)
        if folder.problem is not None and (before is None or before.problem != folder.problem):
            note(str(error_of(folder.problem)))
        if before is not None and before.paused != folder.paused:
            note("Paused." if folder.paused else "Going on.")


class WatchFollower:
    """Starts watching a folder and stays with it; Ctrl+C leaves it watched, with --once it takes it back."""

    def __init__(self, place: Place, wish: WatchWish, teller: Teller) -> None:
        self._place = place
        self._wish = wish
        self._teller = teller
        self._files: dict[str, WatchedFile] = {}
        self._folder: WatchedFolder | None = None
        self._happenings: asyncio.Queue[Noted | SdtuiError | KeyboardInterrupt] = asyncio.Queue()

    async def follow(self) -> int:
        """Until the user leaves, the folder is watched no longer, or all is done with --once; the exit code."""
        client = await Client.connect(
            self._place.workspace,
            name="render",
            on_event=lambda noted, blob: self._happenings.put_nowait(noted),
            on_lost=self._lose,
        )
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, lambda: self._happenings.put_nowait(KeyboardInterrupt()))
        try:
            return await self._stay(client)
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            await client.close()

    def _lose(self, error: SdtuiError | None) -> None:
        todo = "The folder stays watched: the next `sdtui` goes on with it."
        self._happenings.put_nowait(error or ServerError("The server has ended.", todo=todo))

    async def _stay(self, client: Client) -> int:
        found = await client.ask(Watch(wish=self._wish), WatchesAnswer)
        joined = self._wish.once and not any(folder.wish.once for folder in found.folders)
        if not self._wish.once:
            note(f"{clean_line(self._wish.path)} is watched. Ctrl+C leaves it so; {self._stopping} ends it.")
        self._take_folders(found.folders)
        self._take_files(found.files)
        while True:
            if joined and not any(file.state in BUSY for file in self._files.values()):
                return self._verdict()
            match await self._happenings.get():
                case SdtuiError() as error:
                    raise error
                case KeyboardInterrupt():
                    return await self._leave(client)
                case Noted(event=Resync()):
                    found = await client.ask(Watches(), WatchesAnswer)
                    self._take_files(found.files)
                    if not self._take_folders(found.folders):
                        return self._ended()
                case Noted(event=FilesChanged(files=files)):
                    self._take_files(files)
                case Noted(event=WatchesChanged(folders=folders)):
                    if not self._take_folders(folders):
                        return self._ended()
                case _:
                    pass

    def _take_files(self, files: tuple[WatchedFile, ...]) -> None:
        for file in files:
            if file.folder == self._wish.path:
                self._teller.tell_file(file, self._files.get(file.name))
                self._files[file.name] = file
                if file.state == "gone":
                    del self._files[file.name]

    def _take_folders(self, folders: tuple[WatchedFolder, ...]) -> bool:
        """Whether the folder is still watched."""
        folder = next((each for each in folders if each.path == self._wish.path), None)
        if folder is not None:
            self._teller.tell_folder(folder, self._folder)
            self._folder = folder
        return folder is not None

    async def _leave(self, client: Client) -> int:
        if self._wish.once:
            await client.ask(Unwatch(path=self._wish.path), Done)
            note("Taken back; what is finished stays.")
            return INTERRUPTED
        note(f"Left. The folder stays watched, also by the next server; {self._stopping} ends it.")
        return OK

    @property
    def _stopping(self) -> str:
        """The command that ends it, as a shell takes it."""
        return f"`sdtui watch --stop {shlex.quote(self._wish.path)}`"

    def _ended(self) -> int:
        if self._wish.once:
            return self._verdict()
        note("The folder is watched no longer.")
        return OK

    def _verdict(self) -> int:
        if not self._files:
            note("There is no prompt file in the folder.")
        return FAILED if any(file.state in {"failed", "cancelled"} for file in self._files.values()) else OK


def row_of(file: WatchedFile) -> tuple[str, str, str]:
    """A file as a row of a table: its name, how it stands, its newest picture or what is wrong."""
    state = f"{file.state} {file.done}/{file.count}" if file.state == "rendering" else file.state
    return (f"  {file.name}", state, str(error_of(file.error)) if file.error is not None else file.latest)
