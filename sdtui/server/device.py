"""One device as the supervisor sees it: its worker, what is in flight on it, and how long it has been silent."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sdtui.jobs.queue import Waiting
from sdtui.spec.orders import AnyOrder, Free
from sdtui.worker.host import WorkerProcess

FIRST_DEADLINE_S = 600.0
DEADLINE_FLOOR_S = 60.0
DEADLINE_STEPS = 20
STARTS = 3


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
    step_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=100))

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
        """How long it may be silent while it has work: 600 s until a step was measured (spec: the first has that)."""
        if not self.step_seconds:
            return FIRST_DEADLINE_S
        return max(DEADLINE_FLOOR_S, DEADLINE_STEPS * statistics.median(self.step_seconds))

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
