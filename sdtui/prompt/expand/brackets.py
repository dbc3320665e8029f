"""Which brackets of a template belong together, found in one pass; what stands in a comment does not count."""

from __future__ import annotations

import re
from typing import NamedTuple

from sdtui.prompt.nodes import MAX_DEPTH

COMMENT = r"^[ \t]*\#[^\n]*(?:\n|\Z)"
_MARK = re.compile(rf"{COMMENT}|\$?\{{|[}}()]", re.MULTILINE)


class Brackets(NamedTuple):
    """`partner` leads from the place of a `{` or `(` to that of its closing mark; the others count as text.

    `hashes` are the places of the marks that begin a comment, each with the comment's end.
    """

    partner: dict[int, int]
    hashes: dict[int, int]
    unclosed: tuple[int, ...]
    stray: tuple[int, ...]
    deep: tuple[int, ...]


def pair(text: str) -> Brackets:
    """Braces nest 64 deep; round brackets pair within the same braces."""
    partner: dict[int, int] = {}
    hashes: dict[int, int] = {}
    stray: list[int] = []
    deep: list[int] = []
    open_braces: list[int] = []
    open_rounds: list[list[int]] = [[]]
    buried = 0
    for match in _MARK.finditer(text):
        place = match.end() - 1
        mark = text[place]
        if "#" in match[0]:
            hashes[text.index("#", match.start())] = match.end()
            continue
        if mark == "{":
            if len(open_braces) < MAX_DEPTH:
                open_braces.append(place)
                open_rounds.append([])
            else:
                buried += 1
                deep.append(place)
        elif mark == "}":
            if buried:
                buried -= 1
            elif open_braces:
                partner[open_braces.pop()] = place
                open_rounds.pop()
            else:
                stray.append(place)
        elif mark == "(":
            open_rounds[-1].append(place)
        elif open_rounds[-1]:
            partner[open_rounds[-1].pop()] = place
    return Brackets(partner, hashes, tuple(open_braces), tuple(stray), tuple(deep))
