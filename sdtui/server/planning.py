"""From a document to a job: the model found, the prompts drawn, names given."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from sdtui.errors import ModelError, SdtuiError
from sdtui.jobs.adapting import Adapting, adapt
from sdtui.jobs.plan import SEED_RANGE, Drawn, Wish, check, draw_prompts, one_path, plan
from sdtui.jobs.store import Store
from sdtui.prompt.expand.combinations import count
from sdtui.prompt.expand.draw import draw
from sdtui.prompt.expand.source import Source
from sdtui.prompt.expand.template import parse
from sdtui.server.outputs import Outputs
from sdtui.server.shelf import Shelf
from sdtui.spec.complaint import complaint_of
from sdtui.spec.document import Document
from sdtui.spec.job import Job, Render
from sdtui.spec.preset import resolve
from sdtui.spec.verbs_prompts import DrawTemplate, WildcardsAnswer
from sdtui.spec.wildcard import Draws
from sdtui.workspace.presets import PresetFolder
from sdtui.workspace.wildcards import WildcardFolder

MOST_DRAWS = 1000


class Placement(NamedTuple):
    """Where pictures go and how they are called instead of what is configured; `noting` stands between them and the wildcards."""

    folder: Path
    pattern: str
    noting: Callable[[Source], Source]


class Planned(NamedTuple):
    """All that is decided before pictures have numbers and names."""

    wish: Wish
    drawn: Drawn
    adapting: Adapting


@dataclass(frozen=True, kw_only=True)
class Planning:
    """Plans documents. `clock` is seconds since the epoch; `refresh` has the configuration read again if it changed."""

    store: Store
    shelf: Shelf
    outputs: Outputs
    wildcards: WildcardFolder
    presets: PresetFolder
    clock: Callable[[], float]
    refresh: Callable[[], None]

    async def plan(
        self, document: Document, *, out: str = "", force: bool = False, placement: Placement | None = None
    ) -> tuple[Job, tuple[str, ...]]:
        """The job, and sentences about it; raises SdtuiError.

        Nothing is awaited after its number and its names were chosen by looking: the caller can take its place in the queue.
        """
        wish = await self._wish(document)
        drawn = await asyncio.to_thread(self._draw, wish, placement)
        adapting = await self._adapted(wish, drawn)
        job = self._planned(Planned(wish, drawn, adapting), out=out, force=force, placement=placement)
        return job, (*drawn.notes(wish), *adapting.notes)

    async def listing(self) -> WildcardsAnswer:
        """The wildcards there are now."""
        return await asyncio.to_thread(self._listing)

    async def draws(self, verb: DrawTemplate) -> Draws:
        """What pictures would draw from a template; what is wrong with it is said, not raised."""
        return await asyncio.to_thread(self._draws, verb)

    async def _wish(self, document: Document) -> Wish:
        self.refresh()
        if document.presets:
            named = document.presets
            document = await asyncio.to_thread(lambda: resolve(document, map(self.presets.find, named)))
        await self.shelf.scanned()
        try:
            return check(document, self.shelf.find_checkpoint)
        except ModelError:
            # it may have landed in the folder a moment ago
            await self.shelf.scan()
            return check(document, self.shelf.find_checkpoint)

    async def _adapted(self, wish: Wish, drawn: Drawn) -> Adapting:
        def found() -> Adapting:
            return adapt(wish.document, wish.params.emphasis, drawn.prompts, wish.checkpoint, self.shelf)

        try:
            return await asyncio.to_thread(found)
        except ModelError:
            await self.shelf.scan()
            return await asyncio.to_thread(found)

    def _draw(self, wish: Wish, placement: Placement | None) -> Drawn:
        found: Source = self.wildcards.look()
        source = placement.noting(found) if placement is not None else found
        return draw_prompts(wish, source, seed=secrets.randbelow(SEED_RANGE))

    def _planned(self, planned: Planned, *, out: str, force: bool, placement: Placement | None) -> Job:
        wish, drawn, adapting = planned
        if out:
            path = one_path(out, force=force, count=len(drawn.prompts))
            self.outputs.check_folder(Path(path).parent)
        else:
            self.outputs.check_folder(self.outputs.folder)

        def name(renders: tuple[Render, ...], now: float) -> tuple[str, ...]:
            if placement is not None:
                return self.outputs.name(renders, now, folder=placement.folder, pattern=placement.pattern)
            return (path,) if out else self.outputs.name(renders, now)

        job = plan(wish, drawn, adapting, job_id=self.store.next_job_id(), now=self.clock(), name=name)
        return replace(job, renders=tuple(replace(render, overwrite=True) for render in job.renders)) if force else job

    def _listing(self) -> WildcardsAnswer:
        found = self.wildcards.look()
        return WildcardsAnswer(wildcards=found.listing(), problems=tuple(map(complaint_of, found.problems)))

    def _draws(self, verb: DrawTemplate) -> Draws:
        texts: tuple[str, ...] = ()
        try:
            template, source = parse(verb.template), self.wildcards.look()
            seeds = range(verb.seed, verb.seed + max(0, min(verb.count, MOST_DRAWS)))
            texts = tuple(draw(template, source, seed % SEED_RANGE).text for seed in seeds)
            return Draws(texts=texts, total=count(template, source))
        except SdtuiError as error:
            return Draws(texts=texts, problem=complaint_of(error))
