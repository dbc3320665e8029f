"""Has watched files rendered, a few at a time, so that whoever submits something waits for a few pictures at most."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from sdtui.errors import SdtuiError, UsageError
from sdtui.images.hashes import unlike
from sdtui.server.intake import Intake
from sdtui.server.needs import Noting, digests, note_presets
from sdtui.server.planning import Placement, Planning
from sdtui.server.watchplaces import RESULTS
from sdtui.spec.document import Document
from sdtui.spec.params import Scalar
from sdtui.spec.watch import WatchedFolder
from sdtui.watch.board import Board, Entry

MOST_OPEN = 4
"""So many jobs of watched files are in the queue at once; the others wait here, where a newer save takes an older one's place."""
PATTERN = "[number]-[seed]"

_LINE = re.compile(r"(?:prompt, )?line (\d+)")


@dataclass(kw_only=True)
class WatchLine:
    """Takes files from the board in their turn, plans and queues them; `keep` is called when one was queued."""

    board: Board
    planning: Planning
    intake: Intake
    folders: Mapping[str, WatchedFolder]
    keep: Callable[[Entry], None]
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.changed.wait()
            self.changed.clear()
            while self.board.open_jobs < MOST_OPEN and not self.intake.supervisor.draining:
                paused = [path for path, folder in self.folders.items() if folder.paused]
                entry = self.board.next(paused)
                if entry is None:
                    break
                await self._render(entry)

    async def find_outdated(self) -> list[Entry]:
        """The files that are there and use something that says something else than when they were planned."""
        using = [entry for entry in self.board.entries() if entry.uses]
        if not using:
            return []
        uses = {use for entry in using for use in entry.uses}
        try:
            now = await asyncio.to_thread(self._digests, uses)
        except SdtuiError:
            return []  # the folder cannot be listed: nothing is known of what it says
        return [entry for entry in using if any(now[use] != digest for use, digest in entry.uses.items() if use in now)]

    def home(self, entry: Entry) -> Path:
        """The folder of a file's pictures."""
        return self.planning.outputs.folder / RESULTS / entry.home

    def _digests(self, uses: set[str]) -> dict[str, str]:
        return digests(uses, self.planning.wildcards.look(), self.planning.presets)

    async def _render(self, entry: Entry) -> None:
        turn, key, sheet = entry.turn, entry.file.key, entry.sheet
        folder = self.folders.get(key[0])
        if sheet is None or folder is None:
            return
        uses: dict[str, str] = {}
        home = self.home(entry)
        placement = Placement(home, PATTERN, lambda source: Noting(source, uses))
        try:
            document = await asyncio.to_thread(self._document, entry, folder.wish.options, uses)
            job, notes = await self.planning.plan(document, placement=placement)
        except SdtuiError as error:
            if entry.turn == turn and self.board.entry(key) is entry:
                entry.uses = uses
                self.board.refuse(key, placed(error, entry.file.name, sheet.line))
            return
        if entry.turn != turn or self.board.entry(key) is not entry:
            return  # it changed while it was planned: what it says now waits for its turn already
        entry.uses = uses
        # a folder's options may ask for another checkpoint
        hashes = replace(sheet.hashes, checkpoint="") if folder.wish.options.checkpoint else sheet.hashes
        others = tuple(unlike(hashes, job.renders[0], self.planning.shelf.content_hash))
        self.board.begin(key, self.intake.take(job, (*notes, *others)), str(home), others)
        self.keep(entry)

    def _document(self, entry: Entry, options: Document, uses: dict[str, str]) -> Document:
        """What a file says with the folder's options laid over it, and the seed it keeps unless somebody sets one."""
        assert entry.sheet is not None
        document = entry.sheet.document
        presets = note_presets(self.planning.presets, document.presets, uses)
        if not document.prompt.strip() and not any("prompt" in preset.sets for preset in presets):
            raise UsageError("There is nothing to make a picture of: no prompt.", todo="Write one into the file.")
        given = {name for preset in presets for name in preset.document.params if "params" in preset.sets}
        own: dict[str, Scalar] = {} if "seed" in given else {"seed": entry.file.seed}
        return replace(
            document,
            negative_prompt=options.negative_prompt or document.negative_prompt,
            params={**own, **document.params, **options.params},
            checkpoint=options.checkpoint or document.checkpoint,
            vae=options.vae or document.vae,
        )


def placed(error: SdtuiError, name: str, line: int) -> SdtuiError:
    """An error of planning, at the file; one in its prompt, which begins on `line`, with the line of the file."""
    inside = _LINE.fullmatch(error.where)
    if inside is not None:
        where = f"{name}:{line + int(inside[1]) - 1}"
    elif error.where.startswith("prompt"):
        where = f"{name}:{line}"
    else:
        where = f"{name}, {error.where}" if error.where else name
    return type(error)(error.what, where=where, todo=error.todo)
