"""Which characters of a prompt hold at a step: the branch that a schedule or an alternation shows then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sdtui.prompt.nodes import Alternation, AnyNode, Clause, Prompt, Schedule, Tag
from sdtui.prompt.timeline import Clock, clock_of

Stretch = tuple[int, int]


def active_at(
    prompt: Prompt,
    steps: int,
    step: int,
    *,
    hires_steps: int = 0,
    second_pass: bool = False,
    old_timelines: bool = False,
) -> tuple[Stretch, ...]:
    """Where the text is that holds at `step` (1-based, within the pass): stretches in order, none touching the next.

    Left out are the branches that do not hold, and the marks of their schedules and alternations; tags hold always.
    """
    clock = clock_of(steps, hires_steps=hires_steps, second_pass=second_pass, old_timelines=old_timelines)
    silent = [stretch for clause in prompt.clauses for stretch in _silent(clause.nodes, clock, clock.within(step))]
    return tuple(_without(0, len(prompt.text), _without_tags(prompt, silent)))


def said_at(prompt: Prompt, clause: Clause, clock: Clock, step: int) -> tuple[Stretch, ...]:
    """Where the words of a clause at a step stand, tags left out: put together they are the timeline's text."""
    silent = _silent(clause.nodes, clock, clock.within(step))
    tags = _stretches(prompt.tags_between(clause.start, clause.text_end))
    return tuple(_without(clause.start, clause.text_end, sorted([*silent, *tags])))


def _silent(nodes: tuple[AnyNode, ...], clock: Clock, step: int) -> Iterator[Stretch]:
    """What does not hold, in order."""
    for node in nodes:
        if isinstance(node, Schedule):
            branch = node.before if step <= clock.switch(node) else node.after
        elif isinstance(node, Alternation):
            branch = node.options[(step - 1) % len(node.options)]
        else:
            continue
        yield node.start, branch[0].start if branch else node.end
        if branch:
            yield from _silent(branch, clock, step)
            yield branch[-1].end, node.end


def _without_tags(prompt: Prompt, silent: Iterable[Stretch]) -> Iterator[Stretch]:
    """The silent stretches around the tags in them."""
    for start, end in silent:
        yield from _without(start, end, _stretches(prompt.tags_between(start, end)))


def _stretches(tags: Iterable[Tag]) -> list[Stretch]:
    return [(tag.start, tag.end) for tag in tags]


def _without(start: int, end: int, gaps: Iterable[Stretch]) -> Iterator[Stretch]:
    """What of a stretch is left between gaps in order, which may hold one another."""
    for gap_start, gap_end in gaps:
        if start < gap_start:
            yield start, gap_start
        start = max(start, gap_end)
    if start < end:
        yield start, end
