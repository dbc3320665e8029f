"""What the user does to jobs that are there: taken back, tried again, held, moved, taken into the form."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import NamedTuple

from msgspec.structs import replace

from sdtui.errors import SdtuiError
from sdtui.spec.document import Document
from sdtui.spec.jobview import JobView, RenderView
from sdtui.ui.connection import Connection
from sdtui.ui.draft import Draft
from sdtui.ui.showing.looking import Looking
from sdtui.ui.state import StudioState
from sdtui.ui.view import StudioView

COUNTS = ("batch_size", "batch_count")


class Used(NamedTuple):
    """Which job's or picture's document was taken, and what was in the form before and after."""

    key: tuple[int, str]
    before: Document
    after: Document


class JobOrders:
    """Each is one call of the client; what came of it, or why it was refused, is said."""

    def __init__(
        self, state: StudioState, connection: Connection, draft: Draft, looking: Looking, view: StudioView
    ) -> None:
        self._state = state
        self._connection = connection
        self._draft = draft
        self._looking = looking
        self._view = view
        self._used: Used | None = None

    def cancel(self, job_id: int = 0) -> None:
        """Take a job back; without one, the selected job, else what is running, else what waits."""
        unfinished = self._state.unfinished()
        known = {job.id for job in unfinished}
        running = [job.id for job in unfinished if job.state == "running"]
        selected = self._looking.selected
        choice = job_id or (selected if selected in known else next(iter([*running, *sorted(known)]), 0))
        if not choice or choice not in known:
            self._view.say("Nothing is running or waiting." if not job_id else f"Job #{job_id} has already ended.")
            return
        self._do(self._cancel(choice))

    async def _cancel(self, job_id: int) -> None:
        count = await self._connection.demand().cancel(job_id)
        self._view.say(f"Job #{job_id}: {pictures(count)} taken back.")

    def retry(self, job_id: int) -> None:
        """Queue a job's failed and cancelled pictures again."""
        self._do(self._retry(job_id))

    async def _retry(self, job_id: int) -> None:
        count = await self._connection.demand().retry(job_id)
        said = f"{count} picture{' is' if count == 1 else 's are'} queued again." if count else "nothing to try again."
        self._view.say(f"Job #{job_id}: {said}")

    def hold(self, job_id: int, *, held: bool) -> None:
        """Keep a job's waiting pictures back, or let them on."""
        self._do(self._hold(job_id, held=held))

    async def _hold(self, job_id: int, *, held: bool) -> None:
        count = await self._connection.demand().hold(job_id, held=held)
        if not count:
            self._view.say(f"Job #{job_id}: nothing of it waits in the queue any more.")
        elif held:
            self._view.say(f"Job #{job_id}: {pictures(count)} held back until the same key lets them on.")
        else:
            self._view.say(f"Job #{job_id}: {pictures(count)} let on.")

    def move(self, job_id: int, by: int) -> None:
        """Let a job come so many jobs later, or earlier when negative."""
        self._do(self._move(job_id, by))

    async def _move(self, job_id: int, by: int) -> None:
        if not await self._connection.demand().move(job_id, by):
            side = "before" if by < 0 else "after"
            self._view.say(f"Job #{job_id}: there is no waiting job to come {side}.")

    def skip_chore(self) -> None:
        """Give up what is done in the background and can do without."""
        self._do(self._skip_chore())

    async def _skip_chore(self) -> None:
        count = await self._connection.demand().skip_chore()
        said = "The hash is left out; pictures name the model without it until the worker starts again."
        self._view.say(said if count else "Nothing is being hashed.")

    def use(self, job_id: int, render_id: str = "") -> None:
        """Take what a job, or one of its pictures, was made from into the form; once more brings back what was there."""
        job = self._state.jobs.get(job_id)
        if job is None or not job.renders:
            return
        key, used = (job_id, render_id), self._used
        if used is not None and used.key == key and used.after == self._draft.document:
            self._take(used.before)
            self._used = None
            self._view.say("What was in the form before is there again.")
            return
        render = next((render for render in job.renders if render.id == render_id), job.renders[0])
        before = self._draft.document
        self._take(made_from(job, render, alone=bool(render_id)))
        self._used = Used(key, before, self._draft.document)
        what = f"picture {render.index + 1} of job #{job_id}" if render_id else f"job #{job_id}"
        self._view.say(
            f"Prompts, parameters and seed {render.seed} of {what} are in the form; the same key takes them back."
        )

    def _take(self, document: Document) -> None:
        self._draft.document = document
        self._view.document_taken()

    def _do(self, work: Coroutine[None, None, None]) -> None:
        self._view.spawn(self._said(work))

    async def _said(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except SdtuiError as error:
            self._view.complain(str(error))


def made_from(job: JobView, render: RenderView, *, alone: bool) -> Document:
    """The job's document with a picture's seed; `alone` makes it that picture's, one and no more."""
    params = {name: value for name, value in job.document.params.items() if not (alone and name in COUNTS)}
    return replace(job.document, params={**params, "seed": render.seed})


def pictures(count: int) -> str:
    """How many pictures, in words."""
    return f"{count} picture{'' if count == 1 else 's'}"
