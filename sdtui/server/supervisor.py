"""Drives the workers: starts them, hands out renders, listens, and puts things right when one dies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from sdtui.jobs.queue import RenderQueue, Waiting
from sdtui.server.aftermath import decide, does_not_start, killed_its_worker
from sdtui.server.device import STARTS, Device, WorkerSettings
from sdtui.server.journal import Journal
from sdtui.server.sharing import next_share
from sdtui.spec.complaint import complaint_of
from sdtui.spec.event import Cancelled, Cancelling, Failed, Published, Requeued, StepDone, WorkerState
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile
from sdtui.spec.orders import AnyReport, Drop, Heartbeat, Paint, Skip, Tune, Warm
from sdtui.spec.tuning import Tuning
from sdtui.worker.child import NO_DEVICE
from sdtui.worker.host import WorkerProcess

Adopt = Callable[[Render], bool]


class Supervisor:
    """The workers of a server and the queue they draw from."""

    def __init__(
        self,
        devices: Iterable[str],
        queue: RenderQueue,
        journal: Journal,
        settings: WorkerSettings,
        *,
        clock: Callable[[], float],
        adopt: Adopt,
    ) -> None:
        """`clock` is monotonic seconds; `adopt` says whether a render's picture is on the disk already, whole."""
        self.devices = {name: Device(name, settings.in_flight) for name in devices}
        self._queue = queue
        self._journal = journal
        self._settings = settings
        self._clock = clock
        self._adopt = adopt
        self._warm: ModelFile | None = None
        self._tuning = Tuning()
        self._tasks: set[asyncio.Task[None]] = set()
        self.draining = False

    @property
    def busy(self) -> bool:
        """Something is in flight that somebody still wants."""
        return any(device.running.keys() - device.cancelling for device in self.devices.values())

    @property
    def now(self) -> float:
        """Seconds of the clock that the queue's patience is counted with."""
        return self._clock()

    def configure(self, *, in_flight: int, tuning: Tuning) -> None:
        """How many renders each device gets at once from now on, and how it is used."""
        self._tuning = replace(tuning, workers=len(self.devices))
        for device in self.devices.values():
            device.in_flight = in_flight
            if device.ready:
                device.send(Tune(tuning=self._tuning))

    def warm(self, checkpoint: ModelFile) -> None:
        """Start every worker and have this checkpoint loaded before anybody waits for it."""
        self._warm = checkpoint
        for device in self.devices.values():
            if device.ready:
                device.released = "no"
                device.send(Warm(checkpoint=checkpoint))
            self._ensure(device)

    def pump(self) -> None:
        """Hand out renders while there are some and a worker has room."""
        while not self.draining and len(self._queue):
            share = next_share(self.devices.values(), self._queue, self._clock())
            if share is None:
                return
            self._give(share.device, share.one)

    def revive(self) -> None:
        """Somebody wants a picture: devices whose worker could not be started are tried again."""
        for device in self.devices.values():
            if not device.usable:
                device.usable, device.failed_starts = True, 0

    def cancel(self, job_id: int) -> int:
        """Take back what is queued or in flight of a job (0: of every job); the number of pictures concerned."""
        count = 0
        for one in self._queue.of_job(job_id):
            self._queue.remove(one.render.id)
            self._journal.note(Cancelled(job_id=one.render.job_id, render_id=one.render.id))
            count += 1
        for device in self.devices.values():
            flying = [one.render for one in device.running.values() if job_id in (0, one.render.job_id)]
            for render in flying:
                self._take_back(device, render)
            count += len(flying)
        return count

    def recall(self, job_id: int) -> None:
        """Put a job's renders back into the queue where no worker has been told of them yet."""
        for device in self.devices.values():
            if not device.ready:
                back = [one for one in device.running.values() if one.render.job_id == job_id]
                for one in back:
                    del device.running[one.render.id]
                self._queue.put_first(back)

    def skip(self, chore: str) -> int:
        """Have the workers give up a chore ("": all that can be); how many there are."""
        chores = [one for one in self._journal.chores if one.can_stop and chore in ("", one.id)]
        for one in chores:
            for device in self.devices.values():
                device.send(Skip(chore=one.id))
        return len(chores)

    def _take_back(self, device: Device, render: Render) -> None:
        """Have a worker drop a render; one that is not ready has not been told of it yet."""
        if device.ready:
            device.cancelling.add(render.id)
            device.send(Drop(render_id=render.id))
            self._journal.note(Cancelling(job_id=render.job_id, render_id=render.id))
        else:
            del device.running[render.id]
            self._journal.note(Cancelled(job_id=render.job_id, render_id=render.id))

    def release(self) -> int:
        """Have every worker that has nothing to do give its device's memory back; how many were told."""
        ready = [device for device in self.devices.values() if device.ready and not device.running]
        for device in ready:
            device.release()
        return len(ready)

    def check(self, release_after_s: float) -> None:
        """Called every second: kill a worker that is silent for too long, release a device that is idle for long."""
        now = self._clock()
        for device in self.devices.values():
            if device.process is None:
                continue
            if (device.running or not device.ready) and now - device.last_sign > device.deadline_s:
                self._journal.log(
                    f"The worker on {device.name} gave no sign for {now - device.last_sign:.0f} s; it is replaced.",
                    level="error",
                )
                device.process.kill()
            device.rest(now, release_after_s)

    async def stop(self) -> None:
        """End every worker; what was in flight stays planned, but for what was being taken back."""
        self.draining = True
        for device in self.devices.values():
            for one in [device.running.pop(render_id) for render_id in device.cancelling & device.running.keys()]:
                self._journal.note(Cancelled(job_id=one.render.job_id, render_id=one.render.id))
        processes = [device.process for device in self.devices.values() if device.process is not None]
        await asyncio.gather(*(process.quit() for process in processes))
        for task in self._tasks:
            task.cancel()

    def _give(self, device: Device, one: Waiting) -> None:
        if not device.running:
            device.last_sign = self._clock()
        device.running[one.render.id] = one
        if device.ready:
            self._order(device, one)
        self._ensure(device)

    def _order(self, device: Device, one: Waiting) -> None:
        device.released = "no"
        document = self._journal.view(one.render.job_id).document
        device.send(Paint(render=one.render, document=document, alone=one.alone))

    def _ensure(self, device: Device) -> None:
        if device.process is None and not device.starting and device.usable:
            device.starting = True
            task = asyncio.create_task(self._start(device))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _start(self, device: Device) -> None:
        device.last_sign = self._clock()
        device.step_seconds.clear()
        self._journal.note(WorkerState(device=device.name, state="starting", text="starting"))
        try:
            device.process = await WorkerProcess.start(
                (device.name, *self._settings.options),
                log=self._settings.log_path(device.name),
                environ=self._settings.environ,
                on_report=lambda report, blob: self._heard(device, report, blob),
                on_exit=lambda status: self._ended(device, status),
            )
        except OSError as error:
            device.starting = False
            device.failed_starts += 1
            self._journal.log(f"The worker on {device.name} cannot be started: {error}.", level="error")
            self._give_up(device)

    def _heard(self, device: Device, report: AnyReport, blob: bytes) -> None:
        if isinstance(report, Heartbeat):
            return
        device.last_sign = self._clock()
        if isinstance(report, WorkerState):
            self._became(device, report)
        elif isinstance(report, StepDone):
            device.measure(report)
        elif isinstance(report, Published | Failed | Cancelled):
            if report.render_id not in device.running:
                return
            del device.running[report.render_id]
            device.cancelling.discard(report.render_id)
            device.last_work = device.last_sign
        self._journal.note(report, blob)
        if isinstance(report, Published | Failed | Cancelled):
            self.pump()

    def _became(self, device: Device, state: WorkerState) -> None:
        if state.held is not None:
            device.held = state.held
        if state.state != "ready" or device.ready:
            return
        device.ready, device.starting, device.failed_starts = True, False, 0
        device.last_work = self._clock()
        device.send(Tune(tuning=self._tuning))
        for one in device.running.values():
            self._order(device, one)
        if self._warm is not None and not device.running:
            device.released = "no"
            device.send(Warm(checkpoint=self._warm))

    def _ended(self, device: Device, status: int) -> None:
        was_ready = device.ready
        self._journal.end_chores(device.name)
        device.process, device.ready, device.starting, device.held = None, False, False, ()
        lost = tuple(device.running.values())
        cancelled = set(device.cancelling)
        device.running.clear()
        device.cancelling.clear()
        self._journal.note(
            WorkerState(
                device=device.name, state="died" if lost or status else "stopped", text=f"ended with status {status}"
            )
        )
        if self.draining:
            return
        if lost:
            self._journal.log(
                f"The worker on {device.name} ended with status {status}; {len(lost)} pictures run again.",
                level="warning",
            )
        for one in reversed(lost):
            self._settle(one, cancelled=one.render.id in cancelled, suspect=was_ready, device=device)
        if not was_ready:
            device.failed_starts += 1
            device.usable = status != NO_DEVICE
            self._give_up(device)
        if len(self._queue):
            self.pump()

    def _settle(self, one: Waiting, *, cancelled: bool, suspect: bool, device: Device) -> None:
        """Carry out what is decided of a render whose worker ended."""
        render = one.render
        if self._adopt(render):
            return
        match decide(one, cancelled=cancelled, suspect=suspect):
            case "cancel":
                self._journal.note(Cancelled(job_id=render.job_id, render_id=render.id))
            case "fail":
                error = complaint_of(killed_its_worker(device.name, self._settings.log_path(device.name)))
                self._journal.note(Failed(job_id=render.job_id, render_id=render.id, error=error))
            case again:
                requeued = Requeued(job_id=render.job_id, render_id=render.id, reason="its worker ended")
                self._journal.note(requeued, deaths=again.deaths)
                self._queue.put_first([again])

    def _give_up(self, device: Device) -> None:
        """When no worker can be started, say so at every waiting picture rather than let people wait for ever."""
        if device.usable and device.failed_starts < STARTS:
            return
        device.usable = False
        if any(other.usable for other in self.devices.values()):
            return
        if device.name.startswith("cuda") and "cpu" not in self.devices:
            self._journal.log("No graphics card can be used; pictures are made on the CPU.", level="warning")
            self.devices["cpu"] = Device("cpu", self._settings.in_flight)
            self.pump()
            return
        error = complaint_of(does_not_start(device.name, self._settings.log_path(device.name)))
        for one in self._queue.of_job(0):
            self._queue.remove(one.render.id)
            failed = Failed(job_id=one.render.job_id, render_id=one.render.id, error=error)
            self._journal.note(failed)
