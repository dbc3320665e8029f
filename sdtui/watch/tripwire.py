"""Says that something in a folder has changed; what, is found by looking."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from sdtui.watch.filesystems import silent_kind

# Not those of opening and reading, which every look of ours would set off.
EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    FileClosedEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
]


class Tripwire(FileSystemEventHandler):
    """`on_trip` is called on another thread, for files whose names (without folders) are of `concern`, and for folders."""

    def __init__(self, on_trip: Callable[[], None], concern: Callable[[str], bool]) -> None:
        self._on_trip = on_trip
        self._concern = concern
        self._observer: BaseObserver | None = None
        self._place: tuple[int, int] | None = None

    def arm(self, root: Path, *, recursive: bool) -> str:
        """Tell of changes in this folder from now on; why that cannot be done, in a sentence, or nothing."""
        self.cut()
        kind = silent_kind(root)
        if kind:
            return f"The folder is on a network ({kind}), which does not tell what others change: it is looked at every other second."
        observer = Observer()
        try:
            status = root.stat()
            observer.schedule(self, str(root), recursive=recursive, event_filter=EVENTS)
            observer.start()
        except OSError as error:
            observer.stop()
            return _why(error)
        self._observer, self._place = observer, (status.st_dev, status.st_ino)
        return ""

    def holds(self, root: Path) -> bool:
        """It still tells of this folder: nothing of it has ended, and the folder is the same one."""
        if self._observer is None or not self._observer.is_alive():
            return False
        try:
            status = root.stat()
        except OSError:
            return False
        return self._place == (status.st_dev, status.st_ino) and all(
            each.is_alive() for each in self._observer.emitters
        )

    def cut(self) -> None:
        """Tell nothing any more."""
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.unschedule_all()
            observer.stop()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Something happened; called by watchdog's thread."""
        paths = (os.fsdecode(path) for path in (event.src_path, event.dest_path) if path)
        if event.is_directory or any(self._concern(os.path.basename(path)) for path in paths):  # noqa: PTH119 - a name
            self._on_trip()


def _why(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EMFILE}:
        limit = "max_user_watches" if error.errno == errno.ENOSPC else "max_user_instances"
        return f"The system's limit for watching is reached (fs.inotify.{limit}): the folder is looked at every other second."
    return f"The system does not tell of changes here ({error.strerror or error}): the folder is looked at every other second."
