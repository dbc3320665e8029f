"""What a prompt file says."""

from __future__ import annotations

from typing import NamedTuple

from sdtui.errors import SdtuiError
from sdtui.images.hashes import RecordedHashes
from sdtui.spec.document import Document


class Sheet(NamedTuple):
    """A document, the line (from 1) on which its prompt begins, and sentences about what of the file does not count.

    `hashes` are those of the files that a picture was made with.
    """

    document: Document
    line: int = 1
    notes: tuple[str, ...] = ()
    hashes: RecordedHashes = RecordedHashes()


class Reading(NamedTuple):
    """One look into a file: its content's digest, and what it says, or why it says nothing. `empty`: nothing is in it (yet)."""

    digest: str
    sheet: Sheet | None = None
    error: SdtuiError | None = None
    empty: bool = False
