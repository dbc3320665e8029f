"""What outlives the server of watching: the folders, and how each of their files stood. An SQLite file of its own."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from sdtui.errors import WorkspaceError
from sdtui.spec.watch import WatchedFile, WatchedFolder

SCHEMA = """
    CREATE TABLE IF NOT EXISTS folders (path TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS files (
        folder TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (folder, name)
    ) WITHOUT ROWID;
"""


class FileRecord(Struct, frozen=True, kw_only=True):
    """A file with what tells whether it must be rendered again: its content's digest, and those of what it uses.

    `home` is the name of the folder of its pictures; `owed`: a change of it has not been rendered yet.
    """

    file: WatchedFile
    digest: str = ""
    uses: dict[str, str] = {}
    home: str = ""
    owed: bool = False


Read = TypeVar("Read", bound=Struct)


class Records:
    """Every public method is one transaction. What another version wrote and this one cannot read is as if it were not there."""

    def __init__(self, path: Path) -> None:
        """Open the database, made on first use with mode 0600; raises WorkspaceError when it cannot be used."""
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            # What the last moment before a power failure loses is rendered once more: nothing to wait for the disk for.
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise WorkspaceError(
                f"What is watched cannot be kept ({error}).",
                where=str(path),
                todo="Is the disk full or read-only? Moving the file away starts with nothing watched.",
            ) from error

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def folders(self) -> tuple[WatchedFolder, ...]:
        """The watched folders, by path."""
        return _read(self._db.execute("SELECT body FROM folders ORDER BY path"), WatchedFolder)

    def put_folder(self, folder: WatchedFolder) -> None:
        """Keep a folder."""
        self._db.execute("INSERT OR REPLACE INTO folders VALUES (?, ?)", (folder.path, _text(folder)))

    def drop_folder(self, path: str) -> None:
        """Forget a folder and what was known of its files."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("DELETE FROM folders WHERE path = ?", (path,))
        self._db.execute("DELETE FROM files WHERE folder = ?", (path,))
        self._db.execute("COMMIT")

    def files(self) -> tuple[FileRecord, ...]:
        """Every file, in the order of folder and name."""
        return _read(self._db.execute("SELECT body FROM files ORDER BY folder, name"), FileRecord)

    def put_files(self, records: Sequence[FileRecord]) -> None:
        """Keep how files stand."""
        rows = [(*record.file.key, _text(record)) for record in records]
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", rows)
        self._db.execute("COMMIT")


def _text(value: Struct) -> str:
    return msgspec.json.encode(value).decode()


def _read(rows: Iterable[tuple[str]], kind: type[Read]) -> tuple[Read, ...]:
    found: list[Read] = []
    for (body,) in rows:
        try:
            found.append(msgspec.json.decode(body, type=kind))
        except msgspec.MsgspecError:
            continue
    return tuple(found)
