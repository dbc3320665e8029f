"""A fake server with watched folders, answered as the real one does."""

from __future__ import annotations

from msgspec.structs import replace

from sdtui.errors import ManyError, UsageError
from sdtui.spec.complaint import Complaint
from sdtui.spec.event import FilesChanged, WatchesChanged
from sdtui.spec.verb import Done
from sdtui.spec.verbs_watch import PauseWatch, RenderFile, Unwatch, Watch, Watches, WatchesAnswer
from sdtui.spec.watch import WatchedFile, WatchedFolder, WatchWish
from tests.ui.fake import FakeServer

FOLDER = "/p/prompts"
COLOURS = {"cat": b"\xc0\x40\x30", "cat-before": b"\x30\x60\xc0", "dog": b"\xe0\xc0\x40"}


def file(name: str, state: str = "done", **more: object) -> WatchedFile:
    home = name.partition(".")[0]
    latest = f"/w/outputs/watch/{home}/00002-7.png" if state == "done" else ""
    return WatchedFile(
        folder=FOLDER, name=name, state=state, seed=7, latest=latest, home=f"/w/outputs/watch/{home}", **more
    )


CAT = file("cat.txt", job_id=1, before="/w/outputs/watch/cat/00001-7.png")
DOG = file("dog.md", job_id=2, notes=("'Hires upscale: 2' is not supported yet.",))
BAD = file(
    "bad.yaml", "failed", error=Complaint(what="Steps is a whole number from 1 to 150, not 'many'.", where="bad.yaml:3")
)
WAITING = file("waiting.txt", "waiting")


class WatchServer(FakeServer):
    """`folders` and `files` are what is watched."""

    def __init__(self, *files: WatchedFile, **changes: object) -> None:
        super().__init__(**changes)
        self.folders = [WatchedFolder(wish=WatchWish(path=FOLDER))] if files else []
        self.files = {each.key: each for each in files}
        for each in files:
            if each.latest:
                self.pictures[each.latest] = (2, 2, COLOURS[each.name.partition(".")[0]] * 4)
        self.pictures["/w/outputs/watch/cat/00001-7.png"] = (2, 2, COLOURS["cat-before"] * 4)

    async def answer(self, verb):
        match verb:
            case Watches():
                return WatchesAnswer(folders=tuple(self.folders), files=tuple(self.files.values()))
            case Watch(wish=wish):
                if "nowhere" in wish.path:
                    raise UsageError("There is no such folder to watch.", where=wish.path)
                if "full" in wish.path and not wish.many:
                    raise ManyError("There are 300 prompt files in it.", where=wish.path, todo="--many")
                self.folders = [each for each in self.folders if each.path != wish.path] + [WatchedFolder(wish=wish)]
                return WatchesAnswer(folders=(self.folders[-1],))
            case Unwatch(path=path):
                self.folders = [each for each in self.folders if each.path != path]
            case PauseWatch(path=path, paused=paused):
                self.folders = [replace(each, paused=paused) if each.path == path else each for each in self.folders]
            case RenderFile():
                return Done(count=1)
        self.happens(WatchesChanged(folders=tuple(self.folders)), transient=True)
        return Done(count=1)

    def changes(self, *files: WatchedFile) -> None:
        self.files |= {each.key: each for each in files}
        self.happens(FilesChanged(files=files), transient=True)
