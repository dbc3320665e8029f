"""Diagnostics about emphasis: weights far from 1, numbers that were meant as one, brackets that AND or BREAK tears apart."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from sdtui.prompt.nodes import (
    MAX_WEIGHT,
    Alternation,
    AnyNode,
    Break,
    Clause,
    Close,
    Diagnostic,
    Fix,
    Open,
    Prompt,
    Schedule,
    Text,
)
from sdtui.prompt.printer import number

WEAK, STRONG = 0.5, 1.5
_SCHEDULE_NUMBER = re.compile(r"\s*[-+]?[.\d]+\s*")
_MEANT = re.compile(r"(?<!\\):\s*([-+\d.,eE ]*)$")
_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+")
_NUMBER_LIKE = re.compile(r"\d.*[,eE]|[,eE].*\d|[-+]{2}.*\d")
_NAMED_SCHEDULE = re.compile(r"[^][()|:]*:[^][()|:]*:[^][()|:]*")
"""Three parts as of a schedule, none of them with brackets."""
LONGEST_NUMBER = 40


def lint_weights(prompt: Prompt) -> Iterator[Diagnostic]:
    """What is odd about a prompt's weights."""
    for clause in prompt.clauses:
        yield from _Walker(prompt).branch(clause.nodes, 1.0)
        yield from _clamped(prompt, clause)


class _Walker:
    """Walks the branches of a prompt with the weight that each counts at."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt

    def branch(self, nodes: tuple[AnyNode, ...], outer: float) -> Iterator[Diagnostic]:
        """What is odd in a branch that counts at `outer`."""
        opened: dict[int, Open] = {}
        heavy = _is_odd(outer)
        for node in nodes:
            match node:
                case Open():
                    opened[node.start] = node
                case Close():
                    heavy = heavy and len(opened) > 1
                    yield from self._closed(node, opened.pop(node.open))
                case Break() if opened:
                    sentence = "BREAK stands inside brackets: their weight goes on behind it."
                    yield Diagnostic(node.start, node.end, "hint", sentence)
                case Schedule():
                    weight = outer * _product(opened)
                    yield from self.branch(node.before, weight)
                    yield from self.branch(node.after, weight)
                case Alternation():
                    weight = outer * _product(opened)
                    for option in node.options:
                        yield from self.branch(option, weight)
                case Text() if opened and not heavy and node.value.strip():
                    weight = outer * _product(opened)
                    heavy = _is_odd(weight)
                    if heavy and not any(_is_odd(each.factor) for each in opened.values()):
                        yield _stacked(node, weight)
                case _:
                    pass

    def _closed(self, node: Close, opened: Open) -> Iterator[Diagnostic]:
        if node.weight is not None:
            if _is_odd(node.weight):
                yield _far(node, self._prompt.text[node.start + 1 : node.end - 1].strip(), node.weight)
            return
        if node.shape == "round":
            tail = self._prompt.text[max(opened.end, node.start - LONGEST_NUMBER) : node.start]
            yield from _malformed(node, tail)
            return
        _, colon, when = self._prompt.raw(opened.end, node.start).rpartition(":")
        if colon and _SCHEDULE_NUMBER.fullmatch(when):
            sentence = (
                "This is no schedule, because it is not [from:to:when] with balanced brackets: it counts as emphasis."
            )
            yield Diagnostic(opened.start, node.end, "warning", sentence)
        elif colon and when.strip() and _NAMED_SCHEDULE.fullmatch(self._prompt.text, opened.end, node.start):
            sentence = f'This is no schedule, because "{_short(when.strip())}" is no number: it counts as emphasis.'
            yield Diagnostic(opened.start, node.end, "hint", sentence)


def _malformed(node: Close, tail: str) -> Iterator[Diagnostic]:
    """What stands where a weight would and looks like one; digits and dots alone are the parser's to judge."""
    meant = _MEANT.search(tail)
    if meant is None:
        return
    start, written = node.start - len(meant[0]), meant[1].rstrip()
    if not written:
        if tail[: meant.start()].strip():
            sentence = 'No weight follows this ":": it counts as text, and the bracket as ×1.1.'
            yield Diagnostic(start, start + 1, "hint", sentence)
    elif _DECIMAL_COMMA.fullmatch(written):
        sentence = f'"{written}" is no number here, because it has a comma: it counts as text, and the bracket as ×1.1.'
        yield Diagnostic(
            start, node.start, "warning", sentence, Fix(start, node.start, ":" + written.replace(",", "."))
        )
    elif _NUMBER_LIKE.search(written):
        sentence = f'"{written}" is no number: it counts as text, and the bracket as ×1.1.'
        yield Diagnostic(start, node.start, "warning", sentence)


def _product(opened: dict[int, Open]) -> float:
    return math.prod(each.factor for each in opened.values())


def _is_odd(weight: float) -> bool:
    return not WEAK <= weight <= STRONG


def _clamped(prompt: Prompt, clause: Clause) -> Iterator[Diagnostic]:
    """The weight behind a part of an AND, when it is more than counts."""
    written = prompt.text[clause.text_end : clause.end].strip().removeprefix(":").strip()
    if abs(clause.weight) >= MAX_WEIGHT and abs(float(written)) > MAX_WEIGHT:
        start = prompt.text.index(":", clause.text_end)
        yield Diagnostic(
            start, start + 1 + len(prompt.text[start + 1 : clause.end].rstrip()), "hint", _too_much(written)
        )


def _too_much(written: str) -> str:
    return f"A weight of {_short(written)} is too much: it counts as {'-' * written.startswith('-')}{MAX_WEIGHT:g}."


def _short(what: str) -> str:
    return what if len(what) <= LONGEST_NUMBER else what[: LONGEST_NUMBER - 1] + "…"


def _far(node: Close, written: str, weight: float) -> Diagnostic:
    bound = STRONG if weight > STRONG else WEAK
    sentence = f"A weight of {number(weight)} is far from 1: pictures tend to break outside 0.5 to 1.5."
    if abs(float(written)) > MAX_WEIGHT:
        sentence = _too_much(written)
    return Diagnostic(node.start, node.end, "hint", sentence, Fix(node.start, node.end, f":{number(bound)})"))


def _stacked(node: Text, weight: float) -> Diagnostic:
    sentence = f"These brackets add up to a weight of {weight:.2f}: pictures tend to break outside 0.5 to 1.5."
    return Diagnostic(node.start, node.end, "hint", sentence)
