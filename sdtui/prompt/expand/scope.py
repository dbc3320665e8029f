"""What is known at a place of an expansion, and the limits that every expansion keeps."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import NamedTuple

from sdtui.errors import SdtuiError, UsageError
from sdtui.prompt.expand.nodes import Access, Assign, Method, Nodes, Template, Wildcard
from sdtui.prompt.expand.source import Source, Value, Values
from sdtui.prompt.expand.template import parse
from sdtui.prompt.nodes import Node, Text

MAX_DEEP = 16
"""So many wildcards and variables may stand in one another's values."""
MAX_NESTED = 100
"""So many levels of anything may stand in one another, values and choices together."""
MAX_NODES = 10_000
MAX_BYTES = 64 * 1024


class Page(NamedTuple):
    """A text that nodes were read from: the template itself (no file), or a wildcard's value."""

    text: str
    file: str = ""
    line: int = 1

    def where(self, node: Node) -> str:
        """`file:line` of a node; of the template itself the line alone, where it has several."""
        line = self.line + self.text.count("\n", 0, node.start)
        if self.file:
            return f"{self.file}:{line}"
        return f"line {line}" if "\n" in self.text else ""


class Bound(NamedTuple):
    """A variable's value, and the page it was read from; an argument brings the variables of the place it was given at."""

    nodes: Nodes
    page: Page
    variables: Mapping[str, Bound] | None = None


class Scope(NamedTuple):
    """What holds at a place: variables, how choices are made, whose `turn` it is, and the trail of values and variables."""

    page: Page
    variables: Mapping[str, Bound] = MappingProxyType({})
    method: Method = ""
    turn: int = 0
    trail: tuple[Value | Bound, ...] = ()
    nested: int = 0

    def inside(self, method: Method) -> Scope:
        """The scope within a choice or a wildcard of this method."""
        return self._replace(method=method or self.method, nested=self.nested + 1)

    def binding(self, assigns: Mapping[str, Bound]) -> Scope:
        """The scope with more variables."""
        return self._replace(variables={**self.variables, **assigns}) if assigns else self


class Reading:
    """One expansion's way to its values: keeps them within the limits, and remembers which wildcards were `used`."""

    def __init__(self, source: Source, most: int = MAX_NODES) -> None:
        self._source = source
        self._most = most
        self._nodes = 0
        self._parsed: dict[str, Template] = {}
        self.used: dict[str, None] = {}

    def charge(self, nodes: int, scope: Scope) -> None:
        """Count nodes; raises UsageError above the limit."""
        self._nodes += nodes
        if self._nodes > self._most:
            raise UsageError(
                f"This comes to more than {self._most:,} words, choices and values.",
                where=self._top(scope),
                todo="Split the template, or the wildcard's values.",
            )

    def renew(self) -> None:
        """Begin to count again: the next prompt has a limit of its own."""
        self._nodes = 0

    def values(self, name: str, node: Wildcard, scope: Scope) -> Values:
        """The values that a wildcard stands for, at least one; raises UsageError at the wildcard's place."""
        if ".." in name.split("/"):
            what = f"'__{name}__' leads out of the folder of wildcards."
            raise UsageError(what, where=scope.page.where(node), todo="Leave '..' out.")
        values = self._source.values(name)
        if not values.files:
            raise missing(name, self._source, scope.page.where(node))
        if not values:
            raise UsageError(f"The wildcard '__{name}__' has no values.", where=values.files[0])
        self.used.update(dict.fromkeys(values.files))
        return values

    def enter(self, value: Value, node: Wildcard, scope: Scope) -> tuple[Nodes, Scope]:
        """A value's nodes and what holds in it; raises UsageError for a cycle and for what is too deep or too long."""
        if value in scope.trail:
            raise UsageError("This wildcard comes back to itself.", where=value.where, todo=_way(scope.trail, value))
        if len(value.text) > MAX_BYTES:
            raise UsageError(f"This value is longer than {MAX_BYTES // 1024} kB.", where=value.where)
        page = Page(value.text, value.file, value.line)
        inner = self._deeper(scope, value, node)._replace(page=page)
        arguments = {each.name: Bound(each.nodes, scope.page, scope.variables) for each in node.arguments}
        template = self._parse(value, inner)
        return template.nodes, inner.binding(arguments)

    def variable(self, node: Access, scope: Scope, *, in_name: bool = False) -> tuple[Nodes, Scope]:
        """A variable's nodes and what holds in them; raises UsageError when it is unknown or holds itself.

        In a wildcard's name an unknown variable is its own name (as dynamicprompts).
        """
        bound = scope.variables.get(node.name)
        if bound is None:
            if node.default is None and in_name:
                return (Text(node.start, node.end, node.name),), scope
            if node.default is None:
                raise _unknown(node, scope)
            return node.default, scope.inside("")
        if any(step is bound for step in scope.trail):
            raise UsageError(f"The variable '{node.name}' holds itself.", where=scope.page.where(node))
        self.charge(1, scope)
        known = scope.variables if bound.variables is None else bound.variables
        return bound.nodes, self._deeper(scope, bound, node)._replace(page=bound.page, variables=known)

    def _parse(self, value: Value, scope: Scope) -> Template:
        known = self._parsed.get(value.text)
        if known is None:
            known = self._parsed[value.text] = parse(value.text)
            self.charge(known.size, scope)
        else:
            self.charge(1, scope)
        return known

    def _deeper(self, scope: Scope, step: Value | Bound, node: Node) -> Scope:
        if len(scope.trail) >= MAX_DEEP or scope.nested >= MAX_NESTED:
            what = f"Wildcards and variables stand in one another more than {MAX_DEEP} deep here."
            raise UsageError(what, where=scope.page.where(node))
        return scope._replace(trail=(*scope.trail, step), nested=scope.nested + 1)

    def _top(self, scope: Scope) -> str:
        values = [step for step in scope.trail if isinstance(step, Value)]
        return values[0].where if values else scope.page.file


def bind(assign: Assign, scope: Scope) -> Bound | None:
    """What an assignment sets; None where it leaves the variable as it is."""
    return None if assign.keeps and assign.name in scope.variables else Bound(assign.nodes, scope.page)


def missing(name: str, source: Source, where: str) -> SdtuiError:
    """No wildcard has this name: the error that says so and names the nearest."""
    near = get_close_matches(name, source.names(), 1, 0.5)
    todo = f"Did you mean '__{near[0]}__'?" if near else f"Write wildcards/{name}.txt, or set wildcards to off."
    return UsageError(f"There is no wildcard '__{name}__'.", where=where, todo=todo)


def _unknown(node: Access, scope: Scope) -> SdtuiError:
    name = node.name
    near = get_close_matches(name, scope.variables, 1, 0.5)
    todo = f"Set it before with ${{{name}=…}}, or give it a default with ${{{name}:…}}."
    todo = f"Did you mean '${{{near[0]}}}'?" if near else todo
    return UsageError(f"There is no variable '{name}' here.", where=scope.page.where(node), todo=todo)


def _way(trail: tuple[Value | Bound, ...], value: Value) -> str:
    """The files on the way from a value to itself."""
    steps = [step for step in trail[trail.index(value) :] if isinstance(step, Value)]
    return f"The way round: {' → '.join(step.where for step in (*steps, value))}."
