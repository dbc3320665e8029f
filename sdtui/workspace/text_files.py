"""Text files that clients may read and write: inside one folder, atomically, never over what somebody else wrote meanwhile."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import os
import secrets
import time
from pathlib import Path
from typing import NamedTuple

from sdtui.errors import ConfigError, UsageError, WorkspaceError
from sdtui.workspace.file_names import check_file_name
from sdtui.workspace.yaml_reader import read_text

MAX_BYTES = 1_000_000
KEPT_REMOVED = 200
"""So many of the texts that were removed or replaced last are kept."""

_UNLINKABLE = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}


class TextFile(NamedTuple):
    """A file's name in its folder, its text, and what tells this text from every other (`etag`).

    `kept` is where the text lies that was replaced or removed; empty where none was.
    """

    name: str
    text: str
    etag: str
    kept: str = ""


class TextFiles:
    """Names are paths below `root` with one of the `endings`; what is replaced or removed is kept in `removed`."""

    def __init__(self, root: Path, endings: tuple[str, ...], removed: Path, *, nested: bool) -> None:
        self.root = root
        self._endings = endings
        self._removed = removed
        self._nested = nested

    def get(self, name: str) -> TextFile:
        """The text of a file; raises WorkspaceError and UsageError."""
        path = self._path(name)
        if not path.exists():
            raise WorkspaceError("There is no such file any more.", where=self._shown(name))
        try:
            text = read_text(path, MAX_BYTES, follow=False)
        except ConfigError as error:
            where = error.where.replace(str(path), self._shown(name))
            raise UsageError(error.what, where=where, todo=error.todo or "Your own editor can open it.") from None
        return TextFile(name, text, _etag(path))

    def put(self, name: str, text: str, etag: str) -> TextFile:
        """Write a text in place of the one with this etag ("": of none), and say where it is.

        When the file was changed since, both are kept: this text becomes name-2. Raises WorkspaceError when a new file is
        wanted where one is, or it cannot be written, and UsageError for what is no name or no text for a file.
        """
        path = self._path(name)
        data = _encoded(text)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if etag and path.exists() and _etag(path) == etag:
                kept = self._keep_removed(path)
                _write(path, data, replace=True)
                return TextFile(name, text, _etag(path), str(kept))
            if _write(path, data, replace=False):
                return TextFile(name, text, _etag(path))
            if not etag:
                raise WorkspaceError("This file exists.", where=self._shown(name), todo="Choose another name.")
            beside = self._write_beside(name, data)
            return TextFile(beside, text, _etag(self._path(beside)))
        except OSError as error:
            raise self._unwritable(name, error) from None

    def rename(self, name: str, new: str) -> TextFile:
        """Give a file another name; raises WorkspaceError when that is taken, and what `put` raises."""
        old_path, new_path = self._path(name), self._path(new)
        if not old_path.exists():
            raise WorkspaceError("There is no such file any more.", where=self._shown(name))
        try:
            new_path.parent.mkdir(parents=True, exist_ok=True)
            if not _link(old_path, new_path):
                raise WorkspaceError("This file exists.", where=self._shown(new), todo="Choose another name.")
            old_path.unlink()
        except OSError as error:
            raise self._unwritable(new, error) from None
        return self.get(new)

    def remove(self, name: str, etag: str) -> TextFile:
        """Remove the file with this text; raises WorkspaceError when it was changed since. What it held is answered and kept."""
        file = self.get(name)
        if file.etag != etag:
            raise WorkspaceError(
                "The file was changed meanwhile, so it is not removed.",
                where=self._shown(name),
                todo="Look at it again.",
            )
        path = self._path(name)
        try:
            kept = self._keep_removed(path)
            path.unlink()
        except OSError as error:
            raise self._unwritable(name, error) from None
        return file._replace(kept=str(kept))

    def _path(self, name: str) -> Path:
        """The path of a name, without links; raises UsageError for one that is no name or leads out of the folder."""
        check_file_name(name, self._endings, nested=self._nested)
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise UsageError("This name leads out of the folder.", where=self._shown(name))
        return path

    def _shown(self, name: str) -> str:
        return f"{self.root.name}/{name}"

    def _write_beside(self, name: str, data: bytes) -> str:
        stem, _, ending = name.rpartition(".")
        for number in itertools.count(2):
            beside = f"{stem}-{number}.{ending}"
            if _write(self._path(beside), data, replace=False):
                return beside
        raise AssertionError("there is always another name")

    def _keep_removed(self, path: Path) -> Path:
        self._removed.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = self._removed / f"{time.time_ns():020}-{self.root.name}-{path.name}"
        kept.write_bytes(path.read_bytes())
        old = sorted(self._removed.iterdir(), reverse=True)[KEPT_REMOVED:]
        for each in old:
            with contextlib.suppress(OSError):
                each.unlink()
        return kept

    def _unwritable(self, name: str, error: OSError) -> WorkspaceError:
        return WorkspaceError(f"It cannot be written: {error.strerror}.", where=self._shown(name))


def _encoded(text: str) -> bytes:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise UsageError("The text holds half a character, which no file can hold.") from None
    if b"\0" in data:
        raise UsageError("The text holds a zero byte, which no text file can hold.")
    if len(data) > MAX_BYTES:
        raise UsageError(f"The text has more than {MAX_BYTES / 1e6:g} MB.", todo="Use your own editor for it.")
    return data


def _etag(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _write(path: Path, data: bytes, *, replace: bool) -> bool:
    """Put the bytes there, whole and on the disk; False when the name is taken and they are not to replace anything."""
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        if not replace:
            return _link(part, path)
        part.chmod(path.stat().st_mode & 0o777)
        part.replace(path)
        return True
    finally:
        part.unlink(missing_ok=True)
        _sync_folder(path.parent)


def _link(old: Path, new: Path) -> bool:
    """Give a file a second name; False when that is taken."""
    try:
        os.link(old, new)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _UNLINKABLE:
            raise
        try:
            with new.open("xb") as file:
                file.write(old.read_bytes())
        except FileExistsError:
            return False
    return True


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
