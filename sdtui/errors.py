"""Every error that a user may see, in one tree.

    SdtuiError
    ├── UsageError       a value or an option that cannot be used as given
    │   └── ManyError    more of something than is done without being asked for twice
    ├── ConfigError      a configuration file that cannot be read or does not fit its schema
    ├── WorkspaceError   a folder or file of the workspace that cannot be read or written
    ├── ModelError       a file of weights that is missing, broken, foreign or of the wrong family
    ├── RenderError      a picture that could not be finished
    └── ServerError      a server that cannot be started, reached or understood
        └── WireError    bytes on a wire that are no frame of ours

Each says what happened, where, and what to do next, in the user's words.
"""

from __future__ import annotations


class SdtuiError(Exception):
    """Something the user should know: what happened, where, and what to do about it."""

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.todo = todo

    def __str__(self) -> str:
        """One sentence or three: `where: what. todo`."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head} {self.todo}" if self.todo else head


class UsageError(SdtuiError):
    """A value or an option that cannot be used as given."""


class ManyError(UsageError):
    """More of something than is done without being asked for twice."""


class ConfigError(SdtuiError):
    """A configuration file that cannot be read or does not fit its schema."""


class WorkspaceError(SdtuiError):
    """A folder or file of the workspace that cannot be read or written."""


class ModelError(SdtuiError):
    """A file of weights that is missing, broken, foreign or of the wrong family."""


class RenderError(SdtuiError):
    """A picture that could not be finished."""


class ServerError(SdtuiError):
    """A server that cannot be started, reached or understood."""


class WireError(ServerError):
    """Bytes on a wire that are no frame of ours."""
