"""Reads a prompt file, whatever its kind and whatever is in it; a kind is a row of READERS."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from sdtui.errors import ConfigError, SdtuiError, UsageError
from sdtui.images.png import read_texts
from sdtui.watch.pictures import read_picture_sheet
from sdtui.watch.sheet import Reading, Sheet
from sdtui.watch.texts import read_markdown_sheet, read_text_sheet
from sdtui.watch.trees import read_json_sheet, read_yaml_sheet
from sdtui.workspace.yaml_reader import read_text

READERS: Mapping[str, Callable[[str, str], Sheet]] = {
    ".txt": read_text_sheet,
    ".md": read_markdown_sheet,
    ".yaml": read_yaml_sheet,
    ".yml": read_yaml_sheet,
    ".json": read_json_sheet,
}
"""By a file's ending: the text, and how the file is called in errors."""
PICTURE = ".png"


def read(path: Path, name: str) -> Reading:
    """What the file at `path` (no link) says; errors name it by `name`, with the line. Never raises SdtuiError."""
    digest = ""
    try:
        if path.suffix.lower() == PICTURE:
            texts = read_texts(path)
            digest = _digest(repr(sorted(texts.items())))
            return Reading(digest, _checked(read_picture_sheet(texts, name), name))
        text = read_text(path, follow=False)
        digest = _digest(text)
        if not text.strip():
            error = UsageError("The file is empty.", where=name, todo="Write a prompt into it.")
            return Reading(digest, error=error, empty=True)
        return Reading(digest, _checked(READERS[path.suffix.lower()](text, name), name))
    except SdtuiError as error:
        kind = UsageError if isinstance(error, ConfigError) else type(error)
        where = error.where.replace(str(path), name, 1) or name
        # A file that cannot be read has no content to know it by: why it cannot stands for it.
        return Reading(digest or _digest(str(error)), error=kind(error.what, where=where, todo=error.todo))


def _checked(sheet: Sheet, name: str) -> Sheet:
    """A sheet that can be sent; half a character, which JSON can write, cannot be."""
    document = sheet.document
    try:
        names = (document.checkpoint, document.vae, document.refiner, *document.presets)
        for text in (document.prompt, document.negative_prompt, *names):
            text.encode()
    except UnicodeEncodeError:
        raise UsageError("There is half a character in a text.", where=name, todo="Write it again.") from None
    return sheet


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
