"""Which pictures can be looked at over the whole screen, and which one comes before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sdtui.spec.jobview import JobView
from sdtui.ui.showing.looking import Looking
from sdtui.ui.state import StudioState


class Subject(NamedTuple):
    """A picture that can be looked at: where it is, what it is called, and whether it is a file from outside."""

    path: str
    name: str
    outside: bool = False


class Sight(NamedTuple):
    """What can be looked at: the pictures, the one to begin with, and the one before it, to compare it with."""

    subjects: Sequence[Subject]
    at: int = 0
    before: Subject | None = None


def sight_of(state: StudioState, looking: Looking) -> Sight | None:
    """The selected job's finished pictures, or the opened file; before it comes what was finished before. None without any."""
    pictures = [subject for job in state.jobs.values() for subject in _subjects(job)]
    if looking.opened:
        opened = Subject(looking.opened, looking.opened.rpartition("/")[2], outside=True)
        return Sight((opened,), before=pictures[-1] if pictures else None)
    job, path = state.jobs.get(looking.selected), looking.path
    own = _subjects(job) if job is not None else []
    at = next((number for number, subject in enumerate(own) if subject.path == path), None)
    if at is None:
        return None
    place = pictures.index(own[at])
    return Sight(tuple(own), at, pictures[place - 1] if place else None)


def _subjects(job: JobView) -> list[Subject]:
    return [
        Subject(render.path, f"#{job.id} {render.path.rpartition('/')[2]}")
        for render in job.renders
        if render.state == "done" and render.path
    ]
