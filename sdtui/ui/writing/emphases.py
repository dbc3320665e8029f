"""The emphases of a prompt as pairs of brackets with what is between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sdtui.prompt.nodes import Alternation, AnyNode, Close, Open, Prompt, Schedule


class Emphasis(NamedTuple):
    """Brackets from `start` to `end` around `inner_start` to `inner_end`; `numbered` if the weight is written."""

    start: int
    inner_start: int
    inner_end: int
    end: int
    weight: float
    numbered: bool


def emphases(prompt: Prompt) -> list[Emphasis]:
    """Every emphasis that has both brackets, in the order of their openings."""
    found: list[Emphasis] = []
    branches: list[Sequence[AnyNode]] = [clause.nodes for clause in prompt.clauses]
    while branches:
        opened: dict[int, Open] = {}
        for node in branches.pop():
            match node:
                case Open():
                    opened[node.start] = node
                case Close() if node.open in opened:
                    opening = opened[node.open]
                    found.append(
                        Emphasis(
                            opening.start, opening.end, node.start, node.end, opening.factor, node.weight is not None
                        )
                    )
                case Schedule():
                    branches += [node.before, node.after]
                case Alternation():
                    branches += node.options
                case _:
                    pass
    return sorted(found)


def whole(known: Sequence[Emphasis], each: Emphasis) -> Emphasis:
    """The emphasis with those that hug it or that it hugs, none of them with a number: `((big))` is one of 1.21."""
    if each.numbered:
        return each
    by_inside = {(other.inner_start, other.inner_end): other for other in known if not other.numbered}
    by_place = {(other.start, other.end): other for other in known if not other.numbered}
    outer = inner = each
    weight = each.weight
    while (further := by_inside.get((outer.start, outer.end))) is not None:
        outer, weight = further, weight * further.weight
    while (further := by_place.get((inner.inner_start, inner.inner_end))) is not None:
        inner, weight = further, weight * further.weight
    return Emphasis(outer.start, inner.inner_start, inner.inner_end, outer.end, weight, False)
