"""All combinations of a template's nodes, walked lazily: what they are made of, and what of it is still to be drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from typing import NamedTuple, TypeVar, assert_never

from sdtui.prompt.expand.draw import bounds, joined
from sdtui.prompt.expand.nodes import Access, AnyNode, Assign, Choice, Comment, Nodes, Option, Wildcard
from sdtui.prompt.expand.scope import Bound, Reading, Scope, bind
from sdtui.prompt.expand.source import Value, Values
from sdtui.prompt.nodes import Text

State = TypeVar("State")


class Later(NamedTuple):
    """A node that makes no combinations: it is drawn anew for each prompt."""

    node: AnyNode
    scope: Scope


class Joint(NamedTuple):
    """Parts with a joiner between those that are not empty, once they are known."""

    parts: tuple[Pieces, ...]
    joiner: str


Piece = str | Later | Joint
Pieces = tuple[Piece, ...]


class Kept(Text, frozen=True):
    """The value of a variable that is set at once: the same pieces wherever it stands."""

    pieces: Pieces = ()


class Chain(NamedTuple):
    """What was chosen so far, the newest first."""

    before: Chain | None
    pieces: Pieces


class Walk:
    """Walks the combinations of nodes; nobody waits for the last one. `write` tells the text of what is to be drawn in a name."""

    def __init__(self, reading: Reading, write: Callable[[Pieces], str]) -> None:
        self._reading = reading
        self._write = write

    def sequence(self, nodes: Nodes, scope: Scope, *, in_name: bool = False) -> Iterator[Pieces]:
        """All combinations of nodes that follow one another; their assignments come first."""
        assigns = [node for node in nodes if isinstance(node, Assign)]
        spoken = [node for node in nodes if not isinstance(node, Assign | Comment)]
        for inner in advance([self._setting(assign) for assign in assigns], scope):
            steps = [self._adding(node, inner, in_name) for node in spoken]
            for chain in advance(steps, Chain(None, ())):
                yield tuple(piece for pieces in links(chain) for piece in pieces)

    def names(self, node: Wildcard, scope: Scope) -> Iterator[str]:
        """All names that a wildcard's name may come to."""
        for pieces in self.sequence(node.name, scope, in_name=True):
            yield self._write(pieces)

    def _node(self, node: AnyNode, scope: Scope, in_name: bool) -> Iterator[Pieces]:
        self._reading.charge(1, scope)
        match node:
            case Kept():
                yield node.pieces
            case Text():
                yield (node.value,)
            case Choice() | Wildcard() if is_drawn(node):
                yield (Later(node, scope),)
            case Choice():
                yield from self._choice(node, scope.inside("combinatorial"))
            case Wildcard():
                inner = scope.inside("combinatorial")
                for values in self._values(node, inner):
                    for value in values.items:
                        yield from self._value(value, node, inner)
            case Access():
                yield from self.sequence(*self._reading.variable(node, scope, in_name=in_name), in_name=in_name)
            case Comment() | Assign():
                yield ()
            case _:
                assert_never(node)

    def _choice(self, node: Choice, scope: Scope) -> Iterator[Pieces]:
        wildcard = node.wildcard
        if wildcard is None:
            options = unlike(node, scope)
            yield from self._arranged(node, [self._spoken(option.nodes, scope) for option in options])
            return
        for values in self._values(wildcard, scope):
            yield from self._arranged(node, [self._told(value, wildcard, scope) for value in values.items])

    def _arranged(self, node: Choice, candidates: Sequence[Callable[[], Iterator[Pieces]]]) -> Iterator[Pieces]:
        """As many candidates as the choice takes, in every order."""
        low, high = bounds(node, len(candidates))
        for length in range(low, high + 1):
            for chosen in permutations(candidates, length):
                for chain in advance([_linking(each) for each in chosen], Chain(None, ())):
                    yield _joint([*links(chain)], node.joiner)

    def _values(self, node: Wildcard, scope: Scope) -> Iterator[Values]:
        for name in self.names(node, scope):
            yield self._reading.values(name, node, scope)

    def _value(self, value: Value, node: Wildcard, scope: Scope) -> Iterator[Pieces]:
        if value.is_plain:
            yield (value.text,)
        else:
            yield from self.sequence(*self._reading.enter(value, node, scope))

    def _setting(self, assign: Assign) -> Callable[[Scope], Iterator[Scope]]:
        def step(scope: Scope) -> Iterator[Scope]:
            bound = bind(assign, scope)
            if bound is None:
                yield scope
            elif not assign.immediate:
                yield scope.binding({assign.name: bound})
            else:
                for pieces in self.sequence(assign.nodes, scope):
                    yield scope.binding({assign.name: kept(assign, scope, pieces)})

        return step

    def _adding(self, node: AnyNode, scope: Scope, in_name: bool) -> Callable[[Chain], Iterator[Chain]]:
        return _linking(lambda: self._node(node, scope, in_name))

    def _spoken(self, nodes: Nodes, scope: Scope) -> Callable[[], Iterator[Pieces]]:
        return lambda: self.sequence(nodes, scope)

    def _told(self, value: Value, node: Wildcard, scope: Scope) -> Callable[[], Iterator[Pieces]]:
        return lambda: self._value(value, node, scope)


def is_drawn(node: Choice | Wildcard) -> bool:
    """It is marked random or cyclic, so that it makes no combinations."""
    return node.method in ("random", "cyclic")


def unlike(node: Choice, scope: Scope) -> list[Option]:
    """The options without those written like an earlier one; where several are taken, those that vary stay (`{2$$__a__|__a__}`)."""
    several = (node.high is None or node.high > 1) and len(node.options) > 1
    found: dict[str | int, Option] = {}
    for place, option in enumerate(node.options):
        varies = several and not all(isinstance(each, Text | Comment) for each in option.nodes)
        found.setdefault(place if varies else scope.page.text[option.text_start : option.end], option)
    return list(found.values())


def kept(assign: Assign, scope: Scope, pieces: Pieces) -> Bound:
    """A variable that was set at once to these pieces."""
    return Bound((Kept(assign.start, assign.end, "", pieces),), scope.page)


def advance(steps: Sequence[Callable[[State], Iterator[State]]], state: State) -> Iterator[State]:
    """Every state that the steps lead to, one after another; the last step varies fastest."""
    if not steps:
        yield state
        return
    stack = [steps[0](state)]
    while stack:
        for reached in stack[-1]:
            if len(stack) == len(steps):
                yield reached
            else:
                stack.append(steps[len(stack)](reached))
                break
        else:
            stack.pop()


def links(chain: Chain) -> Iterator[Pieces]:
    """What was chosen, in its order."""
    newest_first: list[Pieces] = []
    link: Chain | None = chain
    while link is not None and link.before is not None:
        newest_first.append(link.pieces)
        link = link.before
    return reversed(newest_first)


def _linking(candidates: Callable[[], Iterator[Pieces]]) -> Callable[[Chain], Iterator[Chain]]:
    return lambda chain: (Chain(chain, pieces) for pieces in candidates())


def _joint(parts: list[Pieces], joiner: str) -> Pieces:
    if len(parts) == 1:
        return parts[0]
    texts = ["".join(piece for piece in pieces if isinstance(piece, str)) for pieces in parts]
    if all(isinstance(piece, str) for pieces in parts for piece in pieces):
        return (joined(texts, joiner),)
    return (Joint(tuple(parts), joiner),)
