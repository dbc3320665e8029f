"""A text on standard input."""

from __future__ import annotations

import sys

from sdtui.errors import UsageError

MAX_BYTES = 1_000_000


def read_piped(nothing: str) -> str:
    """All of it without the line break at its end; raises UsageError, with `nothing` where nobody writes to it."""
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(nothing, todo="Give it as a word, or on standard input.")
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UsageError(f"The text is larger than {MAX_BYTES / 1e6:g} MB.", where="standard input")
    try:
        return data.decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise UsageError("This is not UTF-8 text.", where="standard input") from None
