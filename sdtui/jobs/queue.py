"""The order in which renders are handed to workers; plain data, no clock and no I/O of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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

    def of_job(self, job_id: int) -> tuple[Waiting, ...]:
        """The waiting renders of a job; 0 means of every job."""
        return tuple(one for one in self if job_id in (0, one.render.job_id))

    def take(self, *, now: float, loaded: Iterable[tuple[str, ...]], running: int) -> Waiting | None:
        """The next render for a worker that has `running` in flight, or None when it should not get one now.

        Renders whose group is among `loaded` come first, looked for among the first LOOK_AHEAD and only while the
        oldest has not waited for PATIENCE_S; a suspect (`alone`) is given only to an empty worker.
        """
        groups = set(loaded)
        first: Waiting | None = None
        for one in islice(self, LOOK_AHEAD):
            if one.alone and running:
                continue
            if first is None:
                first = one
                if now - one.queued_at > PATIENCE_S:
                    break
            if one.render.group_key in groups:
                first = one
                break
        if first is not None:
            del self._waiting[first.render.id]
        return first
