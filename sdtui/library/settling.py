"""What changes between two scans: folders that were written to, and files that are on their way."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from sdtui.library.walk import Found
from sdtui.spec.model import ModelRecord
from sdtui.weights.stamp import Stamp, stamp

DAY_S = 86_400.0
MOST_WATCHED = 500
"""Broken files that are looked at for being written on."""
HOT_S = 1.0
"""A folder that was written to so short a time before may be written to again at the same tick of its file system's clock."""

Mark = tuple[int, int]
"""Time of the last change and size; of what is not there, zeros."""


class Settling:
    """`begin` a scan, ask for each file whether it is held back, and later whether it is `over`: whether a new scan is due."""

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._marks: dict[Path, Mark] = {}
        self._arriving: set[Path] = set()
        self._broken: dict[Path, Stamp] = {}

    def begin(self, folders: Mapping[Path, int], others: Iterable[Path]) -> None:
        """A scan looked into these folders; `others` are paths whose coming and changing counts, too."""
        now = time.time()
        marks = {folder: (-1 if now - at / 1e9 < HOT_S else at, 0) for folder, at in folders.items()}
        marks.update((path, _mark(path)) for path in others)
        self._marks, self._arriving, self._broken = marks, set(), {}

    def holds_back(self, record: ModelRecord, found: Found) -> bool:
        """Whether this file is on its way, and not to be shown yet."""
        if not self._settle_s or not (record.problem or found.arriving):
            return False
        age_s = abs(time.time() - found.version.mtime_ns / 1e9)
        if found.arriving:
            # what says so beside it goes when it is whole, which its folder tells
            return True
        if age_s < self._settle_s:
            self._arriving.add(found.path)
            return True
        if age_s < DAY_S and len(self._broken) < MOST_WATCHED:
            # a copy that stalled and goes on
            self._broken[found.path] = found.version
        return False

    def over(self) -> bool:
        """Whether something changed since the scan."""
        for path, mark in tuple(self._marks.items()):
            if _mark(path, is_folder=mark[1] == 0) != mark:
                return True
        for path in tuple(self._arriving):
            now = _now(path)
            if now is None or abs(time.time() - now.mtime_ns / 1e9) >= self._settle_s:
                return True
        return any(_now(path) != version for path, version in tuple(self._broken.items()))


def _mark(path: Path, *, is_folder: bool = False) -> Mark:
    try:
        state = path.stat()
    except OSError:
        return (0, 0)
    return (state.st_mtime_ns, 0 if is_folder else state.st_size)


def _now(path: Path) -> Stamp | None:
    try:
        return stamp(path)
    except OSError:
        return None
