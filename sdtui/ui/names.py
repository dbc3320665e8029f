"""The names that a prompt may use, from the models that were found."""

from __future__ import annotations

from collections.abc import Iterable

from sdtui.prompt.embeddings import ListedEmbeddings
from sdtui.prompt.names import Known, ListedNames, NameKind
from sdtui.spec.model import ModelRecord

KINDS: tuple[NameKind, ...] = ("lora", "hypernetwork", "embedding")


def listed_names(models: Iterable[ModelRecord]) -> ListedNames:
    """LoRAs, hypernetworks and embeddings with their families; a tag names the bare file, wherever below its folder it lies."""
    listed: dict[NameKind, dict[str, Known]] = {kind: {} for kind in KINDS}
    for record in models:
        names = next((listed[kind] for kind in KINDS if kind == record.kind and not record.problem), None)
        if names is not None:
            known = Known(record.name, record.family)
            names.setdefault(record.name.rpartition("/")[2], known)
            names[record.name] = known
    return ListedNames(listed)


def listed_embeddings(models: Iterable[ModelRecord]) -> ListedEmbeddings:
    """The embeddings by their bare names; what a record does not tell of their vectors counts as one."""
    return ListedEmbeddings(
        {record.name.rpartition("/")[2]: 1 for record in models if record.kind == "embedding" and not record.problem}
    )
