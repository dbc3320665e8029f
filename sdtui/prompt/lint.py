"""Diagnostics: what is odd about a prompt, one sentence each in the user's words.

Brackets and numbers that could not be read come from the parser; here is what was read, but hardly meant. One more rule: a
function that yields diagnostics, called in `lint` or at its node in `_Walker`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from sdtui.prompt.lint_tags import lint_tags
from sdtui.prompt.names import Names
from sdtui.prompt.nodes import (
    Alternation,
    AnyNode,
    Break,
    Close,
    Diagnostic,
    Fix,
    Open,
    Prompt,
    Schedule,
    Tag,
    Text,
)
from sdtui.prompt.printer import number
from sdtui.prompt.timeline import Clock

WEAK, STRONG = 0.5, 1.5
_NUMBER = re.compile(r"\s*[-+]?[.\d]+\s*")
_BAR = re.compile(r"\|")
_BRACE = re.compile(r"[{}]")


def lint(prompt: Prompt, names: Names | None = None, *, steps: int = 0, hires_steps: int = 0) -> tuple[Diagnostic, ...]:
    """All diagnostics in the order of their places; names and steps are judged where they are known (steps 0: not)."""
    walker = _Walker(prompt, steps, hires_steps)
    found = [*prompt.diagnostics, *lint_tags(prompt, names)]
    for clause in prompt.clauses:
        found.extend(walker.branch(clause.nodes, 1.0))
    found.extend(_bars(prompt))
    found.sort(key=lambda diagnostic: (diagnostic.start, diagnostic.end))
    return tuple(found)


def tags(prompt: Prompt) -> tuple[Tag, ...]:
    """The prompt's tags in order; `prompt.text[tag.start:tag.end]` is how each is written."""
    return prompt.tags


class _Walker:
    """Walks the nodes of a prompt for the passes whose steps are known (0: not)."""

    def __init__(self, prompt: Prompt, steps: int, hires_steps: int) -> None:
        self._prompt = prompt
        self._steps = steps
        self._hires_steps = hires_steps

    def branch(self, nodes: tuple[AnyNode, ...], outer: float) -> Iterator[Diagnostic]:
        """What is odd in a branch that counts at `outer`."""
        opened: dict[int, Open] = {}
        heavy = _odd_weight(outer)
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
                    weight = outer * math.prod(each.factor for each in opened.values())
                    yield from self._schedule(node)
                    yield from self.branch(node.before, weight)
                    yield from self.branch(node.after, weight)
                case Alternation():
                    weight = outer * math.prod(each.factor for each in opened.values())
                    yield from self._alternation(node)
                    for option in node.options:
                        yield from self.branch(option, weight)
                case Text() if opened and not heavy and node.value.strip():
                    weight = outer * math.prod(each.factor for each in opened.values())
                    heavy = _odd_weight(weight)
                    if heavy and not any(_odd_weight(each.factor) for each in opened.values()):
                        yield _stacked(node, weight)
                case _:
                    pass

    def _closed(self, node: Close, opened: Open) -> Iterator[Diagnostic]:
        if node.weight is not None and _odd_weight(node.weight):
            bound = STRONG if node.weight > STRONG else WEAK
            sentence = f"A weight of {number(node.weight)} is far from 1: pictures tend to break outside 0.5 to 1.5."
            fix = Fix(node.start, node.end, f":{number(bound)})")
            yield Diagnostic(node.start, node.end, "hint", sentence, fix)
        if node.shape == "square":
            written = self._prompt.raw(opened.end, node.start)
            _, colon, when = written.rpartition(":")
            if colon and _NUMBER.fullmatch(when):
                sentence = "This is no schedule, because it is not [from:to:when] with balanced brackets: it counts as emphasis."
                yield Diagnostic(opened.start, node.end, "warning", sentence)

    def _schedule(self, node: Schedule) -> Iterator[Diagnostic]:
        written = self._prompt.raw(node.start, node.end)
        if written.count(":") == 1 and _finite_at_least_one(node.when):
            what = written[1:].rpartition(":")[0].strip()
            fix = Fix(node.start, node.end, f"({what}:{node.when})")
            shown = f'"{_short(what)}"'
            if node.is_fraction and not self._hires_steps:
                sentence = f"{shown} never shows: square brackets make a schedule that begins after the last step."
                yield Diagnostic(node.start, node.end, "warning", sentence, fix)
                return
            if not node.is_fraction:
                sentence = f"{shown} shows after step {node.when}: square brackets make a schedule, no weight."
                yield Diagnostic(node.start, node.end, "hint", sentence, fix)
        yield from self._reach(node)

    def _reach(self, node: Schedule) -> Iterator[Diagnostic]:
        """Branches that no step shows."""
        steps = self._steps or 1000
        if not self._steps and not node.is_fraction and float(node.when) > 0:
            return
        first = Clock(steps, steps).switch(node)
        second = (
            steps if not self._hires_steps else Clock(self._hires_steps, self._hires_steps, 1.0, steps).switch(node)
        )
        if first == 0 and node.before:
            yield self._never(node, node.before, "begins before the first step")
        if first >= steps and (not self._hires_steps or second >= self._hires_steps) and node.after:
            yield self._never(node, node.after, "begins after the last step")

    def _never(self, node: Schedule, branch: tuple[AnyNode, ...], why: str) -> Diagnostic:
        start, end = branch[0].start, branch[-1].end
        what = _short(self._prompt.raw(start, end).strip())
        other = "what follows it" if branch is node.before else "it"
        return Diagnostic(start, end, "warning", f'"{what}" never shows: {other} {why}.')

    def _alternation(self, node: Alternation) -> Iterator[Diagnostic]:
        if 0 < self._steps < len(node.options):
            sentence = f"Only the first {self._steps} of these {len(node.options)} options show in {self._steps} steps."
            yield Diagnostic(node.start, node.end, "warning", sentence)


