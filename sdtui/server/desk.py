"""Answers verbs: each one's case is here, the work is done by journal, supervisor, planner and library."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

from sdtui import __version__
from sdtui.errors import ServerError, UsageError
from sdtui.jobs.queue import RenderQueue, Waiting
from sdtui.jobs.store import Store
from sdtui.server.intake import Intake
from sdtui.server.journal import Journal
from sdtui.server.line import Line
from sdtui.server.models import ModelDesk
from sdtui.server.pictures import KEPT_S, Renditions
from sdtui.server.planning import Planning
from sdtui.server.presets import Files
from sdtui.server.shelf import Shelf
from sdtui.server.supervisor import Supervisor
from sdtui.server.texts import keep
from sdtui.server.watching import Watching
from sdtui.spec.event import DraftChanged, KeptChanged, Requeued
from sdtui.spec.verb import Done
from sdtui.spec.verbs import (
    AnyAnswer,
    AnyVerb,
    Cancel,
    EventsAfter,
    EventsAnswer,
    Hello,
    Hold,
    JobAnswer,
    Jobs,
    JobsAnswer,
    Models,
    ModelsAnswer,
    Move,
    Picture,
    PictureAnswer,
    Plan,
    PlanAnswer,
    Release,
    Retry,
    SkipChore,
    Snapshot,
    Stop,
    Submit,
)
from sdtui.spec.verbs_files import FileVerb
from sdtui.spec.verbs_models import ModelVerb
from sdtui.spec.verbs_prompts import (
    DrawsAnswer,
    DrawTemplate,
    Keep,
    Kept,
    KeptAnswer,
    PutDraft,
    Tags,
    TagsAnswer,
    Wildcards,
)
from sdtui.spec.verbs_watch import WatchVerb
from sdtui.workspace.taglists import TagLists

NEWEST_JOBS = 50
NEWEST_PICTURES = 10_000
LISTED_PICTURES = 50_000
NEWEST_LOG = 200
EVENTS_AT_ONCE = 1000
QUERIES_AT_ONCE, MOST_TAGS = 16, 200
WARMING = frozenset({"studio", "render"})


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where requests arrive. `stop` is called with the mode of a Stop.

    `refresh` has the configuration read again if it changed.
    """

    root: Path
    store: Store
    journal: Journal
    queue: RenderQueue
    line: Line
    supervisor: Supervisor
    shelf: Shelf
    planning: Planning
    intake: Intake
    watching: Watching
    files: Files
    models: ModelDesk
    tags: TagLists
    stop: Callable[[str], None]
    refresh: Callable[[], None]
    renditions: Renditions = field(default_factory=Renditions)

    def snapshot(self) -> Snapshot:
        """Everything a client needs to show the studio as it is."""
        self.refresh()
        return Snapshot(
            version=__version__,
            workspace=str(self.root),
            pid=os.getpid(),
            seq=self.store.last_seq(),
            jobs=self.journal.views(NEWEST_JOBS, NEWEST_PICTURES),
            workers=self.journal.workers,
            models=self.shelf.models,
            draft=self.store.draft(),
            log=self.store.newest_log(NEWEST_LOG),
            default_checkpoint=self.shelf.default_name,
            queue=self.line.now,
            chores=self.journal.chores,
        )

    def arrived(self, client: str) -> None:
        """A client said hello: one that will want pictures has the workers started and the model loaded."""
        if client in WARMING and not self.supervisor.draining:
            self.shelf.when_scanned(self._warm)

    async def answer(self, verb: AnyVerb) -> tuple[AnyAnswer, bytes]:
        """What a verb gets, and a blob; raises SdtuiError where it is refused."""
        match verb:
            case Picture():
                return await self._picture(verb)
            case Wildcards():
                return await self.planning.listing(), b""
            case DrawTemplate():
                return DrawsAnswer(draws=await self.planning.draws(verb)), b""
            case Tags():
                return await self._tags(verb), b""
            case Keep(name=name, text=text):
                if keep(self.store, name, text):
                    self.journal.note(KeptChanged(name=name))
                return Done(count=1), b""
            case Kept(name=name):
                return KeptAnswer(text=self.store.text(name)), b""
            case FileVerb():
                return await self.files.answer(verb), b""
            case ModelVerb():
                return await self.models.answer(verb), b""
            case WatchVerb():
                return await self.watching.answer(verb), b""
            case _:
                return await self._answer(verb), b""

    async def _answer(self, verb: AnyVerb) -> AnyAnswer:
        match verb:
            case Submit():
                return await self._submit(verb)
            case Plan():
                return await self._plan(verb)
            case Cancel(job_id=job_id):
                return self._cancel(job_id)
            case Retry(job_id=job_id):
                return self._retry(job_id)
            case Hold(job_id=job_id, held=held):
                return self._hold(job_id, held=held)
            case Move(job_id=job_id, by=by):
                self._one(job_id)
                return Done(count=self.line.move(job_id, by))
            case SkipChore(chore=chore):
                self.models.skip(chore)
                return Done(count=self.supervisor.skip(chore))
            case Jobs(limit=limit):
                return JobsAnswer(jobs=self.journal.views(limit, LISTED_PICTURES))
            case Models(refresh=refresh):
                self.refresh()
                return ModelsAnswer(models=await (self.shelf.scan() if refresh else self.shelf.scanned()))
            case PutDraft(document=document):
                self.store.put_draft(document)
                self.journal.note(DraftChanged(document=document))
                return Done(count=1)
            case EventsAfter(seq=seq, limit=limit):
                return EventsAnswer(events=self.store.events_after(seq, min(limit, EVENTS_AT_ONCE)))
            case Release():
                return Done(count=self.supervisor.release())
            case Stop(mode=mode):
                self.stop(mode)
                return Done()
            case (
                Hello()
                | Picture()
                | Wildcards()
                | DrawTemplate()
                | Tags()
                | Keep()
                | Kept()
                | WatchVerb()
                | FileVerb()
                | ModelVerb()
            ):
                raise ServerError("This is answered elsewhere.")
            case _:
                assert_never(verb)

    async def _submit(self, verb: Submit) -> JobAnswer:
        if self.supervisor.draining:
            raise ServerError("The server is stopping.", todo="Try again in a moment.")
        job, notes = await self.planning.plan(verb.document, out=verb.out, force=verb.force)
        return JobAnswer(job=self.intake.take(job, notes))

    async def _plan(self, verb: Plan) -> PlanAnswer:
        job, notes = await self.planning.plan(verb.document)
        return PlanAnswer(count=len(job.renders), notes=notes, first_path=job.renders[0].path)

    def _cancel(self, job_id: int) -> Done:
        self._known(job_id)
        return Done(count=self.supervisor.cancel(job_id))

    def _retry(self, job_id: int) -> Done:
        self._one(job_id)
        again = [view for view in self.journal.view(job_id).renders if view.state in {"failed", "cancelled"}]
        if not again:
            return Done(count=0)
        self.journal.reopen(job_id)
        now = self.supervisor.now
        for view in again:
            self.journal.note(Requeued(job_id=job_id, render_id=view.id, reason="asked for again"), deaths=0)
            self.queue.append([Waiting(render=self.store.render(view.id), queued_at=now)])
        self.line.let_on(job_id)
        self.supervisor.revive()
        self.supervisor.pump()
        return Done(count=len(again))

    def _hold(self, job_id: int, *, held: bool) -> Done:
        self._one(job_id)
        self.supervisor.recall(job_id)
        count = self.line.hold(job_id, held=held)
        self.supervisor.pump()
        return Done(count=count)

    async def _tags(self, verb: Tags) -> TagsAnswer:
        queries, limit = verb.queries[:QUERIES_AT_ONCE], max(1, min(verb.limit, MOST_TAGS))
        found = await asyncio.to_thread(self.tags.find, queries, limit, builtin=verb.builtin)
        return TagsAnswer(found=tuple(map(tuple, found)))

    async def _picture(self, verb: Picture) -> tuple[PictureAnswer, bytes]:
        if not verb.outside and not self.store.is_planned(verb.path):
            raise UsageError("This is no picture of this workspace.", where=verb.path)
        answer = await asyncio.to_thread(self.renditions.of, verb)
        asyncio.get_running_loop().call_later(KEPT_S, self.renditions.forget)
        return answer

    def _one(self, job_id: int) -> None:
        if job_id == 0:
            raise UsageError("Which job?", todo="`sdtui ls` shows their numbers.")
        self._known(job_id)

    def _known(self, job_id: int) -> None:
        if job_id:
            try:
                self.journal.view(job_id)
            except KeyError:
                raise UsageError(f"There is no job {job_id}.", todo="`sdtui ls` shows their numbers.") from None

    def _warm(self) -> None:
        if not self.supervisor.draining:
            version = self.shelf.warm_version(self.store.draft().checkpoint)
            if version is not None:
                self.supervisor.warm(version)
