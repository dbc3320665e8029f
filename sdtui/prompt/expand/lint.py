"""Diagnostics about wildcards and variables that the parser cannot know: names nobody has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sdtui.prompt.expand.nodes import Access, AnyNode, Assign, Choice, Comment, Reference, Template, Wildcard
from sdtui.prompt.expand.source import clean, fitting
from sdtui.prompt.nodes import Diagnostic, Fix, Text

GUESSED = 20
"""For so many unknown names of one template the nearest are looked up, and so many patterns are tried."""


def lint_template(template: Template, names: Sequence[str] | None = None) -> tuple[Diagnostic, ...]:
    """All diagnostics of a prompt's template in the order of their places; wildcards are judged where their `names` are known."""
    found = [*template.diagnostics]
    if names is not None:
        found.extend(lint_wildcards(template, names))
    if not template.is_plain:
        found.extend(_unknown_variables(template))
    return tuple(sorted(found, key=lambda diagnostic: (diagnostic.start, diagnostic.end)))


def lint_wildcards(template: Template, names: Sequence[str]) -> Iterator[Diagnostic]:
    """Wildcards that none of the names fits; a name that is made of choices or variables is not judged."""
    fits = _Fitting(names)
    unknown: dict[str, list[str]] = {}
    for reference in template.wildcards:
        name = reference.name
        if "{" in name or fits(name):
            continue
        if name not in unknown:
            # looking for what is like a name takes milliseconds, and nobody reads a hundred guesses
            unknown[name] = nearest(name, names) if len(unknown) < GUESSED else []
        near = unknown[name]
        sentence = f"There is no wildcard '__{reference.name}__'."
        if near:
            sentence += " Did you mean " + " or ".join(f"'__{name}__'" for name in near) + "?"
        fix = _renamed(template, reference, near[0]) if near else None
        yield Diagnostic(reference.start, reference.end, "error", sentence, fix)


class _Fitting:
    """Whether some wildcard fits a name or pattern, for a text that may hold thousands of them."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._endings = {name[place:] for name in names for place in _parts(name)}
        self._patterns: dict[str, bool] = {}

    def __call__(self, pattern: str) -> bool:
        if "*" not in pattern:
            return clean(pattern) in self._endings
        if pattern not in self._patterns:
            self._patterns[pattern] = len(self._patterns) >= GUESSED or bool(fitting(pattern, self._names))
        return self._patterns[pattern]


def _parts(name: str) -> Iterator[int]:
    """Where the name and each of its later parts begin."""
    place = 0
    while place >= 0:
        yield place
        slash = name.find("/", place)
        place = slash + 1 if slash >= 0 else -1


def nearest(name: str, names: Sequence[str], most: int = 3) -> list[str]:
    """Known names like a name, the likest first; the last part of a path counts as well."""
    from difflib import get_close_matches

    known = {each.casefold(): each for each in names}
    close = get_close_matches(name.casefold(), known, most, 0.6)
    if not close:
        last = {each.casefold().rpartition("/")[2]: each for each in names}
        return [last[each] for each in get_close_matches(name.casefold().rpartition("/")[2], last, most, 0.6)]
    return [known[each] for each in close]


def _renamed(template: Template, reference: Reference, name: str) -> Fix:
    start = template.text.index(reference.name, reference.start)
    return Fix(start, start + len(reference.name), name)


def _unknown_variables(template: Template) -> Iterator[Diagnostic]:
    from difflib import get_close_matches

    nodes = list(_all(template.nodes))
    known = {node.name for node in nodes if isinstance(node, Assign)}
    for node in nodes:
        if isinstance(node, Access) and node.default is None and node.name not in known:
            near = get_close_matches(node.name, known, 1, 0.6)
            sentence = f"There is no variable '{node.name}' here: set it with ${{{node.name}=…}}."
            fix = Fix(node.start, node.end, f"${{{near[0]}}}") if near else None
            yield Diagnostic(node.start, node.end, "error", sentence, fix)


def _all(nodes: Sequence[AnyNode]) -> Iterator[AnyNode]:
    """All nodes but those in wildcards' names, where an unknown variable is its own name."""
    for node in nodes:
        yield node
        match node:
            case Choice():
                for option in node.options:
                    yield from _all(option.nodes)
            case Assign():
                yield from _all(node.nodes)
            case Access():
                yield from _all(node.default or ())
            case Wildcard():
                for argument in node.arguments:
                    yield from _all(argument.nodes)
            case Text() | Comment():
                pass
