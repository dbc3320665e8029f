"""How many combinations a template has, counted without making them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from sdtui.prompt.expand.draw import arrangements, bounds
from sdtui.prompt.expand.nodes import Access, AnyNode, Assign, Choice, Comment, Nodes, Template, Wildcard
from sdtui.prompt.expand.scope import Page, Reading, Scope, bind
from sdtui.prompt.expand.source import Source, Values
from sdtui.prompt.expand.walk import Later, Pieces, Walk, is_drawn, kept, unlike
from sdtui.prompt.nodes import Text

MOST = 10**18
"""More than this is counted as this."""
MAX_COUNTED = 50_000
"""So many nodes are looked at for a count."""


def count(template: Template, source: Source) -> int:
    """The number of prompts that `each` makes, at most MOST; raises SdtuiError with file and line as `each` does."""
    if template.is_plain:
        return 1
    reading = Reading(source, MAX_COUNTED)
    scope = Scope(Page(template.text), method="combinatorial")
    reading.charge(template.size, scope)
    return _Count(reading).sequence(template.nodes, scope)


class _Needed(Exception):
    """The text of a variable decides how many there are: it must be counted value by value."""

    def __init__(self, assign: AnyNode) -> None:
        super().__init__()
        self.assign = assign


class _Count:
    """Counts nodes; the same nodes under the same variables are counted once."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._walk = Walk(reading, _spelt)
        self._known: dict[tuple[int, int], tuple[int, Nodes, object]] = {}

    def sequence(self, nodes: Nodes, scope: Scope) -> int:
        """How many combinations nodes have that follow one another."""
        key = id(nodes), id(scope.variables)
        if key not in self._known:
            assigns = [node for node in nodes if isinstance(node, Assign)]
            number = self._bound(assigns, nodes, scope, ())
            self._known[key] = number, nodes, scope.variables  # kept, so that their ids stay theirs
        return self._known[key][0]

    def _bound(self, assigns: Sequence[Assign], nodes: Nodes, scope: Scope, shown: tuple[AnyNode, ...]) -> int:
        """The same, with variables to set first; those `shown` are set to one text after another, the others are only counted."""
        hidden: list[AnyNode] = []
        try:
            return self._set(assigns, nodes, scope, (shown, hidden))
        except _Needed as needed:
            if not any(assign is needed.assign for assign in hidden):
                raise
            return self._bound(assigns, nodes, scope, (*shown, needed.assign))

    def _set(
        self, assigns: Sequence[Assign], nodes: Nodes, scope: Scope, told: tuple[tuple[AnyNode, ...], list[AnyNode]]
    ) -> int:
        shown, hidden = told
        number = 1
        for place, assign in enumerate(assigns):
            bound = bind(assign, scope)
            if bound is None:
                continue
            if assign.immediate and any(assign is each for each in shown):
                rest = assigns[place + 1 :]
                texts = self._walk.sequence(assign.nodes, scope)
                scopes = (scope.binding({assign.name: kept(assign, scope, pieces)}) for pieces in texts)
                return _capped(number * _capped(sum(self._bound(rest, nodes, each, shown) for each in scopes)))
            if assign.immediate:
                number = _capped(number * self.sequence(assign.nodes, scope))
                hidden.append(assign)
                bound = kept(assign, scope, (Later(assign, scope),))
            scope = scope.binding({assign.name: bound})
        for node in nodes:
            number = _capped(number * self._node(node, scope))
        return number

    def _node(self, node: AnyNode, scope: Scope) -> int:
        self._reading.charge(1, scope)
        match node:
            case Text() | Comment() | Assign():
                return 1
            case Choice() | Wildcard() if is_drawn(node):
                return 1
            case Choice():
                return self._choice(node, scope.inside("combinatorial"))
            case Wildcard():
                inner = scope.inside("combinatorial")
                return _capped(sum(sum(self._each(values, node, inner)) for values in self._values(node, inner)))
            case Access():
                return self.sequence(*self._reading.variable(node, scope))
            case _:
                assert_never(node)

    def _choice(self, node: Choice, scope: Scope) -> int:
        wildcard = node.wildcard
        if wildcard is None:
            return _arranged(node, [self.sequence(option.nodes, scope) for option in unlike(node, scope)])
        found = self._values(wildcard, scope)
        return _capped(sum(_arranged(node, self._each(values, wildcard, scope)) for values in found))

    def _values(self, node: Wildcard, scope: Scope) -> list[Values]:
        return [self._reading.values(name, node, scope) for name in self._walk.names(node, scope)]

    def _each(self, values: Values, node: Wildcard, scope: Scope) -> list[int]:
        """How many combinations each of the values has."""
        plain = len(values) - len(values.dynamic)
        return [1] * plain + [self.sequence(*self._reading.enter(value, node, scope)) for value in values.dynamic]


def _arranged(node: Choice, numbers: Sequence[int]) -> int:
    """The arrangements of as many candidates as the choice takes, each candidate with combinations of its own."""
    low, high = bounds(node, len(numbers))
    total = 0
    sums = [1]
    """sums[k]: the elementary symmetric polynomial of degree k over the numbers."""
    for length in range(low, high + 1):
        if arrangements(len(numbers), length, MOST) >= MOST:
            return MOST
        if len(sums) <= length:
            sums = _symmetric(numbers, length, high)
        ways = sums[length]
        for factor in range(2, length + 1):
            ways *= factor
        total = _capped(total + ways)
    return total


def _symmetric(numbers: Sequence[int], least: int, most: int) -> list[int]:
    """The elementary symmetric polynomials of the numbers, up to a degree that is worth it."""
    degree = least
    while degree < most and arrangements(len(numbers), degree + 1, MOST) < MOST:
        degree += 1
    sums = [1] + [0] * degree
    for number in numbers:
        for place in range(degree, 0, -1):
            sums[place] += sums[place - 1] * number
    return sums


def _capped(number: int) -> int:
    return min(number, MOST)


def _spelt(pieces: Pieces) -> str:
    """A wildcard's name; raises _Needed for a variable that is only counted."""
    for piece in pieces:
        if isinstance(piece, Later) and isinstance(piece.node, Assign):
            raise _Needed(piece.node)
    return "".join(piece for piece in pieces if isinstance(piece, str))
