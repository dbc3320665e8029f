"""From places in the text without tags to places in the text the user sees."""

from __future__ import annotations

from typing import assert_never

from sdtui.prompt.lexer import Cut
from sdtui.prompt.nodes import (
    Alternation,
    AnyNode,
    Break,
    Clause,
    Close,
    Diagnostic,
    Escape,
    Fix,
    Open,
    Schedule,
    Text,
)


def moved_clause(clause: Clause, cut: Cut) -> Clause:
    """The clause, and all it holds, at its place in the whole text."""
    start = cut.start(clause.start)
    end, text_end = max(start, cut.end(clause.end)), max(start, cut.end(clause.text_end))
    return Clause(start, end, text_end, clause.weight, _all_moved(clause.nodes, cut.starts))


def _all_moved(nodes: tuple[AnyNode, ...], starts: list[int]) -> tuple[AnyNode, ...]:
    return tuple([_moved(node, starts[node.start], starts[node.end - 1] + 1, starts) for node in nodes])


def _moved(node: AnyNode, start: int, end: int, starts: list[int]) -> AnyNode:
    match node:
        case Text():
            return Text(start, end, node.value)
        case Open():
            return Open(start, end, node.shape, node.factor, node.close if node.close < 0 else starts[node.close])
        case Close():
            return Close(start, end, node.shape, starts[node.open], node.weight)
        case Escape():
            return Escape(start, end, node.value)
        case Break():
            return Break(start, end)
        case Schedule():
            before, after = _all_moved(node.before, starts), _all_moved(node.after, starts)
            return Schedule(start, end, before, after, node.when, starts[node.when_start])
        case Alternation():
            return Alternation(start, end, tuple([_all_moved(option, starts) for option in node.options]))
        case _:
            assert_never(node)


def moved_diagnostic(diagnostic: Diagnostic, cut: Cut) -> Diagnostic:
    """The diagnostic and its fix at their place in the whole text."""
    start, end, fix = cut.start(diagnostic.start), cut.end(diagnostic.end), diagnostic.fix
    if fix:
        # What is only put in goes in front of a tag at its place.
        fix_end = cut.end(fix.end)
        fix = Fix(min(cut.start(fix.start), fix_end), fix_end, fix.text)
    return Diagnostic(start, end, diagnostic.severity, diagnostic.message, fix)
