"""Submits a document and stays with its job until it ends, or the user has had enough."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable

from sdtui.cli.exits import FAILED, INTERRUPTED, OK, exit_code
from sdtui.cli.place import Place
from sdtui.cli.progress import Display
from sdtui.client.client import Client
from sdtui.errors import ModelError, SdtuiError, ServerError, WorkspaceError
from sdtui.spec.complaint import error_of
from sdtui.spec.document import Document
from sdtui.spec.event import Chore, Finished, Noted, Resync, WorkerState
from sdtui.spec.fold import fold, job_id_of
from sdtui.spec.jobview import JobView, RenderView

SECOND_LOOK = 100


def failure_code(failed: Iterable[RenderView]) -> int:
    """The exit code of failed pictures: a model's or a file's own when they all failed of that, else the picture's."""
    errors = [error_of(picture.error) if picture.error else None for picture in failed]
    codes = {exit_code(error) if isinstance(error, ModelError | WorkspaceError) else FAILED for error in errors}
    return codes.pop() if len(codes) == 1 else FAILED


class Follower:
    """One job of one connection: what happens goes to the display; Ctrl+C cancels, the second one leaves."""

    def __init__(self, place: Place, display: Display) -> None:
        self._place = place
        self._display = display
        self._happenings: asyncio.Queue[Noted | SdtuiError | KeyboardInterrupt] = asyncio.Queue()
        self._interrupts = 0

    async def follow(self, document: Document, out: str, force: bool) -> int:
        """Submit and stay; the exit code."""
        client = await Client.connect(
            self._place.workspace,
            name="render",
            on_event=lambda noted, blob: self._happenings.put_nowait(noted),
            on_lost=self._lose,
        )
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._interrupt, asyncio.current_task())
        try:
            job = await client.submit(document, out=out, force=force)
            self._display.start(job)
            job = await self._stay(client, job)
        except asyncio.CancelledError:
            self._display.tell("Left. `sdtui ls` shows what became of it.")
            return INTERRUPTED
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            self._display.close()
            await client.close()
        return self._verdict(job)

    def _lose(self, error: SdtuiError | None) -> None:
        self._happenings.put_nowait(
            error or ServerError("The server has ended.", todo="The job is kept: the next `sdtui` goes on with it.")
        )

    def _interrupt(self, task: asyncio.Task[int] | None) -> None:
        self._interrupts += 1
        if self._interrupts > 1 and task is not None:
            task.cancel()
        self._happenings.put_nowait(KeyboardInterrupt())

    async def _stay(self, client: Client, job: JobView) -> JobView:
        while True:
            match await self._happenings.get():
                case SdtuiError() as error:
                    raise error
                case KeyboardInterrupt():
                    self._display.tell(f"Cancelling job {job.id}; Ctrl+C once more leaves at once.")
                    await client.cancel(job.id)
                case Noted(event=Resync()):
                    jobs = await client.jobs(SECOND_LOOK)
                    job = next((view for view in jobs if view.id == job.id), job)
                    if job.ended:
                        return job
                case Noted() as noted:
                    job = self._take(noted, job)
                    if noted.event == Finished(job_id=job.id):
                        return job

    def _take(self, noted: Noted, job: JobView) -> JobView:
        if job_id_of(noted.event) == job.id:
            job = fold(job, noted.event)
            self._display.show(noted, job)
        elif isinstance(noted.event, WorkerState | Chore):
            self._display.show(noted, job)
        return job

    def _verdict(self, job: JobView) -> int:
        failed = [picture for picture in job.renders if picture.state == "failed"]
        for picture in failed:
            if picture.error is not None:
                self._display.tell(f"sdtui: {error_of(picture.error)}")
        if failed:
            return failure_code(failed)
        if job.state == "cancelled":
            self._display.tell(f"Job {job.id} was cancelled.")
            return INTERRUPTED if self._interrupts else FAILED
        return OK
