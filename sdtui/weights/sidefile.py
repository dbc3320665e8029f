"""A1111's side file, NAME.json beside the model: what people write about it. Read leniently, written so that nothing is lost."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from sdtui.errors import ModelError, UsageError, WorkspaceError
from sdtui.weights.files import read_small
from sdtui.weights.wishes import SIDE_LIMIT, side_file

ACTIVATION, WEIGHT, NEGATIVE, NOTES = "activation text", "preferred weight", "negative text", "notes"
DESCRIPTION = "description"
MOST_WEIGHT = 10.0
LONGEST_TEXT = 100_000
"""Characters of a text that is written."""

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BROKEN = (msgspec.MsgspecError, UnicodeError, RecursionError)
Entries = Mapping[str, msgspec.Raw]


class Side(NamedTuple):
    """What a side file says; empty and 0 where it says nothing."""

    activation_text: str = ""
    preferred_weight: float = 0.0
    negative_text: str = ""
    notes: str = ""
    description: str = ""


def read_side(path: Path) -> Side:
    """What the side file of a model says; a missing or foreign one says nothing."""
    try:
        entries = _entries(side_file(path))
    except (ModelError, *_BROKEN):
        # other programs write files of this name too
        return Side()
    texts = (_text(entries, key) for key in (ACTIVATION, NEGATIVE, NOTES, DESCRIPTION))
    activation, negative, notes, description = texts
    return Side(activation, _weight(entries), negative, notes, description)


def write_side(path: Path, changes: Mapping[str, str | float]) -> None:
    """Set keys of a model's side file, made if need be; every other key stays as it is.

    Raises UsageError for a value that cannot be, WorkspaceError when the file cannot be written, ModelError when it is no JSON.
    """
    file = side_file(path)
    for key, value in changes.items():
        _check(key, value)
    try:
        entries = dict(_entries(file))
    except ModelError:
        raise
    except _BROKEN:
        raise ModelError(
            "The side file is no JSON object, so nothing is written into it.", where=str(file), todo="Mend or move it."
        ) from None
    for key, value in changes.items():
        if value or key in entries:
            entries[key] = msgspec.Raw(msgspec.json.encode(value))
    if entries:
        _replace(file, msgspec.json.format(msgspec.json.encode(entries), indent=4) + b"\n")


def read_only(path: Path) -> str:
    """Why the side file of a model cannot be written, in a sentence; empty when it can."""
    file = side_file(path)
    if os.access(file.parent, os.W_OK | os.X_OK):
        return ""
    return f"The folder {file.parent} may not be written to."


def _entries(file: Path) -> dict[str, msgspec.Raw]:
    if not file.is_file():
        return {}
    return _OBJECT.decode(read_small(file, SIDE_LIMIT).removeprefix(b"\xef\xbb\xbf"))


def _text(entries: Entries, key: str) -> str:
    try:
        return msgspec.json.decode(entries[key], type=str).strip() if key in entries else ""
    except _BROKEN:
        return ""


def _weight(entries: Entries) -> float:
    try:
        # A1111 writes a number, others a text
        value = float(msgspec.json.decode(entries[WEIGHT], type=float | str)) if WEIGHT in entries else 0.0
    except (*_BROKEN, ValueError):
        return 0.0
    return value if math.isfinite(value) and abs(value) <= MOST_WEIGHT else 0.0


def _check(key: str, value: str | float) -> None:
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise UsageError(
                f"The {key} has {len(value):,} characters; {LONGEST_TEXT:,} are the most that are written."
            )
    elif not (math.isfinite(value) and abs(value) <= MOST_WEIGHT):
        raise UsageError(f"The {key} must be a number from −{MOST_WEIGHT:g} to {MOST_WEIGHT:g}, not {value:g}.")


def _replace(file: Path, data: bytes) -> None:
    """Put a text in a file's place in one step, with the mode it had; a link stays one."""
    target = file.resolve()
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else None
        with fresh.open("xb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        if mode is not None:
            fresh.chmod(mode)
        fresh.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        denied = error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}
        what = "The folder may not be written to" if denied else f"The side file cannot be written ({error.strerror})"
        raise WorkspaceError(f"{what}, so nothing was changed.", where=str(target.parent)) from None
