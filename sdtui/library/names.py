"""Names of models: distinct for every file, and found again by the shapes in which people and other programs write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path

from msgspec.structs import replace

from sdtui.errors import ModelError
from sdtui.library.trees import Root
from sdtui.prompt.calling import Called
from sdtui.spec.model import ModelKind, ModelRecord

HASHED = re.compile(r"^(?P<name>.*?)\s*\[(?P<hash>[0-9a-fA-F]{8}|[0-9a-fA-F]{10,64})\]$")
"""A name as A1111 writes it: `name.safetensors [6ce0161689]`, the hash a beginning of the file's SHA-256."""
LEGACY_DIGITS = 8
"""A1111's first hashes had eight digits and were not of the whole file; they are read and tell us nothing."""
KINDS: dict[ModelKind, str] = {
    "checkpoint": "checkpoint",
    "lora": "LoRA",
    "embedding": "embedding",
    "hypernetwork": "hypernetwork",
    "vae": "VAE",
    "controlnet": "ControlNet",
    "upscaler": "upscaler",
    "unknown": "model",
}


def distinct(records: Iterable[tuple[ModelRecord, Root]]) -> list[ModelRecord]:
    """Records under names that no other record of their kind has; each comes with the root it was found below.

    Whoever comes first keeps the plain name; then the file's suffix tells, then the root folder's name, then the path.
    """
    taken: set[tuple[ModelKind, str]] = set()
    named = []
    for record, root in records:
        name = next(name for name in _candidates(record, root) if (record.kind, name.casefold()) not in taken)
        taken.add((record.kind, name.casefold()))
        named.append(replace(record, name=name) if name != record.name else record)
    return named


def _candidates(record: ModelRecord, root: Root) -> Iterator[str]:
    yield record.name
    suffix = Path(record.path).suffix if record.layout == "original" else ""
    yield record.name + suffix
    yield f"{root.path.name}/{record.name}"
    yield f"{root.path.name}/{record.name}{suffix}"
    yield record.path
    # two files whose paths differ in case alone
    yield from (f"{record.path} ({number})" for number in count(2))


class Named:
    """Models, found by kind and name; what that takes is made once for each kind."""

    def __init__(self, records: Iterable[ModelRecord]) -> None:
        self.records = tuple(records)
        self._called: dict[ModelKind, Called] = {}

    def prepare(self) -> None:
        """Make what finding takes for every kind, so that nobody waits for it."""
        for kind in KINDS:
            self._of(kind).find("")

    def find(self, kind: ModelKind, name: str) -> ModelRecord:
        """The record of a kind by its name; raises ModelError that names the nearest ones.

        Found is what `Called` finds, and that with A1111's `[hash]` behind it, which decides between several and must not
        contradict.
        """
        hashed = HASHED.match(name.strip())
        bare, sha = (hashed["name"], hashed["hash"].lower()) if hashed else (name.strip(), "")
        called = self._of(kind)
        named = list(called.find(bare))
        if len(sha) > LEGACY_DIGITS:
            named = _by_hash(called.records, named, sha) or named
            _refuse_other_hash(named, sha, name, kind)
        usable = [record for record in named if not record.problem]
        if len(named) == 1 or len(usable) == 1:
            return (usable or named)[0]
        if named:
            names = ", ".join(sorted(f"'{record.name}'" for record in named))
            raise ModelError(f"'{name}' could be any of {names}.", todo="Write one of these in full.")
        raise self._missing(kind, bare or name)

    def _of(self, kind: ModelKind) -> Called:
        if kind not in self._called:
            self._called[kind] = Called(record for record in self.records if record.kind == kind)
        return self._called[kind]

    def _missing(self, kind: ModelKind, name: str) -> ModelError:
        folded = name.casefold()
        others = [record for record in self.records if record.kind != kind and record.name.casefold() == folded]
        if others:
            return ModelError(f"'{name}' is no {KINDS[kind]}{_but(others[0])}.", where=others[0].path)
        near = self._of(kind).nearest(name)
        names = [record.name for record in self._of(kind).records if not record.problem]
        todo = f"Did you mean {_either(near)}?" if near else _all_of(names)
        return ModelError(f"There is no {KINDS[kind]} named '{name}'.", todo=todo)


def _by_hash(records: Sequence[ModelRecord], named: Sequence[ModelRecord], sha: str) -> list[ModelRecord]:
    """The record whose SHA-256 begins so, of that name if there is one: a renamed file is still the same model."""
    exact = [record for record in records if record.sha256.startswith(sha)]
    return ([record for record in exact if record in named] or exact)[:1]


def _refuse_other_hash(named: Sequence[ModelRecord], sha: str, name: str, kind: ModelKind) -> None:
    """Raises ModelError when every file of that name is known to be another one; an unknown hash contradicts nothing."""
    if named and all(record.sha256 and not record.sha256.startswith(sha) for record in named):
        raise ModelError(
            f"The {KINDS[kind]} '{named[0].name}' is another file than '{name}': its hash is {named[0].sha256[:10]}.",
            where=named[0].path,
            todo="Leave the hash out to use it all the same.",
        )


def _but(record: ModelRecord) -> str:
    return f" but a {KINDS[record.kind]}" if record.kind != "unknown" else ", and what it is cannot be told"


def _either(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _all_of(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:10])
    return f"Known: {shown}{', …' if len(names) > 10 else ''}." if names else "No model folder holds one."
