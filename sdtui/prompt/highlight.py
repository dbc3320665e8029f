"""Spans for the editor's colours: what each character of a prompt is, and how much it counts."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple, assert_never

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
    Tag,
    Text,
    clamp,
)

Kind = Literal["text", "escape", "bracket", "weight", "schedule", "alternation", "break", "and", "tag"]


class Span(NamedTuple):
    """Characters of one kind; `weight` is what the text there counts at, -10..10."""

    start: int
    end: int
    kind: Kind
    weight: float


def spans(prompt: Prompt) -> tuple[Span, ...]:
    """Spans that cover the whole text, in order, without gaps; a tag inside something else cuts it in two."""
    painter = _Painter(prompt)
    for place, clause in enumerate(prompt.clauses):
        painter.clause(clause)
        if place < len(prompt.ands):
            painter.paint(prompt.ands[place].start, "text", 1.0)
            painter.paint(prompt.ands[place].end, "and", 1.0)
    painter.paint(len(prompt.text), "text", 1.0)
    return _with_tags(painter.spans, prompt.tags)


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


def _with_tags(spans: list[Span], tags: tuple[Tag, ...]) -> tuple[Span, ...]:
    if not tags:
        return tuple(spans)
    cut: list[Span] = []
    upcoming = iter(tags)
    tag = next(upcoming, None)
    for span in spans:
        start = span.start
        while tag and tag.start < span.end:
            if start < tag.start:
                cut.append(span._replace(start=start, end=tag.start))
            cut.append(Span(tag.start, tag.end, "tag", 1.0))
            start = tag.end
            tag = next(upcoming, None)
        if start < span.end:
            cut.append(span._replace(start=start))
    return tuple(cut)
