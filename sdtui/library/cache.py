"""Records of files that have not changed, so that a second look at ten thousand files reads none of them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from sdtui import __version__
from sdtui.library.walk import Found
from sdtui.spec.model import ModelRecord
from sdtui.weights.identify import REVISION, identify

Key = tuple[int, int, int, int, str]


class _Shelf(Struct, frozen=True):
    made_by: str
    records: dict[str, tuple[Key, ModelRecord]]


_SHELF = msgspec.json.Decoder(_Shelf)
MADE_BY = f"{__version__} {REVISION}"


class RecordCache:
    """Records by path and version (size, mtime, side file, expected kind), in memory and, if wanted, in a JSON file.

    A file that is missing, corrupt or of another release is an empty cache.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._records = _load(file) if file else {}
        self._fresh = False

    def record(self, found: Found) -> ModelRecord:
        """The record of what was found, read anew only when its version is another than last time."""
        key = (*found.version, *found.side, found.expected)
        path = str(found.path)
        kept = self._records.get(path)
        if kept and kept[0] == key:
            return kept[1]
        record = identify(found.path, expected=found.expected)
        self._records[path] = (key, record)
        self._fresh = True
        return record

    def keep_only(self, paths: set[str]) -> None:
        """Forget every other file, and write down what is new; a cache that cannot be written costs time only."""
        gone = set(self._records) - paths
        for path in gone:
            del self._records[path]
        if self._file and (gone or self._fresh):
            self._fresh = False
            _save(self._file, self._records)


def _load(file: Path) -> dict[str, tuple[Key, ModelRecord]]:
    try:
        shelf = _SHELF.decode(file.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}
    return shelf.records if shelf.made_by == MADE_BY else {}


def _save(file: Path, records: dict[str, tuple[Key, ModelRecord]]) -> None:
    fresh = file.with_name(file.name + ".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(msgspec.json.encode(_Shelf(made_by=MADE_BY, records=records)))
        fresh.replace(file)
    except (OSError, UnicodeError):
        with suppress(OSError):
            fresh.unlink()
