"""What the editors complete with: models and wildcards as the server told them, tags asked for as they are typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from sdtui.prompt.calling import UNSPEAKABLE, Called
from sdtui.prompt.catalogue import Catalogue, Entry, Habits, Sort, Sources

if TYPE_CHECKING:
    from sdtui.spec.model import ModelKind, ModelRecord
    from sdtui.spec.tag import TagName
    from sdtui.spec.wildcard import WildcardName

ASKED_FOR = 20
"""Tags that are asked for at a time; fewer are all there are."""
KEPT = 2000
"""Answers that are remembered."""
CATEGORIES = {"0": "", "1": "artist", "3": "copyright", "4": "character", "5": "meta"}
"""What the numbers mean that lists of tags have for kinds."""


class Vocabulary:
    """`ask` is called with beginnings of tags that are not known yet; `answer` brings what was found."""

    def __init__(self, habits: Habits, ask: Callable[[str], None]) -> None:
        self._habits = habits
        self._ask = ask
        self._models: Sequence[ModelRecord] = ()
        self._found: dict[str, tuple[Entry, ...] | None] = {}
        self.builtin = False
        self.sources = Sources(tags=self.tags, habits=habits)

    def know_models(self, models: Sequence[ModelRecord], *, builtin: bool) -> bool:
        """Offer these models; `builtin`: the built-in model is the checkpoint. Whether anything is another now."""
        if models is self._models and builtin == self.builtin:
            return False
        if builtin != self.builtin:
            self.builtin = builtin
            self._found.clear()
        self._models = models
        self.sources = self.sources._replace(
            loras=Catalogue(entries_of(models, "lora")),
            hypernetworks=Catalogue(entries_of(models, "hypernetwork")),
            embeddings=Catalogue(entries_of(models, "embedding")),
        )
        return True

    def know_wildcards(self, wildcards: Iterable[WildcardName]) -> None:
        """Offer these wildcards."""
        self.sources = self.sources._replace(
            wildcards=Catalogue(
                Entry(each.name, (each.problem and "✗") or f"{each.count:,} values", sort="wildcard")
                for each in wildcards
            )
        )

    def tags(self, query: str) -> Sequence[Entry]:
        """What is known of the tags that begin so; the rest is asked for."""
        query = query.casefold()
        if query not in self._found:
            near = self._nearest(query)
            if near is not None and len(near) < ASKED_FOR:
                self._remember(query, near)
            else:
                self._found[query] = None
                self._ask(query)
                return near or ()
        return self._found[query] or self._nearest(query) or ()

    def answer(self, query: str, tags: Iterable[TagName]) -> None:
        """These are the tags that begin so."""
        self._remember(query, tuple(_entry(tag) for tag in tags))

    def forget(self, query: str) -> None:
        """There was no answer; ask again when it is typed again."""
        self._found.pop(query, None)

    def _remember(self, query: str, found: tuple[Entry, ...]) -> None:
        if len(self._found) >= KEPT:
            self._found.clear()
        self._found[query] = found

    def _nearest(self, query: str) -> tuple[Entry, ...] | None:
        """What of the answer to an earlier beginning still fits; None without one."""
        for length in range(len(query) - 1, 0, -1):
            found = self._found.get(query[:length])
            if found is not None:
                return tuple(Catalogue(found).find(query, ASKED_FOR, scattered=False))
        return None


def entries_of(models: Iterable[ModelRecord], kind: ModelKind) -> list[Entry]:
    """The models of a kind that can be named in a prompt, by their bare names where no other file has the same one."""
    usable = [record for record in models if record.kind == kind and not record.problem]
    called = Called(usable)
    sort: Sort = "lora" if kind == "lora" else "hypernetwork" if kind == "hypernetwork" else "embedding"
    entries: list[Entry] = []
    for record in usable:
        name = called.word(record)
        if UNSPEAKABLE & set(name):
            continue
        alias = record.alias if record.alias != name else ""
        about = " · ".join(part for part in (alias, record.family if record.family != "unknown" else "") if part)
        aliases = tuple(dict.fromkeys(other for other in (alias, record.name) if other and other != name))
        words = ", ".join(record.trigger_words)
        entries.append(Entry(name, about, aliases, record.preferred_weight, words, sort))
    return entries


def _entry(tag: TagName) -> Entry:
    kind = CATEGORIES.get(tag.kind, tag.kind)
    about = " · ".join(part for part in (kind, _short(tag.count) if tag.listed else "") if part)
    aliases = (tag.alias,) if tag.alias else ()
    return Entry(
        tag.name, f"{tag.alias} · {about}" if tag.alias else about, aliases, sort="tag" if tag.listed else "word"
    )


def _short(count: int) -> str:
    """A count as it is said in passing: 950, 12k, 3.4M."""
    if count >= 1_000_000:
        return f"{count / 1e6:.1f}M"
    return f"{count / 1e3:.0f}k" if count >= 1000 else str(count) if count else ""
