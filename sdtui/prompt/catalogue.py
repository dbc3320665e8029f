"""Lists of what can be named in a prompt, ready to be searched at every key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from sdtui.prompt.matching import Matcher

Sort = Literal["kind", "lora", "hypernetwork", "embedding", "wildcard", "argument", "tag", "word"]


class Entry(NamedTuple):
    """Something that can be named.

    `name` is what is put in, `about` is said beside it, `aliases` find it too; a LoRA may know the `weight` it is best
    used with (0: it does not) and the `words` that trigger it.
    """

    name: str
    about: str = ""
    aliases: tuple[str, ...] = ()
    weight: float = 0.0
    words: str = ""
    sort: Sort = "word"


class Catalogue:
    """Entries in the order in which they are offered; each is found by its name and by its aliases."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = tuple(entries)
        named = [(name, number) for number, entry in enumerate(self.entries) for name in (entry.name, *entry.aliases)]
        self._owner = [number for _, number in named]
        self._matcher = Matcher(name for name, _ in named)
        self._by_name = {name.casefold(): number for name, number in reversed(named)}

    def __len__(self) -> int:
        return len(self.entries)

    def find(self, query: str, limit: int, *, scattered: bool = True) -> list[Entry]:
        """At most `limit` entries that fit what is typed, the best first; an empty query finds the first ones."""
        # one entry may be found by several of its names
        numbers = self._matcher.find(query, limit * 2, scattered=scattered)
        found = dict.fromkeys(self._owner[number] for number in numbers)
        return [self.entries[number] for number in found][:limit]

    def get(self, name: str) -> Entry | None:
        """The entry of this name or alias, whatever its case."""
        number = self._by_name.get(name.casefold())
        return None if number is None else self.entries[number]


class Habits(NamedTuple):
    """How tags are put in: underscores as spaces, and a comma behind them."""

    spaces: bool = True
    comma: bool = True


NONE = Catalogue()


def no_tags(query: str) -> Sequence[Entry]:
    """Where there are no lists of tags."""
    return ()


class Sources(NamedTuple):
    """What there is to complete with; `tags` answers at once with what it knows of the words and tags that begin so."""

    loras: Catalogue = NONE
    hypernetworks: Catalogue = NONE
    embeddings: Catalogue = NONE
    wildcards: Catalogue = NONE
    tags: Callable[[str], Sequence[Entry]] = no_tags
    habits: Habits = Habits()
