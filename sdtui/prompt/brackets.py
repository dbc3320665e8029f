"""Which bracket belongs to which, as the parser reads them: `(` and `[` apart, escapes and stray ones left out."""

from __future__ import annotations

from collections.abc import Iterator

from sdtui.prompt.nodes import Alternation, AnyNode, Open, Prompt, Schedule
from sdtui.prompt.parser import parse

BRACKETS = frozenset("()[]<>{}")


def partner(text: str, offset: int) -> tuple[int, int] | None:
    """The places of a pair of brackets, one of which is the character at `offset` or, failing that, the one before it.

    None where no bracket is, or where it has no partner. Braces count too, and the `<` and `>` of a tag.
    """
    near = [place for place in (offset, offset - 1) if 0 <= place < len(text) and text[place] in BRACKETS]
    if not near:
        return None
    known = pairs(parse(text))
    for place in near:
        for pair in known:
            if place in pair:
                return pair
    return None


def pairs(prompt: Prompt) -> list[tuple[int, int]]:
    """Every pair of brackets in a prompt."""
    found = [(tag.start, tag.end - 1) for tag in prompt.tags]
    for clause in prompt.clauses:
        found.extend(_pairs(clause.nodes))
    found.extend(_braces(prompt.text))
    return found


def _pairs(nodes: tuple[AnyNode, ...]) -> Iterator[tuple[int, int]]:
    ends = {node.start: node.end - 1 for node in nodes}
    for node in nodes:
        match node:
            case Open() if node.close >= 0:
                yield node.start, ends[node.close]
            case Schedule():
                yield node.start, node.end - 1
                yield from _pairs(node.before)
                yield from _pairs(node.after)
            case Alternation():
                yield node.start, node.end - 1
                for option in node.options:
                    yield from _pairs(option)
            case _:
                pass


def _braces(text: str) -> Iterator[tuple[int, int]]:
    stack: list[int] = []
    for place, mark in enumerate(text):
        if mark == "{":
            stack.append(place)
        elif mark == "}" and stack:
            yield stack.pop(), place
