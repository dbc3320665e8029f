"""What the studio does: the only part of it that speaks to the client. Knows no widget."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sdtui.errors import SdtuiError, ServerError
from sdtui.spec.document import Document
from sdtui.spec.event import (
    DraftChanged,
    FilesChanged,
    FolderChanged,
    LibraryChanged,
    Noted,
    Resync,
    Started,
    Stopping,
    WatchesChanged,
)
from sdtui.spec.verbs import Snapshot
from sdtui.ui.client import OpenClient, StudioClient
from sdtui.ui.commands.table import PaneId
from sdtui.ui.connection import DELAYS, Connection, Delays, Listener
from sdtui.ui.draft import Draft
from sdtui.ui.form.orders import FormOrders
from sdtui.ui.jobs.orders import JobOrders
from sdtui.ui.showing.looking import Looking
from sdtui.ui.showing.pictures import Pictures
from sdtui.ui.showing.shown import Shown
from sdtui.ui.standpoint import KEPT, Standpoint, read, written
from sdtui.ui.state import EVERYTHING, LogRow, Part, StudioState
from sdtui.ui.statusline import is_busy
from sdtui.ui.view import StudioView

if TYPE_CHECKING:
    from sdtui.ui.showing.sight import Sight

DRAFT_EVERY_S = 1.0
TICK_S = 1.0
EDITORS: tuple[PaneId, ...] = ("prompt", "negative")
EDITS = "edits."
"""What the names of the editors' undo histories begin with, where they are kept."""
FRAME_S = 0.05
"""Events that come closer together than this are shown together."""


