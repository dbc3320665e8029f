"""One prompt of a template, drawn by a seed: the same template, values and seed give the same text."""

from __future__ import annotations

import heapq
import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import NamedTuple, assert_never

from sdtui.errors import UsageError
from sdtui.prompt.expand.nodes import Access, AnyNode, Assign, Choice, Comment, Nodes, Template, Wildcard
from sdtui.prompt.expand.scope import MAX_BYTES, Bound, Page, Reading, Scope, bind
from sdtui.prompt.expand.source import Source, Values
from sdtui.prompt.nodes import Node, Text

TURNS = 2**32
"""Cyclic choices (`{@a|b}`) take their turn by the seed within this range, so that neighbouring seeds take neighbouring ones."""


PATIENCE = 3
"""So many tries for each value that is to be taken without repeats."""


class Drawn(NamedTuple):
    """A prompt, and the files (or names) of the wildcards it took values from."""

    text: str
    used: tuple[str, ...] = ()


def draw(template: Template, source: Source, seed: int) -> Drawn:
    """The prompt that a seed draws; raises SdtuiError with file and line when the template cannot be expanded."""
    if template.is_plain:
        return Drawn(template.plain)
    reading = Reading(source)
    reading.charge(template.size, Scope(Page(template.text)))
    drawing = Drawing(reading, seed)
    text = drawing.sequence(template.nodes, Scope(Page(template.text), method="random", turn=seed % TURNS))
    return Drawn(text, tuple(reading.used))


class Drawing:
    """Draws the nodes of one prompt. Only `Random.random` is asked, which stays the same in every version of Python."""

    def __init__(self, reading: Reading, seed: int) -> None:
        self._reading = reading
        self._random = Random(seed).random
        self._room = MAX_BYTES

    def sequence(self, nodes: Nodes, scope: Scope, *, in_name: bool = False) -> str:
        """The text of nodes that follow one another; their assignments come first (as dynamicprompts)."""
        for node in nodes:
            if isinstance(node, Assign):
                bound = bind(node, scope)
                if bound is not None:
                    scope = scope.binding({node.name: self._once(node, bound, scope) if node.immediate else bound})
        return "".join([self.node(node, scope, in_name=in_name) for node in nodes])

    def node(self, node: AnyNode, scope: Scope, *, in_name: bool = False) -> str:
        """The text of one node."""
        match node:
            case Text():
                return self.out(node.value, node, scope.page)
            case Choice():
                return self._choice(node, scope.inside(node.method))
            case Wildcard():
                scope = scope.inside(node.method)
                values = self._values(node, scope)
                picks, scope = self._picks(values.sums, (1, 1), scope)
                return self._value(node, values, picks[0], scope)
            case Access():
                nodes, inner = self._reading.variable(node, scope, in_name=in_name)
                return self.sequence(nodes, inner)
            case Comment() | Assign():
                return ""
            case _:
                assert_never(node)

    def out(self, text: str, node: Node, page: Page) -> str:
        """What comes out at a node of a page; raises UsageError above the limit."""
        self._room -= len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
        if self._room < 0:
            what = f"The prompt comes out longer than {MAX_BYTES // 1024} kB."
            raise UsageError(what, where=page.where(node), todo="Split the template, or the wildcard's values.")
        return text

    def _once(self, node: Assign, bound: Bound, scope: Scope) -> Bound:
        room = self._room
        text = self.sequence(node.nodes, scope)
        self._room = room
        return Bound((Text(node.start, node.end, text),), bound.page)

    def _choice(self, node: Choice, scope: Scope) -> str:
        wildcard = node.wildcard
        if wildcard is not None:
            scope = scope.inside(wildcard.method if not node.method else "")
            values = self._values(wildcard, scope)
            picks, scope = self._picks(values.sums, bounds(node, len(values)), scope)
            parts = [self._value(wildcard, values, pick, scope) for pick in picks]
        else:
            weights = [option.weight for option in node.options]
            sums = list(accumulate(weights if any(weights) else [1.0] * len(weights)))
            picks, scope = self._picks(sums, bounds(node, len(sums)), scope)
            parts = [self.sequence(node.options[pick].nodes, scope) for pick in picks]
        self._reading.charge(len(parts), scope)
        self.out(node.joiner * (len(parts) - 1), node, scope.page)
        return joined(parts, node.joiner)

    def _values(self, node: Wildcard, scope: Scope) -> Values:
        return self._reading.values(self.sequence(node.name, scope, in_name=True), node, scope)

    def _value(self, node: Wildcard, values: Values, place: int, scope: Scope) -> str:
        value = values.items[place]
        if value.is_plain:
            return self.out(value.text, Node(0, 0), Page(value.text, value.file, value.line))
        return self.sequence(*self._reading.enter(value, node, scope))

    def _picks(self, sums: Sequence[float], most: tuple[int, int], scope: Scope) -> tuple[list[int], Scope]:
        """Which of the candidates (given by the sums of their weights) are taken, and what holds in them."""
        if scope.method == "cyclic":
            picks, turn = arrangement(len(sums), most, scope.turn)
            return picks, scope._replace(turn=turn)
        low, high = most
        count = low if low == high else low + int(self._random() * (high - low + 1))
        return self._several(sums, count), scope

    def _several(self, sums: Sequence[float], count: int) -> list[int]:
        """Several without repeats, weighted, as if drawn one after another: what was taken is passed over.

        Where that takes too long, the rest is taken at once (Efraimidis and Spirakis 2006), which is the same in distribution.
        """
        taken: dict[int, None] = {}
        for _ in range(PATIENCE * count):
            if len(taken) == count:
                break
            taken[min(bisect_right(sums, self._random() * sums[-1]), len(sums) - 1)] = None
        left = [place for place in range(len(sums)) if place not in taken] if len(taken) < count else []
        keys: list[tuple[float, int]] = []
        for place in left:
            weight = sums[place] - (sums[place - 1] if place else 0.0)
            keys.append((math.log(1.0 - self._random()) / weight if weight > 0 else -math.inf, -place))
        return [*taken, *(-place for _, place in heapq.nlargest(count - len(taken), keys))]


