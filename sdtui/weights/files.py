"""Opening files that somebody else wrote: ordinary files only, never a pipe or a device that would hang us."""

from __future__ import annotations

import os
import stat
from io import FileIO
from pathlib import Path

from sdtui.errors import ModelError


def open_regular(path: Path) -> FileIO:
    """An ordinary file, open for reading without buffer; raises ModelError when it is missing, unreadable or no file."""
    try:
        # O_NONBLOCK: opening a named pipe would wait for its writer for ever
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise ModelError(describe(error), where=str(path)) from None
    except ValueError:
        raise ModelError("The name holds a zero byte.", where=str(path).replace("\0", "?")) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ModelError("This is not an ordinary file.", where=str(path))
    return FileIO(descriptor, "rb")


def read_small(path: Path, limit: int) -> bytes:
    """All of a small file; raises ModelError when it cannot be read or is longer than `limit` bytes."""
    with open_regular(path) as file:
        data = read_exactly(file, limit + 1, path)
    if len(data) > limit:
        raise ModelError(f"The file is longer than {limit // 2**10:,} KiB.", where=str(path))
    return data


def read_exactly(file: FileIO, count: int, path: Path) -> bytes:
    """The next `count` bytes, fewer only at the end of the file; raises ModelError when the disk fails."""
    parts: list[bytes] = []
    while count > 0:
        try:
            part = file.read(count)
        except OSError as error:
            raise ModelError(describe(error), where=str(path)) from None
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def describe(error: OSError) -> str:
    """Why a file cannot be read, in a sentence."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "There is no such file."
    if isinstance(error, PermissionError):
        return "The file may not be read: permission denied."
    return f"The file cannot be read: {(error.strerror or 'unknown error').lower()}."
