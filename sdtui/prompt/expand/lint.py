"""Diagnostics about wildcards and variables that the parser cannot know: names nobody has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sdtui.prompt.expand.nodes import Access, AnyNode, Assign, Choice, Comment, Reference, Template, Wildcard
from sdtui.prompt.expand.source import fitting
from sdtui.prompt.nodes import Diagnostic, Fix, Text


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
    for reference in template.wildcards:
        if "{" in reference.name or fitting(reference.name, names):
            continue
        near = nearest(reference.name, names)
        sentence = f"There is no wildcard '__{reference.name}__'."
        if near:
            sentence += " Did you mean " + " or ".join(f"'__{name}__'" for name in near) + "?"
        fix = _renamed(template, reference, near[0]) if near else None
        yield Diagnostic(reference.start, reference.end, "error", sentence, fix)


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
