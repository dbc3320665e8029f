"""Spans for the editor's colours: what each character of a prompt is, and how much it counts."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple, assert_never

from sdtui.prompt.expand.marks import MarkKind, marks
from sdtui.prompt.expand.template import parse as parse_template
from sdtui.prompt.nodes import (
    Alternation,
    AnyNode,
    Break,
    Clause,
    Close,
    Escape,
    Open,
    Prompt,
    Schedule,
    Text,
    clamp,
)

Kind = Literal["text", "escape", "bracket", "weight", "schedule", "alternation", "break", "and", "tag"] | MarkKind


class Span(NamedTuple):
    """Characters of one kind; `weight` is what the text there counts at, -10..10."""

    start: int
    end: int
    kind: Kind
    weight: float


def spans(prompt: Prompt, *, wildcards: bool = True, typed: str | None = None) -> tuple[Span, ...]:
    """Spans that cover the whole text, in order, without gaps; a tag or a mark of `wildcards` inside something else cuts it in two.

    `typed` is the text with its comments, where the prompt was read from `sdtui.prompt.expand.template.blanked`.
    """
    painter = _Painter(prompt)
    for place, clause in enumerate(prompt.clauses):
        painter.clause(clause)
        if place < len(prompt.ands):
            painter.paint(prompt.ands[place].start, "text", 1.0)
            painter.paint(prompt.ands[place].end, "and", 1.0)
    painter.paint(len(prompt.text), "text", 1.0)
    shown = _overlaid(painter.spans, [Span(tag.start, tag.end, "tag", 1.0) for tag in prompt.tags])
    if not wildcards:
        return tuple(shown)
    return tuple(
        _overlaid(
            shown, [Span(*mark, math.nan) for mark in marks(parse_template(prompt.text if typed is None else typed))]
        )
    )


class _Painter:
    """Paints from left to right; what was skipped takes the colour of what surrounds it."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self.spans: list[Span] = []
        self._done = 0

    def paint(self, end: int, kind: Kind, weight: float) -> None:
        """Everything up to `end` that has no colour yet."""
        if end > self._done:
            self.spans.append(Span(self._done, end, kind, weight))
            self._done = end

    def clause(self, clause: Clause) -> None:
        """A clause and its weight."""
        self.paint(clause.start, "text", 1.0)
        self._branch(clause.nodes, "text", 1.0)
        self.paint(clause.text_end, "text", 1.0)
        rest = self._prompt.raw(clause.text_end, clause.end)
        self.paint(clause.end, "weight" if ":" in rest else "text", 1.0)

    def _branch(self, nodes: tuple[AnyNode, ...], around: Kind, outer: float) -> None:
        """The nodes of a branch that counts at `outer`; marks between branches are `around`'s."""
        opened: dict[int, float] = {}
        weight, shown = outer, clamp(outer)
        for node in nodes:
            self.paint(node.start, around, shown)
            match node:
                case Text() | Escape() | Break():
                    kind: Kind = "text" if isinstance(node, Text) else "escape" if isinstance(node, Escape) else "break"
                    self.paint(node.end, kind, shown)
                case Open():
                    opened[node.start] = node.factor
                    weight *= node.factor
                    shown = clamp(weight)
                    self.paint(node.end, "bracket", shown)
                case Close():
                    self.paint(node.end - 1, "weight", shown)
                    self.paint(node.end, "bracket", shown)
                    del opened[node.open]
                    weight = outer * math.prod(opened.values())
                    shown = clamp(weight)
                case Schedule():
                    self._framed((node.before, node.after), node, "schedule", weight)
                case Alternation():
                    self._framed(node.options, node, "alternation", weight)
                case _:
                    assert_never(node)

    def _framed(
        self, branches: tuple[tuple[AnyNode, ...], ...], node: Schedule | Alternation, kind: Kind, weight: float
    ) -> None:
        for branch in branches:
            self._branch(branch, kind, weight)
        self.paint(node.end, kind, clamp(weight))


def _overlaid(spans: list[Span], over: list[Span]) -> list[Span]:
    """The spans with others put over them, in order; one without a weight takes that of the place where it begins."""
    if not over:
        return spans
    cut: list[Span] = []
    upcoming = iter(over)
    top = next(upcoming, None)
    done = 0
    for span in spans:
        start = max(span.start, done)
        while top and top.start < span.end:
            if start < top.start:
                cut.append(span._replace(start=start, end=top.start))
            cut.append(top._replace(weight=span.weight) if math.isnan(top.weight) else top)
            start = done = top.end
            top = next(upcoming, None)
        if start < span.end:
            cut.append(span._replace(start=start))
    return cut
