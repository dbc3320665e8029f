"""The document being edited, and when it wins over the one that the server keeps. Knows no widget and no client."""

from __future__ import annotations

from msgspec.structs import replace

from sdtui.spec.document import Document
from sdtui.spec.params import Scalar

EMPTY = Document()


class Draft:
    """What the user has typed, and what of it the server has."""

    def __init__(self) -> None:
        self.document = EMPTY
        self._kept = EMPTY

    @property
    def unsaved(self) -> bool:
        """The server has another document than this."""
        return self.document != self._kept

    def change(self, **changes: object) -> None:
        """Change fields of the document."""
        self.document = replace(self.document, **changes)

    def set_param(self, name: str, value: Scalar | None) -> None:
        """Set a parameter; None takes it out, so that it has its default."""
        params = {key: kept for key, kept in self.document.params.items() if key != name}
        self.change(params=params if value is None else {**params, name: value})

    def saved(self, document: Document) -> None:
        """The server has this document now."""
        self._kept = document

    def meet(self, theirs: Document) -> bool:
        """The server's document arrives; True when ours became another one.

        What was typed here and is not saved yet stays; fields that were not touched since take theirs.
        """
        before, kept = self.document, self._kept
        self._kept = theirs
        mine = {
            name: value
            for name in Document.__struct_fields__
            if (value := getattr(before, name)) != getattr(kept, name)
        }
        self.document = replace(theirs, **mine)
        return self.document != before
