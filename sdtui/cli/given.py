"""The files that -f takes: they are read as those of a watched folder are."""

from __future__ import annotations

from pathlib import Path

from sdtui.cli.say import note
from sdtui.errors import UsageError, WorkspaceError
from sdtui.spec.document import Document


def read_given(path: Path) -> Document:
    """What a prompt file says; what of it does not count is noted. Raises WorkspaceError, or UsageError with file and line."""
    from sdtui.watch.readers import PICTURE, READERS, read

    if not path.exists():
        raise WorkspaceError("No such file.", where=str(path))
    if path.suffix.lower() not in {*READERS, PICTURE}:
        raise UsageError(
            f"A document is a file that ends in {', '.join([*READERS, PICTURE])}.",
            where=str(path),
            todo="A text file is the prompt; a YAML file has lines such as `prompt: …` and `params:`.",
        )
    found = read(path.resolve(), str(path))
    if found.empty:
        return Document()
    if found.sheet is None:
        assert found.error is not None
        raise found.error
    for sentence in found.sheet.notes:
        note(f"{path}: {sentence}")
    return found.sheet.document
