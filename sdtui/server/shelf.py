"""The library as the server uses it: scanned on a thread, asked on the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sdtui.errors import SdtuiError
from sdtui.library.library import Library
from sdtui.server.journal import Journal
from sdtui.spec.event import LibraryChanged
from sdtui.spec.model import ModelFile, ModelRecord


class Shelf:
    """The model files that are known; the first scan starts at once and nobody waits for it who need not."""

    _library: Library
    _scanning: asyncio.Task[None]

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.models: tuple[ModelRecord, ...] = ()

    def configure(self, library: Library, *, default: str) -> None:
        """Look through this library from now on; `default` is the checkpoint for documents that name none ("": built-in)."""
        self._library = library
        self._default = default
        self._scanning = asyncio.create_task(self._scan(library))

    @property
    def default_name(self) -> str:
        """The default checkpoint's name: the configured one, else the built-in model's."""
        return self._default or next((record.name for record in self.models if record.builtin), "")

    def find_checkpoint(self, name: str) -> ModelRecord:
        """The checkpoint of this name ("" is the default); raises ModelError with the nearest names."""
        return self._library.find_checkpoint(name, self._default)

    def warm_version(self, name: str) -> ModelFile | None:
        """The version of the checkpoint to load before anybody waits for it; None when there is none to use."""
        try:
            record = self.find_checkpoint(name)
        except SdtuiError:
            return None
        return ModelFile(
            name=record.name, path=record.path, size=record.size, mtime_ns=record.mtime_ns, sha256=record.sha256
        )

    def when_scanned(self, then: Callable[[], None]) -> None:
        """Call this once the scan that is under way is done; at once when none is."""
        if self._scanning.done():
            then()
        else:
            self._scanning.add_done_callback(lambda _: then())

    async def scanned(self) -> tuple[ModelRecord, ...]:
        """The records, once the scan that is under way is done."""
        await asyncio.shield(self._scanning)
        return self.models

    async def scan(self) -> tuple[ModelRecord, ...]:
        """Look again."""
        if self._scanning.done():
            self._scanning = asyncio.create_task(self._scan(self._library))
        return await self.scanned()

    async def _scan(self, library: Library) -> None:
        before = self.models
        known = set(library.notes)
        found = await asyncio.to_thread(library.scan)
        if library is not self._library:
            return
        self.models = found
        for note in library.notes:
            if note not in known:
                self._journal.log(note, level="warning")
        if self.models != before:
            self._journal.note(LibraryChanged(count=len(self.models)))
