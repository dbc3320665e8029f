"""Watched folders and the prompt files in them, as clients see them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from sdtui.spec.complaint import Complaint
from sdtui.spec.document import Document

WatchState = Literal["waiting", "rendering", "done", "failed", "cancelled", "gone"]


class WatchWish(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A folder to be watched, by its absolute path; what `options` sets counts over what its files say.

    `polling`: look every other second, for file systems that tell nothing of changes. `once`: render every file now,
    changed or not, and watch no longer when they are done. `many`: however many files there are.
    """

    path: str
    recursive: bool = False
    polling: bool = False
    once: bool = False
    many: bool = False
    options: Document = Document()


class WatchedFolder(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A folder as it is watched; `notes` are sentences about how, `problem` says why nothing of it can be seen."""

    wish: WatchWish
    paused: bool = False
    notes: tuple[str, ...] = ()
    problem: Complaint | None = None

    @property
    def path(self) -> str:
        """The folder's absolute path."""
        return self.wish.path


class WatchedFile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A prompt file by its folder and its name in it (`sub/cat.txt`).

    `job_id` is its newest job, of whose `count` pictures `done` are there. `seed` is the one it keeps, `latest` its newest
    picture, `before` the one that the save before made, `home` the folder of its pictures. `at`: seconds since the epoch.
    """

    folder: str
    name: str
    state: WatchState = "waiting"
    job_id: int = 0
    done: int = 0
    count: int = 1
    seed: int = 0
    latest: str = ""
    before: str = ""
    home: str = ""
    at: float = 0.0
    error: Complaint | None = None
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What names the file."""
        return (self.folder, self.name)
