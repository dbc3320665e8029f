"""The order in which renders are handed to workers; plain data, no clock and no I/O of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from sdtui.spec.job import Render

LOOK_AHEAD = 64
PATIENCE_S = 600.0


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A render in the queue since `queued_at` (seconds of the caller's clock).

    `deaths` counts the workers that died while it ran alone, `alone` makes it run so.
    """

    render: Render
    queued_at: float
    alone: bool = False
    deaths: int = 0


class RenderQueue:
    """Renders in the order of their submission; the next one is the first whose checkpoint is loaded, within bounds."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}
        self._held: set[int] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Waiting]:
        return iter(self._waiting.values())

    def append(self, waiting: Iterable[Waiting]) -> None:
        """Put renders at the end."""
        for one in waiting:
            self._waiting[one.render.id] = one

    def put_first(self, waiting: Iterable[Waiting]) -> None:
        """Put renders back at the front, in their order (their worker ended)."""
        front = {one.render.id: one for one in waiting}
        self._waiting = front | {key: one for key, one in self._waiting.items() if key not in front}

    def remove(self, render_id: str) -> bool:
        """Take a render out; False when it is not waiting."""
        return self._waiting.pop(render_id, None) is not None

    @property
    def order(self) -> tuple[int, ...]:
        """The jobs in the order of their first waiting renders."""
        return tuple(dict.fromkeys(one.render.job_id for one in self))

    @property
    def held(self) -> tuple[int, ...]:
        """The waiting jobs whose renders are kept back."""
        return tuple(job_id for job_id in self.order if job_id in self._held)

    def hold(self, job_id: int, *, held: bool) -> bool:
        """Keep a job's renders back, or let them have their turn again; whether that is a change."""
        if held == (job_id in self._held):
            return False
        (self._held.add if held else self._held.discard)(job_id)
        return True

    def arrange(self, order: Iterable[int]) -> None:
        """Bring the jobs into this order, each one's renders together; jobs it does not name come after, as they were."""
        places = {job_id: place for place, job_id in enumerate(dict.fromkeys((*order, *self.order)))}
        by_job = sorted(self._waiting.items(), key=lambda item: places[item[1].render.job_id])
        self._waiting = dict(by_job)

    def move(self, job_id: int, by: int) -> bool:
        """Let a job come so many jobs later (earlier when negative); whether that is a change."""
        before = self.order
        if job_id not in before:
            return False
        others = [other for other in before if other != job_id]
        at = max(0, min(before.index(job_id) + by, len(others)))
        self.arrange((*others[:at], job_id, *others[at:]))
        return self.order != before

    def of_job(self, job_id: int) -> tuple[Waiting, ...]:
        """The waiting renders of a job; 0 means of every job."""
        return tuple(one for one in self if job_id in (0, one.render.job_id))

    def take(
        self,
        *,
        now: float,
        loaded: Collection[tuple[str, ...]],
        running: int,
        held: Collection[str] = (),
        elsewhere: Collection[str] = (),
    ) -> Waiting | None:
        """The next render for a worker that has `running` in flight, or None when it should not get one now.

        Renders whose group is among `loaded` come first, then those whose checkpoint's path is among `held`, looked for among
        the first LOOK_AHEAD and only while the oldest has not waited for PATIENCE_S. One whose checkpoint is held `elsewhere` is
        left to that worker. A suspect (`alone`) is given only to an empty worker, one that is held to none.
        """
        best: Waiting | None = None
        best_rank = 3
        ready = (one for one in self if one.render.job_id not in self._held)
        for one in islice(ready, LOOK_AHEAD):
            if one.alone and running:
                continue
            path = one.render.checkpoint.path
            rank = 0 if one.render.group_key in loaded else 1 if path in held else 2
            if rank == 2 and path in elsewhere and not one.alone:
                continue
            if rank < best_rank:
                best, best_rank = one, rank
            if best_rank == 0 or now - one.queued_at > PATIENCE_S:
                break
        if best is not None:
            del self._waiting[best.render.id]
        return best
