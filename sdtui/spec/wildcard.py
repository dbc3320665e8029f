"""Wildcards as clients see them: the names there are, and what a template draws."""

from __future__ import annotations

from msgspec import Struct

from sdtui.spec.complaint import Complaint


class WildcardName(Struct, frozen=True, kw_only=True):
    """A wildcard: how many values it has, and its file; `problem` says in a sentence why it cannot be read, or is empty.

    `file` is the file's name in the folder of wildcards, `path` where it lies on the server's machine.
    """

    name: str
    count: int
    path: str
    file: str = ""
    problem: str = ""


class Draws(Struct, frozen=True, kw_only=True):
    """What a template drew, and how many combinations it has in `total` (at most 10**18; 0 where they cannot be counted).

    `problem` says why there are no draws, or no total.
    """

    texts: tuple[str, ...] = ()
    total: int = 0
    problem: Complaint | None = None
