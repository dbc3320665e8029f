"""Models on their way: downloads that belong to the server, go on without a client, and after a restart where they stopped."""

from __future__ import annotations

import asyncio
import os
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from sdtui.errors import SdtuiError, UsageError
from sdtui.fetch.download import Download
from sdtui.fetch.folder import FolderDownload, discard
from sdtui.fetch.hub import is_folder
from sdtui.fetch.sites import direct, shown
from sdtui.fetch.storing import MOST_OVER, Kept, load, save
from sdtui.fetch.tokens import token_for
from sdtui.fetch.wish import Course, Ways, Wish
from sdtui.server.journal import Journal
from sdtui.spec.complaint import complaint_of
from sdtui.spec.event import Chore, FetchChanged
from sdtui.spec.fetch import FetchView
from sdtui.spec.model import ModelKind
from sdtui.spec.verbs_models import Fetch
from sdtui.workspace.config import Config

AT_ONCE = 2
NOTHING: Mapping[str, object] = {}
SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class _Stopped(Exception):
    """Somebody stopped it."""


class Surroundings(NamedTuple):
    """What the server lends: the configuration as it is, the folder of a kind, and who is told of a file that landed."""

    config: Callable[[], Config]
    folder_for: Callable[[ModelKind], Path]
    landed: Callable[[Path, str], None]


