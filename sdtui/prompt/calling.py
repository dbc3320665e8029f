"""What models are called in a prompt: which one a written name means, and the shortest name that means it and no other.

Everybody who reads or writes such a name asks here: planner, linter, completion and the list of models.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePath

from sdtui.prompt.embeddings import ListedEmbeddings
from sdtui.prompt.names import Known, NameKind
from sdtui.spec.model import ModelRecord

SUFFIXES = frozenset({".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin"})
KINDS: tuple[NameKind, ...] = ("lora", "hypernetwork", "embedding")
NEAREST = 3
UNSPEAKABLE = frozenset("<>:\n")
"""What no name in a tag can hold."""


def stem_of(record: ModelRecord) -> str:
    """The bare file name, without folder and ending."""
    path = PurePath(record.path)
    return path.stem if record.layout == "original" else path.name


def without_suffix(name: str) -> str:
    """The name without the ending of a file of weights."""
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and f".{suffix.lower()}" in SUFFIXES else name


class Called:
    """Models of one kind by every name they may be called by.

    In this order, the first that anything fits counts: the name below its folder; the whole path; the name, whatever its case,
    with or without the file's ending; the file's name; the bare file name; what its maker called it (as A1111).
    """

    def __init__(self, records: Iterable[ModelRecord]) -> None:
        self.records = tuple(records)
        self._tables: tuple[dict[str, list[ModelRecord]], ...] | None = None

    def find(self, name: str) -> Sequence[ModelRecord]:
        """Every model that a name means; one that cannot be used is left out where another can."""
        wanted = name.strip().replace("\\", "/").removeprefix("./")
        folded = wanted.casefold()
        plain = without_suffix(folded)
        asked = (wanted, name.strip(), folded, plain, folded, plain.rpartition("/")[2], folded)
        for table, key in zip(self._index(), asked, strict=True):
            if found := table.get(key):
                usable = [record for record in found if not record.problem]
                return usable if len(usable) == 1 else found
        return ()

    def one(self, name: str) -> ModelRecord | None:
        """The model that a name means; None when there is none, or more than one."""
        found = self.find(name)
        return found[0] if len(found) == 1 else None

    def word(self, record: ModelRecord) -> str:
        """What to call a model: its bare file name where that means no other, else its name below its folder."""
        short = stem_of(record)
        found = self.one(short)
        return short if found is not None and found.path == record.path else record.name

    def nearest(self, name: str, most: int = NEAREST) -> list[str]:
        """The words of usable models that look like a name, the likest first."""
        from difflib import get_close_matches

        words: dict[str, str] = {}
        for record in self.records:
            if not record.problem:
                word = self.word(record)
                words.setdefault(stem_of(record).casefold(), word)
                words.setdefault(record.name.casefold(), word)
                words.setdefault(record.alias.casefold() or word.casefold(), word)
        wanted = without_suffix(name.replace("\\", "/").rpartition("/")[2]).casefold()
        close = get_close_matches(wanted, words, n=most, cutoff=0.5)
        return list(dict.fromkeys(words[key] for key in close))

    def _index(self) -> tuple[dict[str, list[ModelRecord]], ...]:
        """For each way of calling a model the models by that name."""
        if self._tables is None:
            names: dict[str, list[ModelRecord]] = {}
            paths: dict[str, list[ModelRecord]] = {}
            folded: dict[str, list[ModelRecord]] = {}
            files: dict[str, list[ModelRecord]] = {}
            stems: dict[str, list[ModelRecord]] = {}
            aliases: dict[str, list[ModelRecord]] = {}
            for record in self.records:
                names.setdefault(record.name, []).append(record)
                paths.setdefault(record.path, []).append(record)
                folded.setdefault(record.name.casefold(), []).append(record)
                files.setdefault(PurePath(record.path).name.casefold(), []).append(record)
                stems.setdefault(stem_of(record).casefold(), []).append(record)
                if record.alias:
                    aliases.setdefault(record.alias.casefold(), []).append(record)
            self._tables = (names, paths, folded, folded, files, stems, aliases)
        return self._tables


class CalledNames:
    """The names that a prompt may use, for the linter and for completion; implements `Names`."""

    def __init__(self, records: Iterable[ModelRecord]) -> None:
        self._called = by_kind(records)

    def find(self, kind: NameKind, name: str) -> Known | None:
        """The one model of this name that can be used."""
        record = self._called[kind].one(name)
        if record is None or record.problem:
            return None
        return Known(record.name, record.family, max(1, record.vectors))

    def nearest(self, kind: NameKind, name: str) -> Collection[str]:
        """Known names like it, the likest first."""
        return self._called[kind].nearest(name)


def by_kind(records: Iterable[ModelRecord]) -> Mapping[NameKind, Called]:
    """The models that a prompt can name."""
    found: dict[NameKind, list[ModelRecord]] = {kind: [] for kind in KINDS}
    for record in records:
        for kind in KINDS:
            if record.kind == kind:
                found[kind].append(record)
    return {kind: Called(held) for kind, held in found.items()}


def embedding_words(records: Iterable[ModelRecord]) -> dict[str, ModelRecord]:
    """The embeddings that can be used by their words, which are bare file names; of two in different folders the first counts."""
    words: dict[str, ModelRecord] = {}
    taken: set[str] = set()
    for record in records:
        word = stem_of(record)
        if record.kind == "embedding" and not record.problem and word.casefold() not in taken:
            taken.add(word.casefold())
            words[word] = record
    return words


def listed_embeddings(records: Iterable[ModelRecord]) -> ListedEmbeddings:
    """Finds embeddings in a text; one whose vectors nobody has counted takes the place of one token."""
    return ListedEmbeddings({word: max(1, record.vectors) for word, record in embedding_words(records).items()})