def _odd_weight(weight: float) -> bool:
    return not WEAK <= weight <= STRONG


def _stacked(node: Text, weight: float) -> Diagnostic:
    sentence = f"These brackets add up to a weight of {weight:.2f}: pictures tend to break outside 0.5 to 1.5."
    return Diagnostic(node.start, node.end, "hint", sentence)


def _finite_at_least_one(when: str) -> bool:
    return 1 <= float(when) < math.inf


def _short(what: str) -> str:
    return what if len(what) <= 40 else what[:39] + "…"


def _bars(prompt: Prompt) -> Iterator[Diagnostic]:
    """Bars that part nothing; those in braces belong to wildcards."""
    if "|" not in prompt.text:
        return
    sentence = 'This "|" parts nothing, because no square brackets of its own hold it: it counts as text.'
    hidden = [*_braces(prompt.text), *((tag.start, tag.end) for tag in prompt.tags)]
    covered = bytearray(len(prompt.text))
    for start, end in hidden:
        covered[start:end] = b"\1" * (end - start)
    for clause in prompt.clauses:
        for node in _texts(clause.nodes):
            for bar in _BAR.finditer(prompt.text, node.start, node.end):
                place = bar.start()
                if not covered[place] and not (place and prompt.text[place - 1] == "\\"):
                    yield Diagnostic(place, place + 1, "warning", sentence, Fix(place, place + 1, "\\|"))


def _texts(nodes: tuple[AnyNode, ...]) -> Iterator[Text]:
    for node in nodes:
        match node:
            case Text():
                yield node
            case Schedule():
                yield from _texts(node.before + node.after)
            case Alternation():
                for option in node.options:
                    yield from _texts(option)
            case _:
                pass


def _braces(text: str) -> list[tuple[int, int]]:
    """Where balanced braces begin and end that stand in no others."""
    stack: list[int] = []
    outermost: list[tuple[int, int]] = []
    for match in _BRACE.finditer(text):
        if match[0] == "{":
            stack.append(match.start())
        elif stack:
            start = stack.pop()
            while outermost and outermost[-1][0] > start:
                outermost.pop()
            outermost.append((start, match.end()))
    return outermost
