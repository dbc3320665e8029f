"""An error as data, the same shape on every wire and in every file."""

from __future__ import annotations

from msgspec import Struct

from sdtui import errors
from sdtui.errors import SdtuiError


class Complaint(Struct, frozen=True, kw_only=True):
    """What happened, where, what to do; `kind` is the class name in `sdtui.errors`."""

    what: str
    where: str = ""
    todo: str = ""
    kind: str = "SdtuiError"


def complaint_of(error: SdtuiError) -> Complaint:
    """The error as data."""
    return Complaint(what=error.what, where=error.where, todo=error.todo, kind=type(error).__name__)


def error_of(complaint: Complaint) -> SdtuiError:
    """The error again, of its own class; an unknown class becomes the root."""
    found = getattr(errors, complaint.kind, SdtuiError)
    kind = found if isinstance(found, type) and issubclass(found, SdtuiError) else SdtuiError
    return kind(complaint.what, where=complaint.where, todo=complaint.todo)
