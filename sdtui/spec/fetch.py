"""A model on its way from an address to its folder."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from sdtui.spec.complaint import Complaint
from sdtui.spec.model import ModelKind

FetchState = Literal["waiting", "running", "done", "failed", "cancelled"]


class FetchView(Struct, frozen=True, kw_only=True):
    """What there is to say of it; the address is told without what is secret in it.

    `done` of `size` bytes are there (0: nobody knows the size), `speed` in bytes a second, `text` is what it is waiting for.
    `path` is where the file is or will be, empty until that is known. `checked` says that its SHA-256 was the expected one.
    """

    id: int
    url: str
    state: FetchState
    name: str = ""
    kind: ModelKind = "unknown"
    path: str = ""
    size: int = 0
    done: int = 0
    speed: float = 0.0
    text: str = ""
    sha256: str = ""
    checked: bool = False
    error: Complaint | None = None

    @property
    def over(self) -> bool:
        """Nothing more happens with it by itself."""
        return self.state in {"done", "failed", "cancelled"}
