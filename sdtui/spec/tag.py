"""A word that a list of words or tags has, as clients see it."""

from __future__ import annotations

from msgspec import Struct


class TagName(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`kind` is a word or the number that such lists have for it, `count` how often it is used, `alias` the name it was found by.

    `listed`: it comes from a list of tags of the user's; else it is a word that the built-in model knows.
    """

    name: str
    kind: str = ""
    count: int = 0
    alias: str = ""
    listed: bool = False
