"""The one writer of the command line: whatever it prints went through the filter for terminals."""

from __future__ import annotations

import sys
from typing import TextIO

from sdtui.errors import SdtuiError
from sdtui.terminal.filter import clean


def say(text: str = "") -> None:
    """Lines for standard output: what was asked for."""
    _write(sys.stdout, text)


def note(text: str) -> None:
    """Lines for standard error: what else there is to know."""
    _write(sys.stderr, text)


def complain(error: SdtuiError) -> None:
    """An error in full: where, what, what to do."""
    note(f"sdtui: {error}")


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # closed by whoever started us (`>&-`)
        return
    stream.write(f"{clean(text)}\n")
    stream.flush()
