"""Our own text chunk of a picture: the render it is and the document it came from."""

from __future__ import annotations

from pathlib import Path

import msgspec

from sdtui.errors import WorkspaceError
from sdtui.images.png import read_texts
from sdtui.spec.document import Document
from sdtui.spec.job import Render

KEY = "sdtui"


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """What a picture says of itself; the same render gives the same picture."""

    render: Render
    document: Document


class _Name(msgspec.Struct, frozen=True):
    id: str


class _Owner(msgspec.Struct, frozen=True):
    render: _Name


def encode(render: Render, document: Document) -> str:
    """The chunk's JSON."""
    return msgspec.json.encode(Provenance(render=render, document=document)).decode()


def decode(text: str) -> Provenance | None:
    """What the chunk holds; None where it is not ours or of another version."""
    try:
        return msgspec.json.decode(text, type=Provenance)
    except (msgspec.MsgspecError, UnicodeError):
        return None


def read(path: Path) -> Provenance | None:
    """What a picture says of itself; None where it says nothing. Raises WorkspaceError when it is no readable PNG."""
    return decode(read_texts(path).get(KEY, ""))


def owner(path: Path) -> str:
    """The id of the render that a picture is, whatever version wrote it; empty where there is none."""
    try:
        text = read_texts(path).get(KEY, "")
        return msgspec.json.decode(text, type=_Owner).render.id
    except (WorkspaceError, msgspec.MsgspecError, UnicodeError):
        return ""
