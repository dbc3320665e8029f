"""The half-written file beside the final one: NAME.part, held by one process at a time, with its SHA-256 as far as it is there."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from sdtui.errors import ModelError, WorkspaceError

SUFFIX = ".part"
BLOCK = 4 * 2**20
ROOM_KEPT = 200_000_000
"""Bytes of a disk that are left free."""
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EINVAL}

Stopped = Callable[[], None]
"""Called between blocks; raises to stop."""


class Part:
    """Bytes are added at the end alone; `done` of them are there. Every method raises WorkspaceError where the disk does not obey."""

    def __init__(self, final: Path) -> None:
        """Open the part of a file, made if need be; raises ModelError when another process writes it."""
        self.final = final
        self.path = final.with_name(final.name + SUFFIX)
        self.done = 0
        self._digest = hashlib.sha256()
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._file = os.fdopen(os.open(self.path, flags, 0o666), "r+b", buffering=0)
        except OSError as error:
            raise refused(error, self.path) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            if error.errno in {errno.EAGAIN, errno.EACCES}:
                raise ModelError("The file is being fetched already.", where=str(self.path)) from None
            raise refused(error, self.path) from None

    def resume(self, stopped: Stopped) -> int:
        """Read what is there already into the SHA-256; how many bytes that are."""
        self._digest, self.done = hashlib.sha256(), 0
        try:
            self._file.seek(0)
            while block := self._file.read(BLOCK):
                self._digest.update(block)
                self.done += len(block)
                stopped()
        except OSError as error:
            raise refused(error, self.path) from None
        return self.done

    def restart(self) -> None:
        """Nothing is there."""
        try:
            self._file.truncate(0)
            self._file.seek(0)
        except OSError as error:
            raise refused(error, self.path) from None
        self._digest, self.done = hashlib.sha256(), 0

    def add(self, block: bytes) -> None:
        """These bytes come next."""
        view = memoryview(block)
        try:
            while view:
                written = self._file.write(view)
                self._digest.update(view[:written])
                self.done += written
                view = view[written:]
        except OSError as error:
            raise refused(error, self.path) from None

    @property
    def sha256(self) -> str:
        """Of all bytes so far, in lower-case hex."""
        return self._digest.hexdigest()

    def publish(self) -> None:
        """The file is whole: give it its final name, over which nothing is ever written; raises ModelError when it is taken."""
        try:
            os.fsync(self._file.fileno())
            try:
                os.link(self.path, self.final)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                # exFAT and the like: claim the name first
                os.close(os.open(self.final, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
                with self._claimed():
                    self.path.replace(self.final)
            self.path.unlink(missing_ok=True)
            folder = os.open(self.final.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            with contextlib.suppress(OSError):
                os.fsync(folder)
            os.close(folder)
        except FileExistsError:
            raise taken(self.final) from None
        except OSError as error:
            raise refused(error, self.final) from None

    @contextlib.contextmanager
    def _claimed(self) -> Iterator[None]:
        """The final name is ours, and empty: it goes when it is not filled."""
        try:
            yield
        except OSError:
            self.final.unlink(missing_ok=True)
            raise

    def close(self) -> None:
        """Keep what is there for the next time."""
        self._file.close()

    def discard(self) -> None:
        """Remove what is there."""
        with contextlib.suppress(OSError):
            self.path.unlink()
        self.close()


def check_room(folder: Path, needed: int) -> None:
    """Raises WorkspaceError unless a disk has room for so many more bytes."""
    standing = folder
    while not standing.exists() and standing != standing.parent:
        standing = standing.parent
    try:
        space = os.statvfs(standing)
    except OSError as error:
        raise refused(error, folder) from None
    free = space.f_bavail * space.f_frsize
    if needed + ROOM_KEPT > free:
        raise WorkspaceError(
            f"The disk has {free / 1e9:.1f} GB free; {needed / 1e9:.1f} GB are still to come.",
            where=str(folder),
            todo="Make room, then try again: it goes on where it stopped.",
        )


def taken(final: Path) -> ModelError:
    """The error of a name that another file has."""
    return ModelError(
        f"There is a file '{final.name}' already; it is not written over.",
        where=str(final.parent),
        todo="Give another name (--name).",
    )


def refused(error: OSError, path: Path) -> WorkspaceError:
    """The error of a disk that does not obey, in the user's words."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return WorkspaceError(
            "The disk is full.", where=str(path.parent), todo="Make room, then try again: it goes on where it stopped."
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return WorkspaceError("The folder may not be written to.", where=str(path.parent), todo="Make it writable.")
    if error.errno == errno.ELOOP:
        return WorkspaceError("There is a link in the place of the file.", where=str(path))
    return WorkspaceError(
        f"The file cannot be written: {(error.strerror or 'unknown error').lower()}.", where=str(path)
    )
