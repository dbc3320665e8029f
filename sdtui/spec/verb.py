"""What every request and every answer is made from, and the two answers that any request may get."""

from __future__ import annotations

from msgspec import Struct

from sdtui.spec.complaint import Complaint


class Verb(Struct, frozen=True, kw_only=True, tag_field="verb", forbid_unknown_fields=True):
    """A request to the server."""


class Answer(Struct, frozen=True, kw_only=True, tag_field="answer"):
    """What the server says to a request."""


class Done(Answer, frozen=True, kw_only=True, tag="done"):
    """It is done; `count` says how many things it touched."""

    count: int = 0


class Refused(Answer, frozen=True, kw_only=True, tag="refused"):
    """It is not done, and why."""

    error: Complaint
