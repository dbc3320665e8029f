"""What was asked for, how far it is, and what a download is lent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct

from sdtui.fetch.transport import TokenFor
from sdtui.spec.model import ModelKind


class Wish(Struct, frozen=True, kw_only=True):
    """What was asked for: the address of the file itself; kind, name and SHA-256 where the user says them."""

    url: str
    kind: ModelKind = "unknown"
    name: str = ""
    sha256: str = ""


class Course(Struct, frozen=True, kw_only=True):
    """How far it is. `version` is what the site called the file when its first byte came, `sha256` what it has to come to."""

    path: str = ""
    kind: ModelKind = "unknown"
    size: int = 0
    version: str = ""
    sha256: str = ""
    done: int = 0
    speed: float = 0.0
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Ways:
    """What a download is lent. `stopped` is called between blocks and raises to stop it; `wait` takes seconds and does, too.

    `folder_for` says where a kind of model lies; `tell` is given each newer course; `pickles` says whether they are allowed.
    """

    folder_for: Callable[[ModelKind], Path]
    token_for: TokenFor
    tell: Callable[[Course], None]
    stopped: Callable[[], None]
    wait: Callable[[float], None]
    pickles: bool = False
