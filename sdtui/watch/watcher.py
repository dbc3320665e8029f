"""Watches one folder: looks when the tripwire says so and every few seconds in any case, and has read what changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from sdtui.errors import SdtuiError
from sdtui.watch.look import Found, Seen, look
from sdtui.watch.names import is_prompt_file
from sdtui.watch.readers import PICTURE, read
from sdtui.watch.settling import Settling
from sdtui.watch.sheet import Reading
from sdtui.watch.tripwire import Tripwire

POLL_S = 2.0
"""Between two looks where nobody tells of changes."""
SURE_S = 15.0
"""Between two looks where the system tells of them: should it ever have forgotten one."""
GATHER_S = 0.05
"""So long after the first sign of a change others are waited for."""
LOOKS_SHARE = 20
"""A look that takes long is not followed by the next one before so many times that have passed."""
AT_ONCE = 100
"""So many files are read before what was read is handed on."""


class Place(NamedTuple):
    """What is watched and how; `skip` are folders in it that are not."""

    root: Path
    recursive: bool = False
    polling: bool = False
    skip: frozenset[Path] = frozenset()


class Listener(NamedTuple):
    """Who is told, on the event loop: what was read, what is refused, what is gone, how it is watched, and when all is known.

    `is_own` says of a picture that it is a result, which is no prompt file.
    """

    read: Callable[[str, Reading], None]
    refused: Callable[[str, SdtuiError], None]
    gone: Callable[[str], None]
    told: Callable[[tuple[str, ...], SdtuiError | None], None]
    rested: Callable[[], None]
    is_own: Callable[[Path], bool]


class Watcher:
    """One folder, for as long as `run` runs."""

    def __init__(self, place: Place, listener: Listener) -> None:
        self._place = place
        self._listener = listener
        self._settling = Settling()
        self._tripped = asyncio.Event()
        self._refused: frozenset[str] = frozenset()
        self._told: object = None
        self._loop = asyncio.get_running_loop()
        self._wire = Tripwire(self._trip, is_prompt_file)
        self._unarmed = ""
        self._looks_s = 0.0

    async def run(self) -> None:
        """Watch until cancelled."""
        try:
            wait_s: float | None = 0.0
            while True:
                if wait_s != 0.0:
                    await self._rest(wait_s)
                wait_s = await self._look()
        finally:
            self._wire.cut()

    def _trip(self) -> None:
        self._loop.call_soon_threadsafe(self._tripped.set)

    async def _rest(self, due_s: float | None) -> None:
        """Until something is due, or a sign of a change; then for a moment more, so that one look finds them all."""
        usual_s = POLL_S if self._place.polling or self._unarmed else SURE_S
        wait_s = max(usual_s if due_s is None else due_s, self._looks_s * LOOKS_SHARE)
        end = time.monotonic() + wait_s
        while (left_s := end - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(min(left_s, POLL_S)):
                    await self._tripped.wait()
                await asyncio.sleep(max(GATHER_S, self._looks_s))
                break
            except TimeoutError:
                # A folder that is renamed or replaced says nothing of it.
                if not self._place.polling and not self._unarmed and not self._wire.holds(self._place.root):
                    break
        self._tripped.clear()

    async def _look(self) -> float | None:
        """Look once, and have read what came to rest; seconds until the next look is due, None when none is."""
        place = self._place
        if not place.polling and not self._wire.holds(place.root) and place.root.is_dir():
            self._unarmed = await asyncio.to_thread(self._wire.arm, place.root, recursive=place.recursive)
        began = time.monotonic()
        try:
            seen = await asyncio.to_thread(look, place.root, recursive=place.recursive, skip=place.skip)
        except SdtuiError as error:
            # Its files may be there again in a moment: nothing is said of them.
            self._tell((), error)
            return POLL_S
        self._looks_s = time.monotonic() - began
        self._tell((*((self._unarmed,) if self._unarmed else ()), *seen.notes), None)
        self._refuse(seen)
        settled = self._settling.take({name: found.stamp for name, found in seen.files.items()}, time.monotonic())
        for name in settled.gone:
            self._listener.gone(name)
        postponed = await self._read([(name, seen.files[name]) for name in settled.ready])
        if settled.again_s is None and not postponed:
            self._listener.rested()
        return 0.05 if postponed else settled.again_s

    async def _read(self, files: Sequence[tuple[str, Found]]) -> bool:
        """Have files read and hand on what they say; whether one of them is to be read once more."""
        foreign = [
            (name, found)
            for name, found in files
            if not (name.lower().endswith(PICTURE) and self._listener.is_own(found.path))
        ]
        postponed = False
        for start in range(0, len(foreign), AT_ONCE):
            some = foreign[start : start + AT_ONCE]
            readings = await asyncio.to_thread(lambda some=some: [read(found.path, name) for name, found in some])  # type: ignore[misc]
            for (name, _), reading in zip(some, readings, strict=True):
                if reading.empty and self._settling.postpone(name, time.monotonic()):
                    postponed = True
                else:
                    self._listener.read(name, reading)
        return postponed

    def _refuse(self, seen: Seen) -> None:
        refused = frozenset(seen.refused)
        for name in refused - self._refused:
            self._listener.refused(name, seen.refused[name])
        for name in self._refused - refused - seen.files.keys():
            self._listener.gone(name)
        self._refused = refused

    def _tell(self, notes: tuple[str, ...], problem: SdtuiError | None) -> None:
        said = (notes, str(problem) if problem is not None else "")
        if said != self._told:
            self._told = said
            self._listener.told(notes, problem)
