"""What `sdtui doctor` found out about one thing."""

from __future__ import annotations

from typing import Literal, NamedTuple

from sdtui.errors import SdtuiError, UsageError


class Finding(NamedTuple):
    """One line of the report: `state` is ok, note (worth knowing) or problem; `kind` names the exit code of a problem."""

    title: str
    state: Literal["ok", "note", "problem"]
    text: str
    todo: str = ""
    kind: type[SdtuiError] = UsageError
