"""Putting a finished picture where it belongs so that a crash at any moment loses nothing and doubles nothing.

The steps, each followed by a fault point (SDTUI_CRASH_AT=<name> ends the process there as `kill -9` would; for tests):
opened (`.name.<render>.part` exists), written, synced (its bytes are on the disk), linked (the final name exists),
removed (the part is gone), settled (the folder is on the disk). Where the file system has no links there is one more,
claimed (the final name exists, empty), before linked. The caller records the picture afterwards; if it dies before, the
final file carries the render's id and is adopted the next time.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import itertools
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from sdtui.images.chunk import owner
from sdtui.images.refusal import refusal

FAULTS = ("opened", "written", "synced", "claimed", "linked", "removed", "settled")
STALE_S = 3600
"""Seconds after which a part is a leftover where the file system cannot tell whether somebody holds it."""

_UNLINKABLE = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV, errno.EINVAL}
_MARK = re.compile(r"[0-9A-Za-z_-]{1,40}")
_PART = re.compile(r"\.(?P<name>.+)\.[0-9A-Za-z_-]{1,40}\.part", re.DOTALL)


def publish(path: Path, data: bytes, *, render_id: str, overwrite: bool = False) -> Path:
    """Write the picture's file, whole and, unless `overwrite`, never over another one; returns where it is.

    A file of that name that already carries `render_id` (in its sdtui chunk) is adopted; beside a foreign one the picture
    becomes name-2, name-3, … Raises WorkspaceError with a sentence; then nothing is left behind and the bytes are still
    the caller's.
    """
    try:
        _make_folder(path.parent)
        for candidate in _candidates(path):
            if owner(candidate) == render_id:
                return _adopt(candidate, render_id)
            claimed = _claimed(candidate, render_id)
            usable = claimed or overwrite or not os.path.lexists(candidate)
            if usable and _write(candidate, data, _part(candidate, render_id), claimed=claimed, overwrite=overwrite):
                return candidate
            if owner(candidate) == render_id:
                # Another process has the same render and was faster.
                return _adopt(candidate, render_id)
    except OSError as error:
        raise refusal(error, path) from error
    raise AssertionError("there is always another name")


def find(path: Path, *, render_id: str) -> Path | None:
    """Where an earlier `publish` of that render put the picture; None when it did not get there."""
    for candidate in _candidates(path):
        if not os.path.lexists(candidate):
            return None
        if owner(candidate) == render_id:
            return candidate
    return None


def sweep(folder: Path) -> int:
    """Remove the parts that dead processes left in a folder and below it; returns how many. Never raises OSError."""
    found = [Path(root, name) for root, _, names in os.walk(folder) for name in names if _PART.fullmatch(name)]
    return sum(_sweep_part(part) for part in found)


def _candidates(path: Path) -> Iterator[Path]:
    yield path
    for number in itertools.count(2):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def _part(final: Path, render_id: str) -> Path:
    """The part's name holds the final one, whose empty claim it owns, and the render's id, so that nobody else writes it."""
    plain = _MARK.fullmatch(render_id)
    mark = render_id if plain else hashlib.sha256(render_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return final.with_name(f".{final.name}.{mark}.part")


def _write(final: Path, data: bytes, part: Path, *, claimed: bool, overwrite: bool) -> bool:
    """All steps for one final name; False when somebody else took the name meanwhile."""
    descriptor = _open_part(part)
    try:
        claimed = claimed and _is_empty(final)
        os.ftruncate(descriptor, 0)
        _fault("opened")
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        _fault("written")
        os.fsync(descriptor)
        _fault("synced")
        placed = _place(part, final, ours=claimed or overwrite)
        part.unlink(missing_ok=True)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        if claimed:
            _drop_claim(final)
        raise
    finally:
        os.close(descriptor)
    _fault("removed")
    if placed:
        _sync_folder(final.parent)
        _fault("settled")
    return placed


def _place(part: Path, final: Path, *, ours: bool) -> bool:
    """Give the part its final name; False when that is taken."""
    try:
        if ours:
            part.replace(final)
        else:
            os.link(part, final)
    except FileExistsError:
        return False
    except OSError as error:
        if ours or error.errno not in _UNLINKABLE:
            raise
        return _place_without_links(part, final)
    _fault("linked")
    return True


def _place_without_links(part: Path, final: Path) -> bool:
    """Claim the name with an empty file, then put the part in its place; the part's name shows whose claim it is."""
    try:
        os.close(os.open(final, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
    except FileExistsError:
        return False
    _fault("claimed")
    try:
        part.replace(final)
    except OSError:
        _drop_claim(final)
        raise
    _fault("linked")
    return True


def _adopt(final: Path, render_id: str) -> Path:
    """Finish what an earlier process began: its last steps may not have reached the disk."""
    _sweep_part(_part(final, render_id))
    descriptor = os.open(final, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    _sync_folder(final.parent)
    return final


def _claimed(final: Path, render_id: str) -> bool:
    return _is_empty(final) and _part(final, render_id).exists()


def _is_empty(final: Path) -> bool:
    return final.is_file() and not final.is_symlink() and final.stat().st_size == 0


def _drop_claim(final: Path) -> None:
    with contextlib.suppress(OSError):
        if _is_empty(final):
            final.unlink()


def _open_part(part: Path) -> int:
    """The part's descriptor, locked: a living writer holds it, and the lock goes with the process, however it ends."""
    while True:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        # What was waited for may have got its final name or been swept meanwhile: only a part may be written to.
        if os.fstat(descriptor).st_nlink == 1 and _is_at(descriptor, part):
            return descriptor
        if _is_at(descriptor, part):
            part.unlink(missing_ok=True)
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _sweep_part(part: Path) -> bool:
    match = _PART.fullmatch(part.name)
    try:
        descriptor = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        if not _abandoned(descriptor) or not _is_at(descriptor, part):
            return False
        part.unlink()
        if match is not None:
            _drop_claim(part.with_name(match["name"]))
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _abandoned(descriptor: int) -> bool:
    """Nobody holds the part; afterwards we do."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return time.time() - os.fstat(descriptor).st_mtime > STALE_S
    return True


def _make_folder(folder: Path) -> None:
    """The folder and those above it, each put on the disk."""
    missing = [above for above in (folder, *folder.parents) if not above.exists()]
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        _sync_folder(new.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot sync a folder; they promise nothing that we could wait for.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}:
            raise
    finally:
        os.close(descriptor)


def _fault(name: str) -> None:
    if os.environ.get("SDTUI_CRASH_AT") == name:
        os._exit(137)
