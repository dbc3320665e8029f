"""How every watched file stands: what waits for its turn, what is being made of it, what became of that.

Pure: it is told what happened, and says what has to be done. Of a file only its newest content counts: a change while an older
one is being made gives that one's job back to be cancelled, and a file that changes ten times before its turn has one turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from msgspec.structs import replace

from sdtui.errors import SdtuiError
from sdtui.spec.complaint import Complaint, complaint_of
from sdtui.spec.jobview import JobView
from sdtui.spec.watch import WatchedFile
from sdtui.watch.names import home_name, own_seed
from sdtui.watch.records import FileRecord
from sdtui.watch.sheet import Reading, Sheet

Key = tuple[str, str]
"""A folder's path, and a file's name in it."""


@dataclass
class Entry:
    """One file. `turn` counts its changes, so that what was begun for an older one is known by it."""

    file: WatchedFile
    home: str
    digest: str = ""
    uses: dict[str, str] = field(default_factory=dict)
    sheet: Sheet | None = None
    owed: bool = False
    turn: int = 0
    there: bool = False

    @property
    def shown(self) -> WatchedFile:
        """As clients are told of it."""
        return self.file if self.there else replace(self.file, state="gone")

    @property
    def record(self) -> FileRecord:
        """What is kept of it."""
        return FileRecord(file=self.file, digest=self.digest, uses=self.uses, home=self.home, owed=self.owed)


class Board:
    """`clock` is seconds since the epoch."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: dict[Key, Entry] = {}
        self._homes: set[str] = set()
        self._waiting: dict[Key, None] = {}
        self._jobs: dict[int, Key] = {}
        self._changed: dict[Key, None] = {}

    def load(self, records: Iterable[FileRecord], job: Callable[[int], JobView]) -> None:
        """Take up what was kept; `job` finds the jobs that were on their way, or raises KeyError."""
        for record in records:
            entry = Entry(record.file, record.home, record.digest, dict(record.uses), owed=record.owed)
            self._entries[record.file.key] = entry
            self._homes.add(record.home)
            if entry.file.state == "rendering":
                self._jobs[entry.file.job_id] = record.file.key
                try:
                    self.saw_job(job(entry.file.job_id))
                except KeyError:
                    self._ended(entry, "cancelled", None)

    # what is asked

    @property
    def open_jobs(self) -> int:
        """How many jobs are on their way."""
        return len(self._jobs)

    def entry(self, key: Key) -> Entry | None:
        """A file, if it is known."""
        return self._entries.get(key)

    def entries(self, folder: str = "") -> list[Entry]:
        """The files that are there (of a folder, "" is every one), in the order of folder and name."""
        there = (entry for entry in self._entries.values() if entry.there and folder in ("", entry.file.folder))
        return sorted(there, key=lambda entry: entry.file.key)

    def next(self, passed_over: Iterable[str] = ()) -> Entry | None:
        """The file whose turn it is, but for those of some folders; it waits no longer."""
        others = set(passed_over)
        key = next((key for key in self._waiting if key[0] not in others), None)
        if key is None:
            return None
        del self._waiting[key]
        return self._entries[key]

    def waits(self, folder: str) -> bool:
        """Something of a folder waits for its turn, or is being made."""
        return any(key[0] == folder for key in (*self._waiting, *self._jobs.values()))

    def take_changed(self) -> list[Entry]:
        """The files that stand otherwise than when this was asked last."""
        changed, self._changed = self._changed, {}
        return [self._entries[key] for key in changed if key in self._entries]

    # what happens to files

    def read(self, key: Key, reading: Reading, *, again: bool = False) -> int:
        """A file was read; the job that is to be cancelled for it, 0 for none. The same content as before changes nothing."""
        entry = self._entries.get(key) or self._open(key)
        was_there, entry.there = entry.there, True
        same = entry.digest == reading.digest
        entry.sheet = reading.sheet
        if same and not again and not entry.owed:
            if not was_there:
                self._changed[key] = None
            return 0
        entry.digest = reading.digest
        if reading.error is not None:
            return self.refuse(key, reading.error)
        self._note(entry, notes=reading.sheet.notes if reading.sheet is not None else ())
        return self.want(key)

    def want(self, key: Key) -> int:
        """A file is to be rendered as it was read last; the job that is to be cancelled for it, 0 for none."""
        entry = self._entries[key]
        if entry.sheet is None:
            return 0
        entry.turn += 1
        entry.owed = True
        self._waiting[key] = None
        self._note(entry, state="waiting", error=None)
        return self._drop_job(entry)

    def refuse(self, key: Key, error: SdtuiError) -> int:
        """Nothing can be made of a file as it is; the job that is to be cancelled for it."""
        entry = self._entries.get(key) or self._open(key)
        entry.there, entry.owed = True, False
        entry.turn += 1
        self._waiting.pop(key, None)
        complaint = complaint_of(error)
        if entry.file.error != complaint or entry.file.state != "failed":
            self._note(entry, state="failed", error=complaint)
        return self._drop_job(entry)

    def lose(self, key: Key) -> int:
        """A file is gone; the job that is to be cancelled for it. What is known of it is kept: it may come back."""
        entry = self._entries.get(key)
        if entry is None or not entry.there:
            return 0
        entry.turn += 1
        entry.there = False
        entry.owed = entry.owed or entry.file.job_id in self._jobs
        self._waiting.pop(key, None)
        self._changed[key] = None
        return self._drop_job(entry)

    def forget(self, folder: str) -> list[int]:
        """A folder is watched no longer; the jobs that are to be cancelled."""
        keys = [key for key in self._entries if key[0] == folder]
        jobs = [job_id for job_id, key in self._jobs.items() if key[0] == folder]
        for key in keys:
            self._homes.discard(self._entries.pop(key).home)
            self._waiting.pop(key, None)
            self._changed.pop(key, None)
        for job_id in jobs:
            del self._jobs[job_id]
        return jobs

    # what happens to jobs

    def begin(self, key: Key, job: JobView, home: str, notes: tuple[str, ...] = ()) -> None:
        """A job was queued for a file; `home` is the folder of its pictures, `notes` say what else there is to know of it."""
        entry = self._entries[key]
        if entry.sheet is not None:
            self._note(entry, notes=(*entry.sheet.notes, *notes))
        entry.owed = False
        self._jobs[job.id] = key
        self._note(entry, state="rendering", job_id=job.id, done=0, count=len(job.renders), home=home, error=None)

    def saw_job(self, view: JobView) -> None:
        """How a job stands, as it is known from elsewhere than its events."""
        entry = self._of_job(view.id)
        paths = [render.path for render in view.renders if render.state == "done" and render.path]
        if entry is not None and paths:
            before = entry.file.before if entry.file.done else entry.file.latest
            self._note(entry, latest=paths[-1], before=before, done=len(paths))
        if view.ended:
            failed = next((render.error for render in view.renders if render.state == "failed"), None)
            self.ended(view.id, failed=failed, cancelled=view.state == "cancelled")

    def published(self, job_id: int, path: str) -> Entry | None:
        """A picture is there; the file, if it is its newest job's."""
        entry = self._of_job(job_id)
        if entry is not None:
            file = entry.file
            before = file.before if file.done else file.latest
            self._note(entry, latest=path, before=before, done=min(file.count, file.done + 1))
        return entry

    def ended(self, job_id: int, *, failed: Complaint | None = None, cancelled: bool = False) -> Entry | None:
        """A job has ended; the file, if it is its newest job."""
        entry = self._of_job(job_id)
        self._jobs.pop(job_id, None)
        if entry is not None:
            self._ended(entry, "failed" if failed else "cancelled" if cancelled else "done", failed)
        return entry

    def reopen(self, job_id: int) -> None:
        """A job that had ended has work again."""
        for key, entry in self._entries.items():
            if entry.file.job_id == job_id and not entry.owed and job_id not in self._jobs:
                self._jobs[job_id] = key
                self._note(entry, state="rendering", error=None)

    # within

    def _ended(self, entry: Entry, state: str, error: Complaint | None) -> None:
        self._jobs.pop(entry.file.job_id, None)
        self._note(entry, state=state, error=error)

    def _of_job(self, job_id: int) -> Entry | None:
        key = self._jobs.get(job_id)
        entry = self._entries.get(key) if key is not None else None
        return entry if entry is not None and entry.file.job_id == job_id else None

    def _drop_job(self, entry: Entry) -> int:
        job_id = entry.file.job_id
        return job_id if self._jobs.pop(job_id, None) is not None else 0

    def _open(self, key: Key) -> Entry:
        folder, name = key
        home = home_name(name, self._homes)
        self._homes.add(home)
        file = WatchedFile(folder=folder, name=name, seed=own_seed(f"{folder}/{name}"), at=self._clock())
        entry = self._entries[key] = Entry(file, home)
        return entry

    def _note(self, entry: Entry, **changes: object) -> None:
        entry.file = replace(entry.file, at=self._clock(), **changes)
        self._changed[entry.file.key] = None
