"""What is kept of downloads from one server to the next: their own file, readable by the user alone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from sdtui.fetch.wish import Course, Wish
from sdtui.spec.fetch import FetchView

MOST_OVER = 50
"""Downloads that are over and still told of."""


class Kept(Struct, frozen=True, kw_only=True):
    """One download: what was asked for (the address may hold secrets), how far it is, and what is told of it."""

    wish: Wish
    course: Course
    view: FetchView


_KEPT = msgspec.json.Decoder(tuple[Kept, ...])


def load(file: Path) -> tuple[Kept, ...]:
    """What was kept; nothing where the file is missing or broken."""
    try:
        return _KEPT.decode(file.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return ()


def save(file: Path, downloads: Iterable[Kept]) -> None:
    """Keep them, in one step; where that fails, downloads are begun anew by the next server, and no more is lost."""
    fresh = file.with_name(file.name + ".new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(msgspec.json.encode(tuple(downloads)))
        fresh.replace(file)
    except OSError:
        with suppress(OSError):
            fresh.unlink()
