"""The exit codes, in the one table that `--help` prints and errors are mapped by."""

from __future__ import annotations

from typing import NamedTuple

from sdtui.errors import (
    ConfigError,
    ModelError,
    RenderError,
    SdtuiError,
    ServerError,
    UsageError,
    WorkspaceError,
)


class Exit(NamedTuple):
    """One code: what it means, and the errors that end in it."""

    code: int
    meaning: str
    errors: tuple[type[SdtuiError], ...] = ()


OK = 0
FAILED = 1
INTERRUPTED = 130

EXITS: tuple[Exit, ...] = (
    Exit(OK, "done"),
    Exit(FAILED, "a picture failed, or was cancelled by somebody else", (RenderError,)),
    Exit(2, "an option, a value or a document that cannot be used", (UsageError,)),
    Exit(3, "the configuration cannot be used", (ConfigError,)),
    Exit(4, "a model is missing, broken or of the wrong kind", (ModelError,)),
    Exit(5, "a file or folder cannot be read or written", (WorkspaceError,)),
    Exit(6, "the server cannot be started or reached", (ServerError,)),
    Exit(INTERRUPTED, "interrupted with Ctrl+C"),
)


def exit_code(error: SdtuiError) -> int:
    """The code an error ends in; 1 for one that is in no row."""
    for row in EXITS:
        if isinstance(error, row.errors):
            return row.code
    return FAILED
