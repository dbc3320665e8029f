"""Which text holds at which step: schedules and alternations unrolled over the steps of a pass."""

from __future__ import annotations

from typing import NamedTuple

from sdtui.prompt.emphasis import Run, runs
from sdtui.prompt.nodes import Alternation, AnyNode, Clause, Prompt, Schedule

__all__ = ["Clock", "Part", "Run", "Scheduled", "clock_of", "timeline"]


class Scheduled(NamedTuple):
    """What holds up to and including step `until` (1-based): the runs, and the text they were read from."""

    until: int
    runs: tuple[Run, ...]
    text: str = ""


class Part(NamedTuple):
    """A noise prediction of its own (AND) with its weight; the schedule covers every step."""

    weight: float
    schedule: tuple[Scheduled, ...]


class Clock(NamedTuple):
    """The `steps` of a pass: where a schedule's number falls in it.

    A fraction counts from `fraction_from` in passes of `whole` steps, a step from `step_from`; with `old` a number below 1
    is a fraction, and any other a step.
    """

    steps: int
    whole: float
    fraction_from: float = 0.0
    step_from: float = 0.0
    old: bool = False

    def switch(self, schedule: Schedule) -> int:
        """The last step of `before`: 0 is none of them, `steps` all of them."""
        number = float(schedule.when)
        if self.old:
            number = number * self.whole if number < 1 else number
        elif schedule.is_fraction:
            number = (number - self.fraction_from) * self.whole
        else:
            number -= self.step_from
        return int(max(0.0, min(float(self.steps), number)))

    def within(self, step: int) -> int:
        """The nearest step of the pass, 1..`steps`."""
        return max(1, min(self.steps, step))


def clock_of(steps: int, *, hires_steps: int = 0, second_pass: bool = False, old_timelines: bool = False) -> Clock:
    """The clock of a first pass of `steps` steps, or of the second pass behind it; the arguments are those of `timeline`."""
    steps = max(1, steps)
    second = hires_steps if hires_steps > 0 else steps
    if not second_pass:
        return Clock(steps, steps, old=old_timelines)
    if old_timelines:
        return Clock(second, steps, old=True)
    return Clock(second, second, 1.0, steps)


def timeline(
    prompt: Prompt,
    steps: int,
    *,
    hires_steps: int = 0,
    second_pass: bool = False,
    old_timelines: bool = False,
    inner_replaces: bool = False,
) -> tuple[Part, ...]:
    """The parts of the prompt over `steps` steps, or over the `hires_steps` of the second pass (0: as many as the first).

    In the second pass fractions 1..2 and steps beyond the first pass's count. `old_timelines` reads numbers as
    before A1111 1.6: below 1 a fraction of the first pass's steps, from 1 a step, in both passes. `inner_replaces` lets an
    inner explicit weight replace the outer ones (as ComfyUI).
    """
    clock = clock_of(steps, hires_steps=hires_steps, second_pass=second_pass, old_timelines=old_timelines)
    return tuple(_part(prompt, clause, clock, inner_replaces) for clause in prompt.clauses)


def _part(prompt: Prompt, clause: Clause, clock: Clock, inner_replaces: bool) -> Part:
    pieces = _pieces(prompt, clause.nodes, clock)
    read: dict[str, tuple[Run, ...]] = {}
    schedule: list[Scheduled] = []
    for until in sorted({clock.steps, *_ends(pieces, clock.steps)}):
        words: list[str] = []
        _say(pieces, until, words)
        text = "".join(words)
        if schedule and schedule[-1].text == text:
            schedule.pop()
        if text not in read:
            read[text] = runs(text, inner_replaces=inner_replaces) if prompt.marked else (Run(text, 1.0),)
        schedule.append(Scheduled(until, read[text], text))
    return Part(clause.weight, tuple(schedule))


class _Switch(NamedTuple):
    """`before` up to and including a step, then `after`."""

    step: int
    before: list[_Piece]
    after: list[_Piece]


class _Wheel(NamedTuple):
    """Another option each step."""

    options: list[list[_Piece]]


_Piece = str | _Switch | _Wheel


def _pieces(prompt: Prompt, nodes: tuple[AnyNode, ...], clock: Clock) -> list[_Piece]:
    """The nodes as text that never changes and the places where it does."""
    if not nodes:
        return []
    pieces: list[_Piece] = []
    start = nodes[0].start
    for node in nodes:
        if isinstance(node, Schedule | Alternation):
            if start < node.start:
                pieces.append(prompt.raw(start, node.start))
            start = node.end
        if isinstance(node, Schedule):
            before, after = _pieces(prompt, node.before, clock), _pieces(prompt, node.after, clock)
            pieces.append(_Switch(clock.switch(node), before, after))
        elif isinstance(node, Alternation):
            pieces.append(_Wheel([_pieces(prompt, option, clock) for option in node.options]))
    if start < nodes[-1].end:
        pieces.append(prompt.raw(start, nodes[-1].end))
    return pieces


def _ends(pieces: list[_Piece], steps: int) -> set[int]:
    """The steps after which the text may change."""
    ends: set[int] = set()
    for piece in pieces:
        if isinstance(piece, _Switch):
            ends |= {piece.step} - {0} | _ends(piece.before, steps) | _ends(piece.after, steps)
        elif isinstance(piece, _Wheel):
            return set(range(1, steps + 1))
    return ends


def _say(pieces: list[_Piece], step: int, words: list[str]) -> None:
    """Add the words of a step."""
    for piece in pieces:
        if isinstance(piece, str):
            words.append(piece)
        elif isinstance(piece, _Switch):
            _say(piece.before if step <= piece.step else piece.after, step, words)
        else:
            _say(piece.options[(step - 1) % len(piece.options)], step, words)
