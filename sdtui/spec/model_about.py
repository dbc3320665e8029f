"""What is told of one model beside its record: what people wrote about it, and what its file says of its making."""

from __future__ import annotations

from msgspec import Struct


class ModelAbout(Struct, frozen=True, kw_only=True):
    """The first four are what the user may change (A1111's side file); `preferred_weight` 0: nobody says.

    `description` is the site's or the maker's text, `tags` are what it was trained with and how often, the most frequent first,
    `facts` are names and values of its metadata. `preview` is the path of its picture, `side_path` where the side file is or
    would be; `read_only` says why that cannot be written, or is empty.
    """

    path: str
    activation_text: str = ""
    preferred_weight: float = 0.0
    negative_text: str = ""
    notes: str = ""
    description: str = ""
    tags: tuple[tuple[str, int], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    sha256: str = ""
    preview: str = ""
    side_path: str = ""
    read_only: str = ""
