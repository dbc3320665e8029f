"""One device as the supervisor sees it: its worker, what is in flight on it, and how long it has been silent."""

from __future__ import annotations

import statistics
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sdtui.jobs.queue import Waiting
from sdtui.spec.event import StepDone
from sdtui.spec.job import Render
from sdtui.spec.orders import AnyOrder, Free
from sdtui.worker.host import WorkerProcess

FIRST_DEADLINE_S = 600.0
DEADLINE_FLOOR_S = 60.0
DEADLINE_STEPS = 20
STEPS_KEPT = 100
STARTS = 3

Shape = tuple[int, int, str]
"""What a step's time depends on: width and height in pixels, the path of the checkpoint."""


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """How workers are started: `folder` gets their logs, `options` go to each one's command line."""

    folder: Path
    options: tuple[str, ...]
    environ: Mapping[str, str]
    in_flight: int

    def log_path(self, device: str) -> Path:
        """Where a worker's stderr goes."""
        return self.folder / f"worker-{device.replace(':', '')}.log"


@dataclass
class Device:
    """The state of one device. At most `in_flight` renders at once; `failed_starts` counts workers that died before they were ready.

    `held` are the paths of the checkpoints in its memory, `released` whether they went to RAM or were dropped.
    """

    name: str
    in_flight: int
    process: WorkerProcess | None = None
    starting: bool = False
    ready: bool = False
    usable: bool = True
    failed_starts: int = 0
    running: dict[str, Waiting] = field(default_factory=dict)
    cancelling: set[str] = field(default_factory=set)
    last_sign: float = 0.0
    last_work: float = 0.0
    held: tuple[str, ...] = ()
    released: Literal["no", "to RAM", "dropped"] = "dropped"
    step_seconds: dict[Shape, deque[float]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=STEPS_KEPT))
    )

    @property
    def room(self) -> int:
        """How many more renders it may get; none beside a suspect that must run alone."""
        if not self.usable or any(one.alone for one in self.running.values()):
            return 0
        return self.in_flight - len(self.running)

    @property
    def groups(self) -> set[tuple[str, ...]]:
        """The groups that are in flight."""
        return {one.render.group_key for one in self.running.values()}

    @property
    def checkpoints(self) -> set[str]:
        """The paths of the checkpoints that it has, or will have loaded for what is in flight."""
        return {*self.held, *(one.render.checkpoint.path for one in self.running.values())}

    @property
    def deadline_s(self) -> float:
        """How long it may be silent: what the slowest shape in flight may need, 600 s while a shape is not measured."""
        deadlines = [self._deadline_s(_shape(one.render)) for one in self.running.values()]
        return max(deadlines, default=FIRST_DEADLINE_S)

    def measure(self, step: StepDone) -> None:
        """Remember how long a step of this shape takes."""
        one = self.running.get(step.render_id)
        if one is not None:
            self.step_seconds[_shape(one.render)].append(step.seconds)

    def _deadline_s(self, shape: Shape) -> float:
        if shape not in self.step_seconds:
            return FIRST_DEADLINE_S
        return max(DEADLINE_FLOOR_S, DEADLINE_STEPS * statistics.median(self.step_seconds[shape]))

    def rest(self, now: float, after_s: float) -> None:
        """Without work for so long (0: never) models go to RAM, and after twice as long they are dropped."""
        if not after_s or not self.ready or self.running:
            return
        idle_s = now - self.last_work
        if self.released == "no" and idle_s > after_s:
            self.released = "to RAM"
            self.send(Free(keep=True))
        elif self.released == "to RAM" and idle_s > 2 * after_s:
            self.release()

    def release(self) -> None:
        """Have the worker drop every model."""
        self.released = "dropped"
        self.send(Free())

    def send(self, order: AnyOrder) -> None:
        """Send an order to the worker, if there is one."""
        if self.process is not None:
            self.process.send(order)


def _shape(render: Render) -> Shape:
    return (render.params.width, render.params.height, render.checkpoint.path)
