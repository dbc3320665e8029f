"""Answers what is asked about single models and about getting them; hashes in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import assert_never, cast

from sdtui.errors import ModelError, UsageError
from sdtui.server.fetches import Fetches
from sdtui.server.journal import Journal
from sdtui.server.shelf import Shelf
from sdtui.spec.event import Chore
from sdtui.spec.model import ModelRecord
from sdtui.spec.model_about import ModelAbout
from sdtui.spec.verb import Done
from sdtui.spec.verbs import AnyAnswer
from sdtui.spec.verbs_models import (
    About,
    AboutAnswer,
    AnyModelVerb,
    Describe,
    Fetch,
    FetchAgain,
    FetchAnswer,
    FetchesAnswer,
    HashModel,
    ModelVerb,
    StopFetch,
)
from sdtui.spec.verbs_models import (
    Fetches as AskFetches,
)
from sdtui.weights.about import read_about
from sdtui.weights.hashes import HashingCancelled, HashStore
from sdtui.weights.sidefile import ACTIVATION, NEGATIVE, NOTES, WEIGHT, write_side
from sdtui.weights.stamp import hashed_file

HASH = "hash-model"
LOOK_EVERY_S = 1.0
LOOK_SHARE = 0.02
"""Of the time, at most, that looking at the model folders may take."""
WHOLE_EVERY_S = 60.0
"""How often everything is looked through, for what no folder tells: files that were written to in their place."""


class ModelDesk:
    """`close` ends what is done in the background."""

    def __init__(self, shelf: Shelf, journal: Journal, fetches: Fetches, hashes: HashStore) -> None:
        self.fetches = fetches
        self._shelf = shelf
        self._journal = journal
        self._hashes = hashes
        self._one_at_a_time = asyncio.Lock()
        self._hashing: dict[str, asyncio.Task[None]] = {}
        self._given_up: set[str] = set()

    async def answer(self, verb: ModelVerb) -> AnyAnswer:
        """What a verb gets; raises SdtuiError where it is refused."""
        match cast(AnyModelVerb, verb):
            case About(path=path):
                return AboutAnswer(about=await self._about(self._record(path)))
            case Describe() as wish:
                return AboutAnswer(about=await self._describe(wish))
            case HashModel(path=path):
                return Done(count=self._hash(self._record(path)))
            case Fetch() as wish:
                return FetchAnswer(fetch=self.fetches.start(wish))
            case StopFetch(id=number, forget=forget):
                return Done(count=self.fetches.stop(number, forget=forget))
            case FetchAgain(id=number):
                return FetchAnswer(fetch=self.fetches.again(number))
            case AskFetches():
                return FetchesAnswer(fetches=self.fetches.views)
            case other:
                assert_never(other)

    async def watch(self, wanted: Callable[[], bool]) -> None:
        """Look through the model folders again when they changed, while it is wanted, until cancelled."""
        loop = asyncio.get_running_loop()
        whole, pause_s = loop.time() + WHOLE_EVERY_S, LOOK_EVERY_S
        while True:
            await asyncio.sleep(pause_s)
            if not wanted():
                continue
            started = loop.time()
            if started > whole or await self._shelf.changed():
                await self._shelf.scan()
                pause_s = max(LOOK_EVERY_S, 2 * (loop.time() - started))
                whole = loop.time() + max(WHOLE_EVERY_S, 100 * (loop.time() - started))
            else:
                pause_s = max(LOOK_EVERY_S, (loop.time() - started) / LOOK_SHARE)

    async def landed(self, path: Path, sha256: str) -> None:
        """A file or folder was fetched: its hash is known, and everybody hears of it."""
        if sha256:
            await asyncio.to_thread(self._hashes.learn, hashed_file(path), sha256)
        await self._shelf.scan()

    def skip(self, chore: str) -> None:
        """Give up hashing one file, or all."""
        self._given_up |= {path for path in self._hashing if chore in ("", _chore(path))}

    def close(self) -> None:
        """The server ends."""
        self._given_up |= set(self._hashing)
        self.fetches.close()

    def _record(self, path: str) -> ModelRecord:
        record = next((record for record in self._shelf.models if record.path == path), None)
        if record is None:
            raise UsageError(
                "This is no model that is known.", where=path, todo="Look through the model folders again."
            )
        return record

    async def _about(self, record: ModelRecord) -> ModelAbout:
        return await asyncio.to_thread(read_about, Path(record.path), record.sha256)

    async def _describe(self, wish: Describe) -> ModelAbout:
        record = self._record(wish.path)
        if record.builtin:
            raise UsageError("The built-in model's files belong to sdtui.", where=record.name)
        said = (
            (ACTIVATION, wish.activation_text),
            (WEIGHT, wish.preferred_weight),
            (NEGATIVE, wish.negative_text),
            (NOTES, wish.notes),
        )
        changes = {key: value for key, value in said if value is not None}
        await asyncio.to_thread(write_side, Path(record.path), changes)
        await self._shelf.scan()
        return await self._about(record)

    def _hash(self, record: ModelRecord) -> int:
        if record.sha256 or record.path in self._hashing:
            return 0
        self._given_up.discard(record.path)
        task = asyncio.create_task(self._hash_behind(record))
        self._hashing[record.path] = task
        task.add_done_callback(lambda _: self._hashing.pop(record.path, None))
        return 1

    async def _hash_behind(self, record: ModelRecord) -> None:
        """Hash one file, after those before it, and tell how far it is."""
        loop = asyncio.get_running_loop()
        chore = Chore(id=_chore(record.path), text=f"hashing {record.name}", can_stop=True)

        def told(done: int, size: int) -> None:
            share = done / size if size else None
            loop.call_soon_threadsafe(
                self._journal.note, Chore(id=chore.id, text=chore.text, progress=share, can_stop=True)
            )

        async with self._one_at_a_time:
            self._journal.note(chore)
            try:
                await asyncio.to_thread(
                    self._hashes.sha256, Path(record.path), lambda: record.path in self._given_up, told
                )
            except HashingCancelled:
                return
            except ModelError as error:
                self._journal.log(str(error), level="warning")
                return
            finally:
                self._journal.note(Chore(id=chore.id, text=chore.text, over=True))
        await self._shelf.scan()


def _chore(path: str) -> str:
    return f"{HASH} {path}"
