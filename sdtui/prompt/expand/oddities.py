"""What is odd about how a template is written, one sentence each in the user's words."""

from __future__ import annotations

from collections.abc import Iterator

from sdtui.prompt.expand.brackets import Brackets
from sdtui.prompt.expand.nodes import Nodes
from sdtui.prompt.nodes import Diagnostic, Fix, Text


def bracket_oddities(brackets: Brackets, end: int) -> Iterator[Diagnostic]:
    """Braces that count as text."""
    for place in brackets.unclosed:
        sentence = 'This "{" is never closed: it counts as text.'
        yield Diagnostic(place, place + 1, "hint", sentence, Fix(end, end, "}"))
    for place in brackets.stray:
        yield Diagnostic(place, place + 1, "hint", 'Nothing is open that this "}" could close: it counts as text.')
    if brackets.deep:
        sentence = "Braces nest more than 64 deep here: these count as text."
        yield Diagnostic(brackets.deep[0], brackets.deep[-1] + 1, "warning", sentence)


def lone_bar(text: str, nodes: Nodes, start: int, end: int) -> Iterator[Diagnostic]:
    """A `|` that stands directly in a variable's value, where it parts nothing."""
    for node in nodes:
        if isinstance(node, Text) and "|" in node.value:
            place = node.start + node.value.index("|")
            sentence = 'This "|" parts nothing: a choice needs braces of its own.'
            yield Diagnostic(place, place + 1, "warning", sentence, Fix(start, end, f"{{{text[start:end]}}}"))
            return
