"""What of the screen is kept over a restart: which panes are seen, what is looked at, where the cursors are. Knows no widget."""

from __future__ import annotations

import msgspec

KEPT = "view.studio"
"""The name under which it is kept."""


class Standpoint(msgspec.Struct, frozen=True, kw_only=True):
    """`panes`: those used last, the newest first. `job` is 0 where nobody chose one. `cursors`: offsets by editor."""

    panes: tuple[str, ...] = ()
    job: int = 0
    picture: str = ""
    unfolded: tuple[str, ...] = ()
    cursors: dict[str, int] = {}


def written(standpoint: Standpoint) -> str:
    """As a text."""
    return msgspec.json.encode(standpoint).decode()


def read(text: str) -> Standpoint | None:
    """From a text; None where there is none, or it is of another make."""
    try:
        return msgspec.json.decode(text, type=Standpoint) if text else None
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
