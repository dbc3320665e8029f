"""The library as the server uses it: scanned on a thread, asked on the loop."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable

from msgspec.structs import replace

from sdtui.errors import SdtuiError
from sdtui.library.library import Library
from sdtui.server.journal import Journal
from sdtui.spec.event import Chore, LibraryChanged
from sdtui.spec.model import ModelFile, ModelKind, ModelRecord

SCAN = "scan"
TELL_EVERY_S = 0.25


class ScanProgress:
    """Tells of a scan that takes a while; `told` is called on the scan's thread, the rest on the loop."""

    def __init__(self, note: Callable[[Chore], None]) -> None:
        self._note = note
        self._loop = asyncio.get_running_loop()
        self._next = time.monotonic() + TELL_EVERY_S
        self._last: Chore | None = None

    def told(self, found: int, read: int) -> None:
        """So many files were found so far, and so many of them read."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + TELL_EVERY_S
        if read:
            chore = Chore(id=SCAN, text=f"reading {found:,} model files", progress=read / found)
        else:
            chore = Chore(id=SCAN, text=f"looking for models, {found:,} files so far")
        self._loop.call_soon_threadsafe(self._tell, chore)

    def end(self) -> None:
        """The scan is over."""
        if self._last is not None:
            self._note(replace(self._last, over=True))
        self._last = None
        self._next = math.inf

    def _tell(self, chore: Chore) -> None:
        if self._next < math.inf:
            self._last = chore
            self._note(chore)


class Shelf:
    """The model files that are known; the first scan starts at once and nobody waits for it who need not."""

    _library: Library
    _scanning: asyncio.Task[None]

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.models: tuple[ModelRecord, ...] = ()

    def configure(self, library: Library, *, default: str, vae: str = "") -> None:
        """Look through this library from now on.

        `default` is the checkpoint for documents that name none ("": built-in), `vae` the VAE for checkpoints that bring no side
        file ("": their own).
        """
        self._library = library
        self._vae = vae
        self._default = default
        self._scanning = asyncio.create_task(self._scan(library))

    @property
    def default_name(self) -> str:
        """The default checkpoint's name: the configured one, else the built-in model's."""
        return self._default or next((record.name for record in self.models if record.builtin), "")

    def find_checkpoint(self, name: str) -> ModelRecord:
        """The checkpoint of this name ("" is the default); raises ModelError with the nearest names."""
        return self._library.find_checkpoint(name, self._default)

    @property
    def records(self) -> tuple[ModelRecord, ...]:
        """What the last scan found."""
        return self._library.records

    def find(self, kind: ModelKind, name: str) -> ModelRecord:
        """The model of a kind by its name; raises ModelError with the nearest names."""
        return self._library.find_model(kind, name)

    def find_vae(self, name: str, checkpoint: ModelRecord) -> ModelRecord | None:
        """The VAE that a document with this name uses with a checkpoint; None for the checkpoint's own."""
        return self._library.find_vae(name, checkpoint, self._vae)

    def content_hash(self, path: str) -> str:
        """The SHA-256 of a file without its header, if it is known."""
        return self._library.content_hash(path)

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

    async def changed(self) -> bool:
        """Whether looking again would find something else, as far as the folders tell."""
        return self._scanning.done() and await asyncio.to_thread(self._library.changed)

    async def scan(self) -> tuple[ModelRecord, ...]:
        """Look again."""
        if self._scanning.done():
            self._scanning = asyncio.create_task(self._scan(self._library))
        return await self.scanned()

    async def _scan(self, library: Library) -> None:
        before = self.models
        known = set(library.notes)
        progress = ScanProgress(self._journal.note)
        try:
            found = await asyncio.to_thread(library.scan, progress.told)
        finally:
            progress.end()
        if library is not self._library:
            return
        self.models = found
        for note in library.notes:
            if note not in known:
                self._journal.log(note, level="warning")
        if self.models != before:
            self._journal.note(LibraryChanged(count=len(self.models)))
