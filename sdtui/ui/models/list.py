"""The models as a list: filtered by letters and by kind, the likest first. Knows no widget."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain, compress
from operator import add
from typing import Literal, NamedTuple

from sdtui.prompt.calling import UNSPEAKABLE, Called, stem_of
from sdtui.spec.model import ModelKind, ModelRecord
from sdtui.weights.families import FAMILY

KINDS: dict[ModelKind, tuple[str, str]] = {
    "checkpoint": ("checkpoint", "checkpoints"),
    "lora": ("LoRA", "LoRAs"),
    "embedding": ("embedding", "embeddings"),
    "hypernetwork": ("hypernetwork", "hypernetworks"),
    "vae": ("VAE", "VAEs"),
    "controlnet": ("ControlNet", "ControlNets"),
    "upscaler": ("upscaler", "upscalers"),
    "unknown": ("unknown", "unknown files"),
}
"""What one and many of a kind are called, in the order in which they are gone through."""
TAGGED: frozenset[ModelKind] = frozenset({"lora", "hypernetwork"})
WORST = 4
"""How badly a word may fit and still be there."""
WORD_STARTS = frozenset(" _-./")
ANY_FAMILY = frozenset({"any", "unknown", "sd"})
"""Families that fit every checkpoint, or about which nobody can tell."""


Order = Literal["name", "newest", "size"]
ORDERS: tuple[Order, ...] = ("name", "newest", "size")


class Choice(NamedTuple):
    """What is shown of all models: of a kind, of some families (without what follows a dash), with one of these paths."""

    kind: ModelKind | None = None
    families: frozenset[str] | None = None
    paths: frozenset[str] | None = None


EVERY = Choice()


class _Column(NamedTuple):
    """Records, their names in lower case, and the words for their kinds and families.

    Apart, because whoever looks through the names alone should not touch ten thousand records scattered in memory.
    """

    records: list[ModelRecord]
    names: list[str]
    badges: list[str]

    def having(self, there: Sequence[int]) -> _Column:
        """Those where something is there, in the same order."""
        if all(there):
            return self
        return _Column(
            list(compress(self.records, there)), list(compress(self.names, there)), list(compress(self.badges, there))
        )


class ModelList:
    """Ten thousand records are filtered within a frame: a longer filter looks only through what the shorter one found."""

    def __init__(self) -> None:
        self.shown: Sequence[ModelRecord] = ()
        self.total = 0
        self._all = self._by_length = _column(())
        self._records: Sequence[ModelRecord] | None = None
        self._last: tuple[tuple[str, ...], Choice] = ((), EVERY)
        self._found = self._all
        self._called: dict[ModelKind, Called] = {}

    def update(self, records: Sequence[ModelRecord]) -> bool:
        """These are the records from now on; whether they are other ones."""
        if records is self._records:
            return False
        self._records = records
        self._all = _column(records)
        # so that among equals the shorter name comes first without sorting at every key
        self._by_length = _column(sorted(records, key=lambda record: len(record.name)))
        self._called.clear()
        self._found, self._last = self._all, ((), EVERY)
        return True

    def called(self, kind: ModelKind) -> Called:
        """The models of a kind by their names, shown or not."""
        if kind not in self._called:
            self._called[kind] = Called(record for record in self._all.records if record.kind == kind)
        return self._called[kind]

    def kinds(self) -> list[ModelKind]:
        """The kinds that there are, in their order."""
        there = {record.kind for record in self._all.records}
        return [kind for kind in KINDS if kind in there]

    def families(self) -> list[str]:
        """The families that there are, without what follows a dash, those with most models first."""
        counts = Counter(record.family.partition("-")[0] for record in self._all.records)
        return [family for family, _ in counts.most_common() if family not in ANY_FAMILY]

    def filter(self, words: tuple[str, ...], choice: ModelKind | Choice | None, order: Order = "name") -> None:
        """Show only what has every word, or its letters in their order, and is of a kind, if one is given, or of a choice.

        In the order `name` the likest come first.
        """
        chosen = choice if isinstance(choice, Choice) else Choice(choice)
        narrower = _narrower((words, chosen), self._last)
        among = self._found if narrower else _chosen(self._by_length if words else self._all, chosen)
        ranks = [0] * len(among.names)
        for word in words:
            fits = _fits(word, among)
            ranks = list(map(add, compress(ranks, fits), filter(None, fits)))
            among = among.having(fits)
        self._found, self._last = among, (words, chosen)
        self.total = len(self._all.records)
        if order == "newest":
            self.shown = sorted(among.records, key=lambda record: -record.mtime_ns)
        elif order == "size":
            self.shown = sorted(among.records, key=lambda record: -record.size)
        else:
            self.shown = _ranked(ranks, among.records) if words else among.records


def fitting(checkpoint: ModelRecord) -> frozenset[str]:
    """The families of what goes with a checkpoint."""
    return ANY_FAMILY | {checkpoint.family.partition("-")[0]}


def misfit(record: ModelRecord, checkpoint: ModelRecord | None) -> str:
    """Why a model cannot be named or does not go with the checkpoint; empty when it can and does, or nobody can tell."""
    odd = sorted(UNSPEAKABLE & set(stem_of(record))) if record.kind in TAGGED else []
    if odd:
        mark = "a line break" if odd[0] == "\n" else f"'{odd[0]}'"
        return f"The file's name holds {mark}, so no tag can name it: rename the file."
    if checkpoint is None or record.kind in {"checkpoint", "upscaler", "unknown"}:
        return ""
    families = {record.family.partition("-")[0], checkpoint.family.partition("-")[0]}
    if len(families) == 1 or families & ANY_FAMILY:
        return ""
    kind = KINDS[record.kind][0]
    return (
        f"This {kind} is for {_label(record.family)}; the checkpoint {checkpoint.name} is {_label(checkpoint.family)}."
    )


def _label(family: str) -> str:
    known = FAMILY.get(family)
    return known.label if known is not None else family


def _column(records: Sequence[ModelRecord]) -> _Column:
    names = [record.name.lower() for record in records]
    badges = [f" {KINDS[record.kind][0]} {record.family}".lower() for record in records]
    return _Column(list(records), names, badges)


def _narrower(new: tuple[tuple[str, ...], Choice], last: tuple[tuple[str, ...], Choice]) -> bool:
    """Whatever the new filter finds was found by the last one, too."""
    words, choice = new
    before, choice_before = last
    longer = len(words) >= len(before) and all(word.startswith(old) for word, old in zip(words, before, strict=False))
    # what no word was looked for in is in another order
    return longer and bool(words) == bool(before) and choice == choice_before


def _chosen(among: _Column, choice: Choice) -> _Column:
    kind, families, paths = choice
    if kind is not None:
        among = among.having([record.kind == kind for record in among.records])
    if families is not None:
        among = among.having([record.family.partition("-")[0] in families for record in among.records])
    return among if paths is None else among.having([record.path in paths for record in among.records])


def _fits(word: str, among: _Column) -> list[int]:
    """How well a word fits each: 1 at the start of a file's name, 2 at the start of a word, 3 within one, WORST where only
    its letters are there or it is the kind or family, 0 not at all.
    """
    # Without a choice between two ways of going on, so that a name that does not fit is left after one look through it.
    gaps = (f"[^{re.escape(letter)}]*{re.escape(letter)}" for letter in word[1:])
    search = re.compile(re.escape(word[0]) + "".join(gaps)).search
    several = len(word) > 1
    badges = {badge for badge in set(among.badges) if f" {word}" in badge}
    # one expression instead of a function for each: a third of the time
    return [
        (1 if (at := name.find(word)) == 0 or (before := name[at - 1]) == "/" else 2 if before in WORD_STARTS else 3)
        if word in name
        else WORST
        if badge in badges or (several and search(name))
        else 0
        for name, badge in zip(among.names, among.badges, strict=True)
    ]


def _ranked(ranks: list[int], found: list[ModelRecord]) -> list[ModelRecord]:
    """Those that fit best first; among equals those that come first."""
    if len(set(ranks)) == 1:
        return found
    ranked: list[list[ModelRecord]] = [[] for _ in range(max(ranks, default=0) + 1)]
    for rank, record in zip(ranks, found, strict=True):
        ranked[rank].append(record)
    return list(chain.from_iterable(ranked))
