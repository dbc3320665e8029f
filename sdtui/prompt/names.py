"""The names a prompt may use, as the linter and the planner ask for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, Protocol

NameKind = Literal["lora", "hypernetwork", "embedding"]
TAG_KINDS: dict[str, NameKind] = {"lora": "lora", "hypernet": "hypernetwork"}


class Names(Protocol):
    """What is installed: the library answers it for the planner, a snapshot of it for the editor."""

    def knows(self, kind: NameKind, name: str) -> bool:
        """There is one of this name, by file name or alias."""
        ...

    def nearest(self, kind: NameKind, name: str) -> Collection[str]:
        """Known names like it, the likest first; may be empty."""
        ...


class ListedNames:
    """Names from lists, compared as they are written."""

    def __init__(self, names: Mapping[NameKind, Collection[str]]) -> None:
        self._names = names

    def knows(self, kind: NameKind, name: str) -> bool:
        """The name is in the list of its kind."""
        return name in self._names.get(kind, ())

    def nearest(self, kind: NameKind, name: str) -> Collection[str]:
        """At most three names of the list that look like it."""
        from difflib import get_close_matches

        known = {each.casefold(): each for each in self._names.get(kind, ())}
        return [known[each] for each in get_close_matches(name.casefold(), known, 3, 0.6)]
