"""The lines of the job list: a job each, newest first, and below an unfolded one its pictures. Knows no widget."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sdtui.spec.jobview import JobView, RenderView


class Entry(NamedTuple):
    """A line: a job, or one of its pictures."""

    job: JobView
    render: RenderView | None = None

    @property
    def key(self) -> tuple[int, str]:
        """What names the line: the job's number, and the picture's id or nothing."""
        return (self.job.id, self.render.id if self.render is not None else "")


class JobList:
    """Lines are made when they are asked for: an unfolded job may have ten thousand."""

    def __init__(self) -> None:
        self._jobs: list[JobView] = []
        self._starts: list[int] = []
        self._places: dict[int, int] = {}
        self._unfolded: set[int] = set()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def jobs(self) -> Sequence[JobView]:
        """The jobs that have lines, newest first."""
        return self._jobs

    def update(self, jobs: Sequence[JobView], words: Sequence[str] = ()) -> None:
        """These jobs, oldest first, and of them those that have all of the words, which are lower-case."""
        self._jobs = [job for job in reversed(jobs) if not words or all(word in _said(job) for word in words)]
        self._starts, self._places, self._count = [], {}, 0
        for place, job in enumerate(self._jobs):
            self._starts.append(self._count)
            self._places[job.id] = place
            self._count += 1 + (len(job.renders) if job.id in self._unfolded else 0)

    def entry(self, row: int) -> Entry:
        """The line of this number; raises IndexError."""
        if not 0 <= row < self._count:
            raise IndexError(row)
        place = bisect_right(self._starts, row) - 1
        job, below = self._jobs[place], row - self._starts[place]
        return Entry(job, job.renders[below - 1] if below else None)

    def row_of(self, key: tuple[int, str]) -> int | None:
        """The line's number, that of its job when the picture has none; None when the job has none."""
        place = self._places.get(key[0])
        if place is None:
            return None
        job, start = self._jobs[place], self._starts[place]
        if not key[1] or job.id not in self._unfolded:
            return start
        below = (number for number, render in enumerate(job.renders, 1) if render.id == key[1])
        return start + next(below, 0)

    def is_unfolded(self, job_id: int) -> bool:
        """The job's pictures have lines."""
        return job_id in self._unfolded

    def fold(self, job_id: int, *, folded: bool) -> bool:
        """Give a job's pictures lines or take them away, from the next `update` on; whether that is a change.

        A job of one picture has no more to show.
        """
        place = self._places.get(job_id)
        if place is None or len(self._jobs[place].renders) < 2 or folded != (job_id in self._unfolded):
            return False
        (self._unfolded.discard if folded else self._unfolded.add)(job_id)
        return True


def _said(job: JobView) -> str:
    """What a filter looks in: number, state, prompts, checkpoint."""
    document = job.document
    return f"#{job.id} {job.state} {document.prompt} {document.negative_prompt} {document.checkpoint}".lower()
