"""What each character of a template is, for the editor's colours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, assert_never

from sdtui.prompt.expand.nodes import Access, AnyNode, Assign, Choice, Comment, Template, Wildcard
from sdtui.prompt.nodes import Text

MarkKind = Literal["wildcard", "choice", "variable", "comment"]


class Mark(NamedTuple):
    """Characters that belong to the template's language and are not the prompt's own."""

    start: int
    end: int
    kind: MarkKind


def marks(template: Template) -> tuple[Mark, ...]:
    """The marks in order, none upon another: braces, bars, heads and weights of choices, whole wildcards, variables, comments."""
    found: list[Mark] = []
    for node in template.nodes:
        found.extend(_marked(node))
    return tuple(found)


def _marked(node: AnyNode) -> Iterator[Mark]:
    match node:
        case Text():
            pass
        case Comment():
            yield Mark(node.start, node.end, "comment")
        case Wildcard():
            yield Mark(node.start, node.end, "wildcard")
        case Access() | Assign():
            held = node.default or () if isinstance(node, Access) else node.nodes
            yield from _around(node, held, "variable")
        case Choice():
            place = node.start
            for option in node.options:
                yield Mark(place, option.text_start, "choice")
                for inner in option.nodes:
                    yield from _marked(inner)
                place = option.end
            yield Mark(place, node.end, "choice")
        case _:
            assert_never(node)


def _around(node: Access | Assign, held: tuple[AnyNode, ...], kind: MarkKind) -> Iterator[Mark]:
    """The marks of a node before and behind what it holds, and of what it holds."""
    if not held:
        yield Mark(node.start, node.end, kind)
        return
    yield Mark(node.start, held[0].start, kind)
    for inner in held:
        yield from _marked(inner)
    yield Mark(held[-1].end, node.end, kind)
