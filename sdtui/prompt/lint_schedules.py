"""Diagnostics about schedules and alternations: what no step ever shows, and weights that were taken for schedules."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from sdtui.prompt.nodes import Alternation, AnyNode, Diagnostic, Fix, Prompt, Schedule
from sdtui.prompt.timeline import clock_of

MOST_STEPS = 150
"""What is taken for the steps when nobody knows them: a branch that these do not show, no number of steps shows."""

SENSIBLE_STEPS = 10_000

HEAVIEST = 2.0
"""A number above it was not meant as a weight."""


class Passes(NamedTuple):
    """The steps of one or two passes; a set of steps is a number whose bits are the steps, the first pass's lowest."""

    steps: int
    hires_steps: int
    old: bool

    @property
    def every(self) -> int:
        """All steps of all passes."""
        return (1 << self.steps + self.hires_steps) - 1

    def before(self, node: Schedule) -> int:
        """The steps that show what stands before the switch."""
        held = (1 << clock_of(self.steps, old_timelines=self.old).switch(node)) - 1
        if self.hires_steps:
            clock = clock_of(self.steps, hires_steps=self.hires_steps, second_pass=True, old_timelines=self.old)
            held |= (1 << clock.switch(node)) - 1 << self.steps
        return held

    def turn(self, place: int, count: int) -> int:
        """The steps that show one of so many options."""
        first = sum(1 << step for step in range(place, self.steps, count))
        return first | sum(1 << step for step in range(place, self.hires_steps, count)) << self.steps


def lint_schedules(
    prompt: Prompt, steps: int, hires_steps: int, *, old_timelines: bool = False
) -> Iterator[Diagnostic]:
    """What of a prompt's schedules and alternations can never show (steps 0: not known)."""
    passes = Passes(min(steps, SENSIBLE_STEPS) or MOST_STEPS, min(hires_steps, SENSIBLE_STEPS), old_timelines)
    for clause in prompt.clauses:
        yield from _Walker(prompt, passes, steps > 0).branch(clause.nodes, passes.every)


class _Walker:
    """Walks the branches of a prompt with the steps that show each."""

    def __init__(self, prompt: Prompt, passes: Passes, steps_known: bool) -> None:
        self._prompt = prompt
        self._passes = passes
        self._steps_known = steps_known

    def branch(self, nodes: tuple[AnyNode, ...], shown: int) -> Iterator[Diagnostic]:
        """What is odd in a branch that the steps `shown` show; nothing, where that was said already."""
        if not shown:
            return
        for node in nodes:
            match node:
                case Schedule():
                    before = self._passes.before(node)
                    mistaken = self._mistaken(node, shown & ~before != 0)
                    yield from mistaken or self._reach(node, shown, before)
                    yield from self.branch(node.before, shown & before)
                    yield from self.branch(node.after, shown & ~before)
                case Alternation():
                    yield from self._turns(node, shown)
                    for place, option in enumerate(node.options):
                        yield from self.branch(option, shown & self._passes.turn(place, len(node.options)))
                case _:
                    pass

    def _mistaken(self, node: Schedule, shows: bool) -> list[Diagnostic]:
        """`[x:1.3]`, which was probably meant as a weight."""
        what = self._prompt.raw(node.start + 1, node.when_start - 1).strip()
        leading_colon = self._prompt.text[node.start + 1] == ":"
        if node.before or leading_colon or not what or not 1 <= float(node.when) < math.inf:
            return []
        weight_like = float(node.when) <= HEAVIEST
        fix = Fix(node.start, node.end, f"({what}:{node.when})") if weight_like else None
        if not shows and node.is_fraction:
            sentence = f'"{_short(what)}" never shows: square brackets make a schedule that begins after the last step.'
            return [Diagnostic(node.start, node.end, "warning", sentence, fix)]
        if shows and not node.is_fraction and weight_like:
            sentence = f'"{_short(what)}" shows after step {node.when}: square brackets make a schedule, no weight.'
            return [Diagnostic(node.start, node.end, "hint", sentence, fix)]
        return []

    def _reach(self, node: Schedule, shown: int, before: int) -> Iterator[Diagnostic]:
        if node.before and not shown & before:
            why = (
                "what is around it begins when it has ended"
                if before
                else "what follows it begins before the first step"
            )
            yield from self._never(node.before, why)
        if node.after and not shown & ~before:
            over = self._passes.every & ~before
            why = "what is around it has ended when it begins" if over else "it begins after the last step"
            yield from self._never(node.after, why)

    def _never(self, branch: tuple[AnyNode, ...], why: str) -> Iterator[Diagnostic]:
        start, end = branch[0].start, branch[-1].end
        what = self._prompt.raw(start, end).strip()
        if what:
            yield Diagnostic(start, end, "warning", f'"{_short(what)}" never shows: {why}.')

    def _turns(self, node: Alternation, shown: int) -> Iterator[Diagnostic]:
        count = len(node.options)
        turns = [place for place in range(count) if shown & self._passes.turn(place, count)]
        if len(turns) == count or not self._steps_known:
            return
        which = f"the first {len(turns)}" if turns == list(range(len(turns))) and len(turns) > 1 else f"{len(turns)}"
        steps = shown.bit_count()
        sentence = f"Only {which} of these {count} options can show in {steps} step{'s' if steps > 1 else ''}."
        yield Diagnostic(node.start, node.end, "warning", sentence)


def _short(what: str) -> str:
    return what if len(what) <= 40 else what[:39] + "…"