class Fetches:
    """Every download; two run at a time, each on a thread of its own that ends with the process."""

    def __init__(self, journal: Journal, file: Path, around: Surroundings) -> None:
        self._journal = journal
        self._file = file
        self._around = around
        self._all = {kept.view.id: kept for kept in load(file)}
        self._stops: dict[int, threading.Event] = {}
        self._forgotten: set[int] = set()
        self._closed = False
        self._last_id = max(self._all, default=0)

    @property
    def views(self) -> tuple[FetchView, ...]:
        """All of them, the oldest first, without those that go as soon as they have come to a stop."""
        return tuple(kept.view for number, kept in sorted(self._all.items()) if number not in self._forgotten)

    @property
    def busy(self) -> bool:
        """One of them is not over."""
        return any(not view.over for view in self.views)

    def begin(self) -> None:
        """Go on with what an earlier server did not finish."""
        for view in self.views:
            if view.state == "running":
                self._show(view.id, {"state": "waiting"})
        self._pump()

    def start(self, verb: Fetch) -> FetchView:
        """Queue a download; raises UsageError for what is no address or no hash. The same address twice is one download."""
        url = direct(verb.url)
        if verb.sha256 and not SHA256.fullmatch(verb.sha256):
            raise UsageError("A SHA-256 has 64 digits of 0–9 and a–f.", where=verb.sha256[:80])
        wish = Wish(url=url, kind=verb.kind, name=verb.name, sha256=verb.sha256.lower())
        for kept in self._all.values():
            if kept.wish == wish and not kept.view.over:
                return kept.view
            if kept.wish == wish and kept.view.state in {"failed", "cancelled"}:
                return self.again(kept.view.id)
        self._last_id += 1
        view = FetchView(id=self._last_id, url=shown(url), state="waiting", name=verb.name, kind=verb.kind)
        self._all[view.id] = Kept(wish=wish, course=Course(), view=view)
        self._tidy()
        self._show(view.id)
        self._pump()
        return self._all[view.id].view

    def again(self, number: int) -> FetchView:
        """Go on with one that failed or was stopped, once it has come to its end."""
        kept = self._one(number)
        if kept.view.state in {"failed", "cancelled"}:
            self._show(number, {"state": "waiting", "error": None})
            self._pump()
        return self._all[number].view

    def stop(self, number: int, *, forget: bool = False) -> int:
        """Stop one; what is there stays, unless it is forgotten. 0 when there was nothing to stop or forget."""
        kept = self._one(number)
        running = self._stops.get(number)
        if forget:
            self._forgotten.add(number)
        if running is not None:
            running.set()
            self._show(number, {"state": "cancelled"})
            return 1
        if not kept.view.over:
            self._show(number, {"state": "cancelled"})
            return 1
        return self._forget(number) if forget else 0

    def close(self) -> None:
        """The server ends; what runs goes on with the next one."""
        self._closed = True
        for stop in self._stops.values():
            stop.set()
        save(self._file, self._all.values())

    # one of them

    def _one(self, number: int) -> Kept:
        kept = self._all.get(number)
        if kept is None:
            raise UsageError(f"There is no download {number}.")
        return kept

    def _pump(self) -> None:
        for view in self.views:
            free = len(self._stops) < AT_ONCE and not self._closed
            if free and view.state == "waiting" and view.id not in self._stops:
                self._run(view.id)

    def _run(self, number: int) -> None:
        loop, stop = asyncio.get_running_loop(), threading.Event()
        self._stops[number] = stop
        self._show(number, {"state": "running"})
        kept, config = self._all[number], self._around.config()

        def wait(seconds: float) -> None:
            if stop.wait(seconds):
                raise _Stopped

        def on_loop(call: Callable[..., None], *arguments: object) -> None:
            try:
                loop.call_soon_threadsafe(call, *arguments)
            except RuntimeError:
                # the server has ended meanwhile
                raise _Stopped from None

        ways = Ways(
            folder_for=self._around.folder_for,
            token_for=lambda url: token_for(url, config.tokens, os.environ),
            tell=lambda course: on_loop(self._advance, number, course),
            stopped=lambda: wait(0),
            wait=wait,
            pickles=config.allow_pickles,
        )

        def work() -> None:
            download = (FolderDownload if is_folder(kept.wish.url) else Download)(kept.wish, kept.course, ways)
            # what no case below changes is a fault of ours, which the thread's end writes into the server's log
            error: SdtuiError | None = SdtuiError("It ended by a fault of our own.", where=shown(kept.wish.url))
            course: Course | None = None
            try:
                course = download.run()
                error = None
            except _Stopped:
                error = None
            except SdtuiError as refusal:
                error = refusal
            finally:
                with suppress(_Stopped):
                    on_loop(self._ended, number, download.course, course, error)

        threading.Thread(target=work, name=f"fetch {number}", daemon=True).start()

    def _advance(self, number: int, course: Course) -> None:
        kept = self._all.get(number)
        if kept is None:
            return
        learned = (kept.course.path, kept.course.size, kept.course.version) != (
            course.path,
            course.size,
            course.version,
        )
        self._all[number] = replace(kept, course=course)
        self._show(number, _told(course), keep=learned)

    def _ended(self, number: int, last: Course, done: Course | None, error: SdtuiError | None) -> None:
        del self._stops[number]
        kept = self._all[number]
        checked = done is not None and bool(last.sha256)
        self._all[number] = replace(kept, course=done or last)
        if done is not None:
            self._show(number, {**_told(done), "state": "done", "checked": checked, "error": None})
            self._journal.log(f"{Path(done.path).name} was fetched from {kept.view.url} into {Path(done.path).parent}.")
            self._around.landed(Path(done.path), done.sha256)
        elif error is not None:
            self._show(number, {"state": "failed", "error": complaint_of(error)})
            self._journal.log(f"A model was not fetched: {error}", level="error")
        if number in self._forgotten:
            self._forget(number)
        self._pump()

    def _forget(self, number: int) -> int:
        self._forgotten.discard(number)
        kept = self._all.pop(number)
        if kept.view.state != "done" and kept.course.path:
            discard(Path(kept.course.path), kept.wish.url)
        save(self._file, self._all.values())
        self._journal.note(FetchChanged(fetch=kept.view, gone=True))
        return 1

    def _tidy(self) -> None:
        over = [view.id for view in self.views if view.over]
        for number in over[:-MOST_OVER]:
            del self._all[number]

    def _show(self, number: int, changes: Mapping[str, object] = NOTHING, *, keep: bool = True) -> None:
        """Tell how it stands, as a download and as work in the background."""
        kept = self._all[number]
        view = replace(kept.view, **changes)
        if view.state != "running":
            view = replace(view, text="", speed=0.0)
        self._all[number] = replace(kept, view=view)
        if keep:
            save(self._file, self._all.values())
        self._journal.note(FetchChanged(fetch=view))
        name = view.name or "a model"
        share = view.done / view.size if view.size else None
        text = f"fetching {name}" + (f" ({view.text})" if view.text and not view.over else "")
        if view.state == "running" or view.over:
            self._journal.note(Chore(id=f"fetch {number}", text=text, progress=share, over=view.over))


def _told(course: Course) -> Mapping[str, object]:
    known: dict[str, object] = {"name": Path(course.path).name, "path": course.path} if course.path else {}
    if course.kind != "unknown":
        known["kind"] = course.kind
    return {
        **known,
        "size": course.size,
        "done": course.done,
        "speed": course.speed,
        "text": course.text,
        "sha256": course.sha256,
    }
