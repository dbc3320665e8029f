"""Who names a wildcard: presets, other wildcards, jobs, the draft."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sdtui.errors import SdtuiError
from sdtui.prompt.expand.source import clean, fitting
from sdtui.prompt.expand.template import parse
from sdtui.spec.document import Document
from sdtui.spec.verbs_files import Uses
from sdtui.workspace.presets import PresetFolder
from sdtui.workspace.wildcards import FoundWildcards, WildcardFolder

MARK = "__"


class Asked(NamedTuple):
    """A wildcard's name, the documents of jobs by number, newest first, and the draft."""

    name: str
    documents: tuple[tuple[int, Document], ...]
    draft: Document


def find_uses(asked: Asked, presets: PresetFolder, wildcards: WildcardFolder) -> Uses:
    """Every use; a pattern that fits the name is one. Raises WorkspaceError when a folder cannot be listed."""
    look = wildcards.look()
    finder = Finder(asked.name, look.names())
    return Uses(
        presets=tuple(each.name for each in presets.look().presets if finder.in_document(each.document)),
        wildcards=tuple(each for each in look.names() if each != asked.name and finder.in_wildcard(look, each)),
        jobs=tuple(job_id for job_id, document in asked.documents if finder.in_document(document)),
        draft=finder.in_document(asked.draft),
    )


class Finder:
    """Looks for one wildcard, known to stand among others, in texts; remembers which patterns mean it."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self._name = name
        self._known = frozenset(known)
        self._meant: dict[str, bool] = {}

    def in_text(self, text: str) -> bool:
        """A template names the wildcard, or a pattern that fits it."""
        return MARK in text and any(self._means(reference.name) for reference in parse(text).wildcards)

    def in_document(self, document: Document) -> bool:
        """One of its prompts does."""
        return self.in_text(document.prompt) or self.in_text(document.negative_prompt)

    def in_wildcard(self, look: FoundWildcards, other: str) -> bool:
        """One of the values of another wildcard does."""
        try:
            return any(self.in_text(value.text) for value in look.exactly(other).dynamic)
        except SdtuiError:
            return False

    def _means(self, pattern: str) -> bool:
        if pattern not in self._meant:
            cleaned = clean(pattern)
            if "*" in cleaned:
                self._meant[pattern] = self._name in fitting(pattern, self._known)
            else:
                below = self._name.endswith(f"/{cleaned}") and cleaned not in self._known
                self._meant[pattern] = below or cleaned == self._name
        return self._meant[pattern]
