"""The models as a list: filtered by letters and by kind, the likest first. Knows no widget."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from sdtui.prompt.calling import Called
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
WORD_STARTS = frozenset(" _-./")
ANY_FAMILY = frozenset({"any", "unknown", "sd"})
"""Families that fit every checkpoint, or about which nobody can tell."""


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
        self._records: Sequence[ModelRecord] | None = None
        self._last: tuple[tuple[str, ...], ModelKind | None] = ((), None)
        self._found: list[_Said] = []
        self._called: dict[ModelKind, Called] = {}

    def update(self, records: Sequence[ModelRecord]) -> bool:
        """These are the records from now on; whether they are other ones."""
        if records is self._records:
            return False
        self._records = records
        self._all = [_said(record) for record in records]
        self._called.clear()
        self._found, self._last = self._all, ((), None)
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

    def filter(self, words: tuple[str, ...], kind: ModelKind | None) -> None:
        """Show only what has every word, or its letters in their order, and is of a kind, if one is given."""
        among = self._found if _narrower((words, kind), self._last) else self._all
        if kind is not None and kind != self._last[1]:
            among = [said for said in among if said.record.kind == kind]
        for word in words:
            among = _having(word, among)
        self._found, self._last = among, (words, kind)
        self.total = len(self._all)
        self.shown = _ranked(words, among) if words else [said.record for said in among]


def misfit(record: ModelRecord, checkpoint: ModelRecord | None) -> str:
    """Why a model does not go with the checkpoint, in a sentence; empty when it does, or when nobody can tell."""
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


def _narrower(new: tuple[tuple[str, ...], ModelKind | None], last: tuple[tuple[str, ...], ModelKind | None]) -> bool:
    """Whatever the new filter finds was found by the last one, too."""
    words, kind = new
    before, kind_before = last
    longer = len(words) >= len(before) and all(word.startswith(old) for word, old in zip(words, before, strict=False))
    return longer and kind_before in {None, kind}


def _having(word: str, among: list[_Said]) -> list[_Said]:
    # Without a choice between two ways of going on, so that a name that does not fit is left after one look through it.
    gaps = (f"[^{re.escape(letter)}]*{re.escape(letter)}" for letter in word[1:])
    letters = re.compile(re.escape(word[0]) + "".join(gaps)).search
    badge = f" {word}"
    return [said for said in among if word in said.name or letters(said.name) or badge in said.badges]


def _ranked(words: tuple[str, ...], found: list[_Said]) -> list[ModelRecord]:
    """The likest first, by how well the words fit; among equals the shorter name."""
    ranks = [0] * len(found)
    for word in words:
        ranks = [rank + _fit(word, said.name) for rank, said in zip(ranks, found, strict=True)]
    order = sorted(zip(ranks, [len(said.name) for said in found], range(len(found)), strict=True))
    return [found[number].record for _, _, number in order]


def _fit(word: str, name: str) -> int:
    """0 at the start of a file's name, 1 at the start of a word, 2 within one, 3 where only the letters are there."""
    at = name.find(word)
    if at <= 0:
        return 3 if at else 0
    before = name[at - 1]
    return 0 if before == "/" else 1 if before in WORD_STARTS else 2
