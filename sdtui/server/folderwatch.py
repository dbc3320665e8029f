"""Tells clients that presets or wildcards changed, whoever changed them: looks at names, times and sizes now and then."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from sdtui.spec.event import FolderChanged
from sdtui.spec.verbs_files import Folder

EVERY_S = 0.4
SHARE = 0.02
"""Of the time, at most, that looking may take: large folders are looked at less often."""
MOST_ENTRIES = 50_000

Look = int
"""What a look at a folder came to: equal looks, equal files."""


class FolderWatch:
    """Looks while `wanted` says so; `files` are those that count besides the folder of presets.

    What is told is compared with the look before: the first one belongs before the first client.
    """

    def __init__(
        self,
        folders: dict[Folder, Path],
        files: Callable[[], Iterable[Path]],
        tell: Callable[[FolderChanged], None],
        wanted: Callable[[], bool],
    ) -> None:
        self._folders = folders
        self._files = files
        self._tell = tell
        self._wanted = wanted
        self._before: dict[Folder, Look] = {}

    async def run(self, every_s: float = EVERY_S) -> None:
        """Look again and again until cancelled."""
        while True:
            took = await self.look() if self._wanted() else 0.0
            await asyncio.sleep(max(every_s, took / SHARE))

    async def look(self) -> float:
        """Look once, and tell what changed since the look before; the seconds that it took."""
        start = time.perf_counter()
        for folder, path in self._folders.items():
            others = tuple(self._files()) if folder == "presets" else ()
            now = await asyncio.to_thread(look, path, others)
            if self._before.setdefault(folder, now) != now:
                self._before[folder] = now
                self._tell(FolderChanged(folder=folder))
        return time.perf_counter() - start


def look(root: Path, others: Iterable[Path] = ()) -> Look:
    """A number that changes when a file below the folder, or one of the others, comes, goes or is written."""
    seen: list[tuple[str, int, int, int]] = []
    waiting = [str(root)]
    known: set[tuple[int, int]] = set()
    while waiting and len(seen) < MOST_ENTRIES:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue  # what is being written, and what editors keep beside
                    try:
                        found = entry.stat()
                    except OSError:
                        continue  # gone meanwhile, or a link that leads nowhere
                    if not entry.is_dir():
                        seen.append((entry.path, found.st_mtime_ns, found.st_size, found.st_ino))
                    elif (found.st_dev, found.st_ino) not in known:
                        known.add((found.st_dev, found.st_ino))
                        waiting.append(entry.path)
        except OSError:
            continue  # gone meanwhile: its own folder is another one now
    for path in others:
        try:
            found = path.stat()
        except OSError:
            continue
        seen.append((str(path), found.st_mtime_ns, found.st_size, found.st_ino))
    return hash(tuple(sorted(seen)))
