"""What one frame between a client and the server holds."""

from __future__ import annotations

from msgspec import Struct

from sdtui.spec.event import Noted
from sdtui.spec.verbs import AnyAnswer, AnyVerb


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One frame from a client; `id` comes back with the answer."""

    id: int
    verb: AnyVerb


class FromServer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One frame to a client: either the answer to request `id`, or an event."""

    id: int = 0
    answer: AnyAnswer | None = None
    noted: Noted | None = None
