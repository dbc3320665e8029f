"""Names that files of the workspace may have: safe on every file system, and nothing a terminal would obey."""

from __future__ import annotations

import re

from sdtui.errors import UsageError

MAX_PART_BYTES = 200
MAX_PARTS = 20
_ODD = re.compile('[\x00-\x1f\x7f-\x9f/\\\\:*?"<>|\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]')
_EDGE = re.compile(r"^[\s.-]+|[\s.-]+$")


def check_file_name(name: str, endings: tuple[str, ...], *, nested: bool) -> None:
    """Raise UsageError unless the name is safe on every file system and ends as it has to."""
    parts = name.split("/")
    odd = _ODD.search("".join(parts))
    wrong = ""
    if odd:
        wrong = f"It holds {'a character that cannot be shown' if not odd[0].isprintable() else repr(odd[0])}."
    elif len(parts) > (MAX_PARTS if nested else 1):
        wrong = "It is nested too deep." if nested else "It holds '/'."
    elif any(part.startswith(".") or part != part.strip() or not part for part in parts):
        wrong = "A name begins with neither a dot nor white space, and does not end with it."
    elif not name.endswith(endings) or parts[-1] in endings:
        wrong = f"It has to end in {' or '.join(endings)}."
    elif any(part.rpartition(".")[0].endswith((".", " ")) for part in parts):
        wrong = "It ends with a dot or a space."
    elif any(len(part.encode(errors="replace")) > MAX_PART_BYTES for part in parts):
        wrong = f"It is longer than {MAX_PART_BYTES} bytes."
    elif not _is_utf8(name):
        wrong = "It is not UTF-8."
    if wrong:
        raise UsageError(f"'{name[:80]}' is no name for a file.", todo=wrong)


def safe_name(name: str) -> str:
    """A name that a file can have, as like this one as can be; "preset" where nothing of it is left."""
    cleaned = _ODD.sub("-", name.encode(errors="replace").decode())
    cleaned = _EDGE.sub("", cleaned) or "preset"
    while len(cleaned.encode()) > MAX_PART_BYTES - 20:
        cleaned = _EDGE.sub("", cleaned[:-1])
    return cleaned


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
