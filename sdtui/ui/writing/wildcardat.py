"""The wildcard that the cursor is in or at, and where its file is. Knows no widget."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from sdtui.errors import UsageError
from sdtui.spec.wildcard import WildcardName

_NAME = re.compile(r"__(?:[~@])?([^\s_()|{}<>,=](?:(?!__)[^\s()|{}<>,=])*)(?:\([^()\n]*\))?__")


def wildcard_at(text: str, offset: int) -> str:
    """The name of the wildcard at a place; empty where there is none."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = text[start : end if end >= 0 else len(text)]
    found = (match for match in _NAME.finditer(line) if match.start() <= offset - start <= match.end())
    return next((match[1] for match in found), "")


def file_of(name: str, wildcards: Iterable[WildcardName]) -> Path:
    """The file with the values of a wildcard; raises UsageError where it is not known, or not on this machine."""
    known = {each.name: each for each in wildcards}
    found = known.get(name) or next((each for each in known.values() if each.name.endswith(f"/{name}")), None)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(name, known, 1)
        many = "*" in name
        what = f"'{name}' stands for several wildcards." if many else f"There is no wildcard '{name}'."
        todo = "Go to one of them." if many else f"Did you mean '{near[0]}'?" if near else ""
        raise UsageError(what, todo=todo)
    path = Path(found.path)
    if not path.is_file():
        raise UsageError("The file is not on this machine, only the server's.", where=found.path)
    return path