class StudioPresenter:
    """Connects, keeps the draft, takes events in, and turns what the user wants into calls of the client."""

    def __init__(self, open_client: OpenClient, view: StudioView, delays: Delays = DELAYS) -> None:
        self.state = StudioState()
        self.draft = Draft()
        self.connection = Connection(
            open_client, Listener(self._attached, self._on_event, view.connection_changed), delays
        )
        self._view = view
        self._waiting = 0
        self._resumed = False
        self._stood: Standpoint | None = None
        self._changed: set[Part] = set()
        self._pictures = Pictures(self._client, self._mark_picture)
        self.looking = Looking(self.state, self._pictures)
        self.form = FormOrders(self.state, self.draft, self.looking, view)
        self.orders = JobOrders(self.state, self.connection, self.draft, self.looking, view)

    # connection and draft

    async def run(self) -> None:
        """Stay connected until cancelled."""
        await self.connection.run()

    async def keep_draft(self, every_s: float = DRAFT_EVERY_S) -> None:
        """Save the draft every second when it changed, until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            await self.save_draft()

    async def tick(self, every_s: float = TICK_S) -> None:
        """Have times that are counted on the screen counted, until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            if is_busy(self.state):
                self._mark("workers")

    async def save_draft(self) -> None:
        """Hand the draft to the server if it has another one, and how the screen stands."""
        client = self.connection.client
        if client is None:
            return
        await self._keep_standpoint(client)
        if not self.draft.unsaved:
            return
        # together and in one go: killed in between, the undo history would be that of another text
        logs, document = self._view.edit_logs(), self.draft.document
        try:
            await asyncio.gather(
                *(self._keep_edits(client, pane, log) for pane, log in logs.items()), client.put_draft(document)
            )
        except SdtuiError as error:
            self.complain(f"The draft is not saved. {error}")
        else:
            self.draft.saved(document)

    async def _keep_standpoint(self, client: StudioClient) -> None:
        """Once it is known how the screen stood before."""
        now = self._standpoint()
        if self._stood is not None and now != self._stood:
            self._stood = now
            await self._keep_text(client, KEPT, written(now))

    def _standpoint(self) -> Standpoint:
        chosen = self.looking.chosen
        return replace(self._view.standpoint(), job=chosen[0], picture=chosen[1])

    async def _keep_edits(self, client: StudioClient, pane: PaneId, log: str) -> None:
        await self._keep_text(client, EDITS + pane, log)

    async def _keep_text(self, client: StudioClient, name: str, text: str) -> None:
        try:
            await client.keep(name, text)
        except ServerError:
            # the draft, which is sent at the next change, says so itself
            pass
        except SdtuiError as error:
            self.complain(f"What could be undone is not kept. {error}")

    async def close(self) -> None:
        """Save the draft and end the connection; jobs go on."""
        await self.save_draft()
        await self.connection.close()

    @property
    def would_lose(self) -> bool:
        """What was typed or asked for here is known nowhere else, because the server does not answer."""
        return self.connection.client is None and (self.draft.unsaved or self._waiting > 0)

    def _attached(self, snapshot: Snapshot) -> None:
        self.state.adopt(snapshot)
        self._pictures.forget_refusals()
        if self.draft.meet(snapshot.draft):
            self._view.document_changed()
        self.looking.follow()
        self._view.watching_changed(None)
        self._mark(*EVERYTHING)
        if not self._resumed:
            self._resumed = True
            self._view.spawn(self._ask(self._resume_edits()))
            return
        # what was changed while nobody told us
        for folder in ("presets", "wildcards"):
            self._view.folder_changed(folder)

    async def _resume_edits(self) -> None:
        for pane in EDITORS:
            self._view.resume_edits(pane, await self.connection.demand().kept(EDITS + pane))
        before = read(await self.connection.demand().kept(KEPT))
        if before is not None:
            self._view.take_standpoint(before)
            if before.job and not self.looking.opened:
                self.select(before.job, before.picture)
        self._stood = before or Standpoint()

    # events

    def _on_event(self, noted: Noted, blob: bytes) -> None:
        match noted.event:
            case Resync():
                self.connection.again()
            case DraftChanged(document=theirs):
                if self.draft.meet(theirs):
                    self._view.document_changed()
                    self._view.say("The draft was changed in another window.")
            case Stopping():
                self.connection.rest()
            case FolderChanged(folder=folder):
                self._view.folder_changed(folder)
            case WatchesChanged() | FilesChanged():
                self._view.watching_changed(noted.event)
            case LibraryChanged():
                self._view.spawn(self._ask(self._read_models()))
            case Started(job_id=job_id) if job_id not in self.state.jobs:
                # The snapshot of a very long queue is cut.
                self._view.spawn(self._ask(self._read_jobs()))
        parts = self.state.note(noted, blob)
        if "jobs" in parts:
            self.looking.follow()
        self._mark(*parts)

    def _mark(self, *parts: Part) -> None:
        """Show these soon; what comes within the same frame is shown together."""
        if not parts:
            return
        if not self._changed:
            asyncio.get_running_loop().call_later(FRAME_S, self._show)
        self._changed.update(parts)

    def _mark_picture(self) -> None:
        self._mark("picture")

    def _show(self) -> None:
        parts, self._changed = frozenset(self._changed), set()
        self._view.studio_changed(parts)

    async def _read_jobs(self) -> None:
        jobs = await self.connection.demand().jobs()
        self.state.jobs = dict(sorted({**self.state.jobs, **{job.id: job for job in jobs}}.items()))
        self._mark("jobs")

    async def _read_models(self) -> None:
        self.state.models = await self.connection.demand().models()
        self._mark("form", "workers")

    # what is selected and shown

    def select(self, job_id: int, render_id: str = "") -> None:
        """The user looks at this job, or at one of its pictures; it stays until the next one is queued here."""
        if self.looking.select(job_id, render_id):
            self._mark("jobs", "picture", "log")

    def open(self, path: str) -> None:
        """The user wants to see this picture file."""
        self.looking.open(path)
        self._mark("picture")

    def sight(self) -> Sight | None:
        """What can be seen over the whole screen: the pictures of the job, or the opened file; None without any."""
        from sdtui.ui.showing.sight import sight_of

        return sight_of(self.state, self.looking)

    def picture(self, max_px: int) -> Shown | None:
        """What there is to see of the selected job; asks for it when it is not here yet."""
        shown, wanted = self.looking.picture(max_px)
        if wanted:
            self._view.spawn(self._ask(self._pictures.fetch(wanted, max_px)))
        return shown

    # what the user does

    def generate(self) -> None:
        """Queue the document as it is now; as soon as the server answers, if it does not yet."""
        if self.connection.client is None:
            self._view.say("The server does not answer yet; the job is queued as soon as it does.")
        self._waiting += 1
        self._view.spawn(self._submit(self.draft.document))

    async def _submit(self, document: Document) -> None:
        try:
            await self.connection.established()
        finally:
            self._waiting -= 1
        await self._ask(self._submit_now(document))

    async def _submit_now(self, document: Document) -> None:
        job = await self.connection.demand().submit(document)
        self.state.jobs.setdefault(job.id, job)
        self.looking.newest(job.id)
        self._view.job_queued(job.id, len(job.renders))
        self._mark("jobs", "picture")

    def _client(self) -> StudioClient | None:
        return self.connection.client

    def write(self, pane: PaneId, text: str) -> None:
        """The text of one of the editors."""
        field = "prompt" if pane == "prompt" else "negative_prompt"
        if text != getattr(self.draft.document, field):
            self.draft.change(**{field: text})

    def complain(self, text: str) -> None:
        """Show a sentence about what went wrong, and keep it in the log."""
        self._view.say(text, error=True)
        self.state.log.append(LogRow(time.time(), "error", text))
        self._mark("log")

    async def _ask(self, work: Coroutine[None, None, None]) -> None:
        """Do it; a refusal is said."""
        try:
            await work
        except SdtuiError as error:
            self.complain(str(error))
