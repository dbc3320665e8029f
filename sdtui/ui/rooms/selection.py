"""A part of a prompt as the values of a wildcard. Knows no widget."""

from __future__ import annotations

from sdtui.errors import UsageError
from sdtui.prompt.expand.nodes import Choice
from sdtui.prompt.expand.template import parse


def values_of(text: str) -> tuple[str, ...]:
    """The branches of a choice (`{a|b}`, or bare `a|b`), else the lines; raises UsageError where there is none that a file can hold."""
    stripped = text.strip()
    found = _branches(stripped) or _branches(f"{{{stripped}}}" if "|" in stripped and "\n" not in stripped else "")
    values = found or tuple(line.strip() for line in stripped.split("\n"))
    values = tuple(dict.fromkeys(value for value in values if value))
    if not values:
        raise UsageError(
            "Nothing is selected.", todo="Select lines, or a choice such as {red|blue}, with Shift and arrows."
        )
    if any(value.startswith("#") for value in values):
        raise UsageError("A value that begins with # would be a comment in the file.")
    return values


def _branches(text: str) -> tuple[str, ...]:
    """The branches of a text that is one plain choice, with their weights; none where it is anything else."""
    nodes = parse(text).nodes if text else ()
    only = nodes[0] if len(nodes) == 1 else None
    if not isinstance(only, Choice) or (only.low, only.high) != (1, 1) or only.end - only.start != len(text):
        return ()
    if only.method or len(only.options) < 2:
        return ()
    return tuple(" ".join(text[option.start : option.end].split()) for option in only.options)
