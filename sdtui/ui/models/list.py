"""The models as a list: filtered by letters and by kind, the likest first. Knows no widget."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain
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
WORST = 3
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


class _Said(NamedTuple):
    """A record, its name in lower case, and the words for its kind and family."""

    record: ModelRecord
    name: str
    badges: str


class ModelList:
    """Ten thousand records are filtered within a frame: a longer filter looks only through what the shorter one found."""

    def __init__(self) -> None:
        self.shown: Sequence[ModelRecord] = ()
        self.total = 0
        self._all: list[_Said] = []
        self._by_length: list[_Said] = []
        self._records: Sequence[ModelRecord] | None = None
        self._last: tuple[tuple[str, ...], Choice] = ((), EVERY)
        self._found: list[_Said] = []
        self._called: dict[ModelKind, Called] = {}

    def update(self, records: Sequence[ModelRecord]) -> bool:
        """These are the records from now on; whether they are other ones."""
        if records is self._records:
            return False
        self._records = records
        self._all = [_said(record) for record in records]
        # so that among equals the shorter name comes first without sorting at every key
        self._by_length = sorted(self._all, key=lambda said: len(said.name))
        self._called.clear()
        self._found, self._last = self._all, ((), EVERY)
        return True

    def called(self, kind: ModelKind) -> Called:
        """The models of a kind by their names, shown or not."""
        if kind not in self._called:
            self._called[kind] = Called(said.record for said in self._all if said.record.kind == kind)
        return self._called[kind]

    def kinds(self) -> list[ModelKind]:
        """The kinds that there are, in their order."""
        there = {said.record.kind for said in self._all}
        return [kind for kind in KINDS if kind in there]

    def families(self) -> list[str]:
        """The families that there are, without what follows a dash, those with most models first."""
        counts = Counter(said.record.family.partition("-")[0] for said in self._all)
        return [family for family, _ in counts.most_common() if family not in ANY_FAMILY]

    def filter(self, words: tuple[str, ...], choice: ModelKind | Choice | None, order: Order = "name") -> None:
        """Show only what has every word, or its letters in their order, and is of a kind, if one is given, or of a choice.

        In the order `name` the likest come first.
        """
        chosen = choice if isinstance(choice, Choice) else Choice(choice)
        narrower = _narrower((words, chosen), self._last)
        among = self._found if narrower else _chosen(self._by_length if words else self._all, chosen)
        for word in words:
            among = _having(word, among)
        self._found, self._last = among, (words, chosen)
        self.total = len(self._all)
        if order == "newest":
            self.shown = sorted((said.record for said in among), key=lambda record: -record.mtime_ns)
        elif order == "size":
            self.shown = sorted((said.record for said in among), key=lambda record: -record.size)
        else:
            self.shown = _ranked(words, among) if words else [said.record for said in among]


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


def _said(record: ModelRecord) -> _Said:
    name = record.name.lower()
    return _Said(record, name, f" {KINDS[record.kind][0]} {record.family}".lower())


def _narrower(new: tuple[tuple[str, ...], Choice], last: tuple[tuple[str, ...], Choice]) -> bool:
    """Whatever the new filter finds was found by the last one, too."""
    words, choice = new
    before, choice_before = last
    longer = len(words) >= len(before) and all(word.startswith(old) for word, old in zip(words, before, strict=False))
    # what no word was looked for in is in another order
    return longer and bool(words) == bool(before) and choice == choice_before


def _chosen(among: list[_Said], choice: Choice) -> list[_Said]:
    kind, families, paths = choice
    if kind is not None:
        among = [said for said in among if said.record.kind == kind]
    if families is not None:
        among = [said for said in among if said.record.family.partition("-")[0] in families]
    return among if paths is None else [said for said in among if said.record.path in paths]


def _having(word: str, among: list[_Said]) -> list[_Said]:
    # Without a choice between two ways of going on, so that a name that does not fit is left after one look through it.
    gaps = (f"[^{re.escape(letter)}]*{re.escape(letter)}" for letter in word[1:])
    letters = re.compile(re.escape(word[0]) + "".join(gaps)).search
    badge = f" {word}"
    return [said for said in among if word in said.name or letters(said.name) or badge in said.badges]


def _ranked(words: tuple[str, ...], found: list[_Said]) -> list[ModelRecord]:
    """The likest first, by how well the words fit; among equals those that come first."""
    ranks = [0] * len(found)
    for word in words:
        ranks = list(map(add, ranks, _fits(word, found)))
    ranked: list[list[ModelRecord]] = [[] for _ in range(WORST * len(words) + 1)]
    for rank, said in zip(ranks, found, strict=True):
        ranked[rank].append(said.record)
    return list(chain.from_iterable(ranked))


def _fits(word: str, found: list[_Said]) -> list[int]:
    """0 at the start of a file's name, 1 at the start of a word, 2 within one, WORST where only the letters are there."""
    # one expression instead of a function for each: half of the time
    return [
        WORST
        if (at := said.name.find(word)) < 0
        else 0
        if at == 0 or (before := said.name[at - 1]) == "/"
        else 1
        if before in WORD_STARTS
        else 2
        for said in found
    ]
