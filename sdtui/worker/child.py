"""The worker's process: takes orders, drives a renderer turn by turn, reports what came out.

Started by `host` as `python -m sdtui.worker DEVICE --state FOLDER`. Its stdout carries frames alone: the descriptor is
moved aside first, so that whatever a library prints goes to the log.
"""

from __future__ import annotations

import importlib
import os
import queue
from pathlib import Path
from typing import assert_never

from sdtui.errors import SdtuiError
from sdtui.spec.complaint import complaint_of
from sdtui.spec.document import Document
from sdtui.spec.event import Cancelled, Failed, LogLine, Preview, Started, StepDone, WorkerState
from sdtui.spec.orders import AnyOrder, Drop, Free, Paint, Quit, Skip, Tune, Warm
from sdtui.spec.outcome import Begun, Broken, Left, Loading, Outcome, Painted, Renderer, Sketched, Stepped
from sdtui.weights.hashes import HashStore
from sdtui.worker.devices import DeviceLock
from sdtui.worker.looks import Looks
from sdtui.worker.pipe import Pipe
from sdtui.worker.publisher import Publisher

NO_DEVICE = 3
LOCK_RETRY_S = 1.0


def take_stdout() -> int:
    """A descriptor for frames; from now on everything printed goes to stderr."""
    moved = os.dup(1)
    os.dup2(2, 1)
    return moved


def open_renderer(name: str, device: str) -> Renderer:
    """The renderer `module:class`, made for a device. Imports torch, which takes seconds."""
    module, _, attribute = name.partition(":")
    made: Renderer = getattr(importlib.import_module(module), attribute)(device)
    return made


class Child:
    """The loop between orders and renderer."""

    def __init__(self, pipe: Pipe, publisher: Publisher, lock: DeviceLock, device: str) -> None:
        self._pipe = pipe
        self._publisher = publisher
        self._lock = lock
        self._device = device
        self._documents: dict[str, Document] = {}
        self._outside: dict[str, Paint | Warm] = {}

    def run(self, renderer: Renderer) -> None:
        """Work until the pipe closes, which ends the process."""
        self._pipe.on_drop = renderer.forsake
        self._state("ready")
        while True:
            self._take_orders(renderer)
            if self._outside:
                self._enter(renderer)
            for outcome in renderer.turn():
                self._report(outcome)

    def _take_orders(self, renderer: Renderer) -> None:
        """Every order that is there; waits for one when there is nothing to do, a while when the device is taken."""
        wait, timeout = renderer.idle, LOCK_RETRY_S if self._outside else None
        while True:
            try:
                order = self._pipe.orders.get(block=wait, timeout=timeout)
            except queue.Empty:
                return
            wait = False
            self._obey(order, renderer)

    def _obey(self, order: AnyOrder, renderer: Renderer) -> None:
        match order:
            case Paint(render=render):
                self._documents[render.id] = order.document
                self._publisher.hash_all_soon(render)
                self._outside[render.id] = order
            case Warm():
                self._publisher.hash_soon(order.checkpoint)
                self._outside[""] = order
            case Drop(render_id=render_id):
                waiting = self._outside.pop(render_id, None)
                if isinstance(waiting, Paint):
                    self._report(Left(render=waiting.render))
                else:
                    renderer.cancel(render_id)
            case Free(keep=keep):
                self._free(renderer, keep=keep)
            case Tune(tuning=tuning):
                renderer.tune(tuning)
            case Skip(chore=chore):
                self._publisher.skip(chore)
            case Quit():
                os._exit(0)
            case _:
                assert_never(order)

    def _free(self, renderer: Renderer, *, keep: bool) -> None:
        """Give the device's memory back, and the device itself unless a picture is being made on it."""
        renderer.release(keep=keep)
        if renderer.idle:
            self._lock.release()
        self._pipe.send(WorkerState(device=self._device, state="ready" if renderer.idle else "rendering", held=()))

    def _enter(self, renderer: Renderer) -> None:
        """Hand what was ordered to the renderer, once the device is ours."""
        holder = self._lock.acquire()
        if holder:
            self._state("waiting", f"{self._device} is in use by {holder}")
            return
        for order in self._outside.values():
            if isinstance(order, Paint):
                renderer.add(order.render, alone=order.alone)
            else:
                renderer.warm(order.checkpoint)
        self._outside.clear()

    def _report(self, outcome: Outcome) -> None:
        match outcome:
            case Begun(render=r):
                self._pipe.send(Started(job_id=r.job_id, render_id=r.id, device=self._device))
            case Stepped(render=r):
                self._pipe.send(
                    StepDone(
                        job_id=r.job_id,
                        render_id=r.id,
                        step=outcome.step,
                        steps=outcome.steps,
                        batch=outcome.batch,
                        seconds=outcome.seconds,
                    )
                )
            case Sketched(render=r, width_px=width, height_px=height):
                preview = Preview(job_id=r.job_id, render_id=r.id, step=outcome.step, width_px=width, height_px=height)
                self._pipe.send(preview, outcome.rgb)
            case Painted(render=r):
                self._publisher.put(outcome, self._documents.pop(r.id))
            case Broken(render=r, error=error):
                self._documents.pop(r.id, None)
                self._pipe.send(Failed(job_id=r.job_id, render_id=r.id, error=complaint_of(error)))
            case Left(render=r):
                self._documents.pop(r.id, None)
                self._pipe.send(Cancelled(job_id=r.job_id, render_id=r.id))
            case Loading():
                self._pipe.send(
                    WorkerState(
                        device=self._device,
                        state=outcome.state,
                        text=outcome.text,
                        progress=outcome.progress,
                        memory=outcome.memory,
                        checkpoint=outcome.checkpoint,
                        held=outcome.held,
                    )
                )
            case _:
                assert_never(outcome)

    def _state(self, state: str, text: str = "") -> None:
        self._pipe.send(WorkerState(device=self._device, state=state, text=text))  # type: ignore[arg-type]


def run(device: str, state: Path, locks: Path, renderer: str) -> int:
    """Be the worker for `device`; returns only when the device cannot be used, with exit code 3."""
    pipe = Pipe(os.dup(0), take_stdout())
    pipe.start()
    pipe.send(WorkerState(device=device, state="starting", text="loading torch"))
    try:
        made = open_renderer(renderer, device)
    except SdtuiError as error:
        pipe.send(LogLine(level="error", text=str(error)))
        return NO_DEVICE
    looks = Looks(state / f"looks-{device.replace(':', '')}.json")
    publisher = Publisher(pipe.send, HashStore(state / "hashes.json"), looks, owner=device)
    publisher.start()
    lock = DeviceLock(locks, device, f"{state.name} (pid {os.getpid()})")
    Child(pipe, publisher, lock, device).run(made)
    return 0