def bounds(node: Choice, count: int) -> tuple[int, int]:
    """How many of `count` candidates a choice takes, at least and at most; more than there are is clamped."""
    low = min(node.low, count)
    return low, count if node.high is None else max(low, min(node.high, count))


def joined(parts: Sequence[str], joiner: str) -> str:
    """The parts with the joiner between those that are not empty."""
    return parts[0] if len(parts) == 1 else joiner.join(part for part in parts if part)


def arrangement(count: int, most: tuple[int, int], turn: int) -> tuple[list[int], int]:
    """Whose turn it is among the arrangements of at least and at most so many of `count`, and how often all had theirs.

    Fewer come before more, and those of one length in dictionary order.
    """
    low, high = most
    rounds, place = 0, turn
    sizes = [arrangements(count, length, turn) for length in range(low, high + 1)] if low < high else []
    if sizes and sum(sizes) <= turn:
        rounds, place = divmod(turn, sum(sizes))
    length = low
    while length < high and place >= sizes[length - low]:
        place -= sizes[length - low]
        length += 1
    if not sizes:
        rounds, place = divmod(turn, arrangements(count, length, turn))
    left = list(range(count))
    picks: list[int] = []
    for taken in range(length):
        step, place = divmod(place, arrangements(count - taken - 1, length - taken - 1, place))
        picks.append(left.pop(step))
    return picks, rounds


def arrangements(count: int, length: int, cap: int) -> int:
    """In how many ways so many of `count` are arranged; a number above `cap` need not be exact."""
    ways = 1
    for left in range(count, count - length, -1):
        ways *= left
        if ways > cap:
            break
    return ways
