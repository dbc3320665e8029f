"""Which text holds at which step: schedules and alternations unrolled over the steps of a pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sdtui.prompt.emphasis import Run, runs
from sdtui.prompt.nodes import Alternation, AnyNode, Clause, Prompt, Schedule

__all__ = ["Part", "Run", "Scheduled", "timeline"]


class Scheduled(NamedTuple):
    """What holds up to and including step `until` (1-based): the runs, and the text they were read from."""

    until: int
    runs: tuple[Run, ...]
    text: str = ""


class Part(NamedTuple):
    """A noise prediction of its own (AND) with its weight; the schedule covers every step."""

    weight: float
    schedule: tuple[Scheduled, ...]


class _Clock(NamedTuple):
    """The pass whose steps are counted: how a schedule's number becomes one of its steps."""

    steps: int
    whole: float
    fraction_from: float = 0.0
    step_from: float = 0.0
    old: bool = False

    def step(self, schedule: Schedule) -> int:
        """The last step of `before`: 0 is none of them, `steps` all of them."""
        number = float(schedule.when)
        if self.old:
            number = number * self.whole if number < 1 else number
        elif schedule.is_fraction:
            number = (number - self.fraction_from) * self.whole
        else:
            number -= self.step_from
        return int(max(0.0, min(float(self.steps), number)))


def timeline(
    prompt: Prompt, steps: int, *, hires_steps: int = 0, second_pass: bool = False, old_timelines: bool = False
) -> tuple[Part, ...]:
    """The parts of the prompt over `steps` steps, or over the `hires_steps` of the second pass (0: as many as the first).

    In the second pass fractions 1..2 and steps beyond the first pass's count. `old_timelines` reads numbers as
    before A1111 1.6: below 1 a fraction of the first pass's steps, from 1 a step, in both passes.
    """
    steps = max(1, steps)
    second = hires_steps if hires_steps > 0 else steps
    if not second_pass:
        clock = _Clock(steps, steps, old=old_timelines)
    elif old_timelines:
        clock = _Clock(second, steps, old=True)
    else:
        clock = _Clock(second, second, 1.0, steps)
    return tuple(_part(prompt, clause, clock) for clause in prompt.clauses)


def _part(prompt: Prompt, clause: Clause, clock: _Clock) -> Part:
    pieces = _pieces(prompt, clause.nodes)
    read: dict[str, tuple[Run, ...]] = {}
    schedule: list[Scheduled] = []
    for until in sorted({clock.steps, *_ends(pieces, clock)}):
        text = "".join(_at(pieces, until, clock))
        if schedule and schedule[-1].text == text:
            schedule.pop()
        if text not in read:
            read[text] = runs(text) if prompt.marked else (Run(text, 1.0),)
        schedule.append(Scheduled(until, read[text], text))
    return Part(clause.weight, tuple(schedule))


class _Switch(NamedTuple):
    """`before` and `after` a step."""

    schedule: Schedule
    before: list[_Piece]
    after: list[_Piece]


class _Wheel(NamedTuple):
    """Another option each step."""

    options: list[list[_Piece]]


_Piece = str | _Switch | _Wheel


def _pieces(prompt: Prompt, nodes: tuple[AnyNode, ...]) -> list[_Piece]:
    """The nodes as text that never changes and the places where it does."""
    pieces: list[_Piece] = []
    start = nodes[0].start if nodes else 0
    for node in nodes:
        if isinstance(node, Schedule | Alternation):
            pieces.append(prompt.raw(start, node.start))
            start = node.end
        if isinstance(node, Schedule):
            pieces.append(_Switch(node, _pieces(prompt, node.before), _pieces(prompt, node.after)))
        elif isinstance(node, Alternation):
            pieces.append(_Wheel([_pieces(prompt, option) for option in node.options]))
    if nodes:
        pieces.append(prompt.raw(start, nodes[-1].end))
    return pieces


def _ends(pieces: list[_Piece], clock: _Clock) -> Iterator[int]:
    """The steps after which the text may change."""
    for piece in pieces:
        if isinstance(piece, _Switch):
            step = clock.step(piece.schedule)
            if step:
                yield step
            yield from _ends(piece.before, clock)
            yield from _ends(piece.after, clock)
        elif isinstance(piece, _Wheel):
            yield from range(1, clock.steps + 1)
            for option in piece.options:
                yield from _ends(option, clock)


def _at(pieces: list[_Piece], step: int, clock: _Clock) -> Iterator[str]:
    """The text at a step, in pieces."""
    for piece in pieces:
        if isinstance(piece, str):
            yield piece
        elif isinstance(piece, _Switch):
            yield from _at(piece.before if step <= clock.step(piece.schedule) else piece.after, step, clock)
        else:
            yield from _at(piece.options[(step - 1) % len(piece.options)], step, clock)
