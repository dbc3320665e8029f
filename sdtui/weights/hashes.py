"""SHA-256 of model files, computed once per version of a file and shared by every process that asks."""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Annotated

import msgspec

from sdtui.errors import ModelError
from sdtui.weights.files import describe, open_regular
from sdtui.weights.header import HEADER_LIMIT
from sdtui.weights.stamp import Stamp, hashed_file, stamp

BLOCK = 4 * 2**20
"""Bytes read at a time: how soon a cancelled run ends."""
ENTRIES_KEPT = 20_000
"""Files the cache remembers, the newest entries last."""
WAIT_S = 0.1
"""How often somebody who waits for another's run looks whether he is cancelled."""

Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Entry = tuple[int, int, Digest]
_ENTRIES = msgspec.json.Decoder(dict[str, Entry])


class HashingCancelled(ModelError):
    """The run was cancelled before the hash was known."""


class HashStore:
    """SHA-256 by (path, size, mtime), kept in a JSON file that any number of threads and processes share.

    A cache that is missing, corrupt or unwritable costs time, never an answer.
    """

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._entries: dict[str, Entry] = {}
        self._loaded: tuple[int, ...] = ()
        self._lock = threading.Lock()
        self._running: dict[Path, threading.Lock] = {}

    def sha256(
        self,
        path: Path,
        cancelled: Callable[[], bool] = lambda: False,
        progress: Callable[[int, int], None] = lambda done, size: None,
        *,
        content: bool = False,
    ) -> str:
        """The SHA-256 of a file in lower-case hex; of a diffusers folder, that of its UNet's weights file.

        `content`: of a safetensors file without its header, as LoRAs are called by, because their metadata is often edited.
        `progress` is told, after each block, the bytes that are done and the file's size.
        Raises HashingCancelled when `cancelled` says so, ModelError when the file cannot be read or changes meanwhile.
        """
        file = hashed_file(path)
        with self._lock:
            running = self._running.setdefault(file, threading.Lock())
        while not running.acquire(timeout=WAIT_S):
            _stop_if(cancelled, file)
        try:
            known = self.known(path, content=content)
            if known:
                return known
            version, digest = _hash(file, cancelled, progress, content=content)
            self._keep(_entry(file, content=content), (version.size, version.mtime_ns, digest))
            return digest
        finally:
            running.release()

    def learn(self, path: Path, digest: str) -> None:
        """The SHA-256 of a file is known from elsewhere: who wrote it counted along."""
        try:
            version = stamp(path)
        except OSError:
            return
        self._keep(str(path), (version.size, version.mtime_ns, digest))

    def known(self, path: Path, *, content: bool = False) -> str:
        """The SHA-256 if it is known for the file as it is now, else nothing; reads no more than the cache."""
        file = hashed_file(path)
        try:
            version = stamp(file)
        except OSError:
            return ""
        self.reload()
        return self.known_version(_entry(file, content=content), version)

    def known_version(self, file: str, version: Stamp) -> str:
        """The SHA-256 of a file's version if this process knows it; touches no disk, for use on thousands after `reload`."""
        with self._lock:
            size, mtime_ns, digest = self._entries.get(file, (0, 0, ""))
        return digest if (size, mtime_ns) == version else ""

    def reload(self) -> None:
        """Take in what other processes have found out since the last look."""
        try:
            status = self._cache.stat()
        except OSError:
            return
        loaded = (status.st_ino, status.st_size, status.st_mtime_ns)
        with self._lock:
            if loaded != self._loaded:
                self._loaded = loaded
                self._entries = {**self._entries, **_read(self._cache)}

    def _keep(self, file: str, entry: Entry) -> None:
        with self._lock:
            self._entries[file] = entry
        try:
            with _locked(self._cache):
                entries = _read(self._cache)
                entries.pop(file, None)
                entries[file] = entry
                _write(self._cache, dict(list(entries.items())[-ENTRIES_KEPT:]))
        except (OSError, UnicodeError):
            # memory has it; the next process hashes again
            return


def _entry(file: Path, *, content: bool) -> str:
    """What a hash is kept under; no file's name holds a zero byte."""
    return f"{file}\0content" if content else str(file)


def _content_start(source: FileIO, size: int) -> int:
    """Where a safetensors file's tensors begin; 0 in any other file."""
    start = source.read(8)
    source.seek(0)
    length = int.from_bytes(start, "little") + 8 if len(start) == 8 else 0
    return length if length <= min(size, HEADER_LIMIT + 8) else 0


def _hash(
    file: Path, cancelled: Callable[[], bool], progress: Callable[[int, int], None], *, content: bool
) -> tuple[Stamp, str]:
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(BLOCK))
    with open_regular(file) as source:
        before = os.fstat(source.fileno())
        try:
            done = source.seek(_content_start(source, before.st_size)) if content else 0
            # a file that grows as fast as it is read would have no end
            while done <= before.st_size and (count := source.readinto(buffer)):
                digest.update(buffer[:count])
                done += count
                progress(done, before.st_size)
                _stop_if(cancelled, file)
        except OSError as error:
            raise ModelError(describe(error), where=str(file)) from None
        after = os.fstat(source.fileno())
    version = Stamp(before.st_size, before.st_mtime_ns)
    if version != (after.st_size, after.st_mtime_ns) or done != before.st_size:
        raise ModelError("The file changed while it was read.", where=str(file), todo="Try again once it is complete.")
    return version, digest.hexdigest()


def _stop_if(cancelled: Callable[[], bool], file: Path) -> None:
    if cancelled():
        raise HashingCancelled("Hashing was cancelled.", where=str(file))


@contextmanager
def _locked(cache: Path) -> Iterator[None]:
    """Hold the cache against the other processes: an advisory lock on a file beside it."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(cache.with_name(cache.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(cache: Path) -> dict[str, Entry]:
    try:
        return _ENTRIES.decode(cache.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}


def _write(cache: Path, entries: dict[str, Entry]) -> None:
    """Replace the cache in one step; the lock is held, so the name beside it is ours."""
    fresh = cache.with_name(cache.name + ".new")
    fresh.write_bytes(msgspec.json.encode(entries))
    fresh.replace(cache)
