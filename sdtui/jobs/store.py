"""The workspace's database: jobs, renders, events and the draft. SQLite in WAL mode, synchronous FULL, one owner."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from sdtui.errors import WorkspaceError
from sdtui.jobs.schema import MIGRATIONS
from sdtui.spec.complaint import Complaint
from sdtui.spec.document import Document
from sdtui.spec.event import (
    AnyEvent,
    Cancelled,
    Failed,
    Finished,
    Noted,
    Published,
    QueueChanged,
    Requeued,
    Started,
    Submitted,
)
from sdtui.spec.fold import job_id_of, opened
from sdtui.spec.job import Job, Render
from sdtui.spec.jobview import JobView, RenderState, RenderView

DRAFT = "draft"
LINE = "line"
TEXT = "text:"
"""What the names of the studio's texts begin with, so that none is taken for the draft."""

Kept = TypeVar("Kept", bound=msgspec.Struct)


class Store:
    """Everything that has to outlive the server; every public method is one transaction."""

    def __init__(self, path: Path) -> None:
        """Open the database, made on first use with mode 0600; raises WorkspaceError when it cannot be used."""
        self.path = path
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._migrate()
        except (OSError, sqlite3.Error) as error:
            raise WorkspaceError(
                f"The queue's database cannot be used ({error}).",
                where=str(path),
                todo="Is the disk full or read-only? Moving the file away starts with an empty queue.",
            ) from error

    def close(self) -> None:
        """Close the database; nothing is pending, every transaction was committed."""
        self._db.close()

    def next_job_id(self) -> int:
        """The number that the next job gets."""
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'").fetchone()
        return 1 + int(row[0] if row else 0)

    def add(self, job: Job, view: JobView) -> Noted:
        """Keep a planned job with its renders and its Submitted event."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO jobs (id, created_at, document) VALUES (?, ?, ?)",
                (job.id, job.created_at, _text(job.document)),
            )
            self._db.executemany(
                "INSERT INTO renders (id, job_id, place, body, path) VALUES (?, ?, ?, ?, ?)",
                ((r.id, job.id, r.index, _text(r), r.path) for r in job.renders),
            )
            # the event's job is read back from the tables: a job of 10,000 renders is not kept twice
            cursor = self._db.execute(
                "INSERT INTO events (at, job_id, kind, body) VALUES (?, ?, 'submitted', '')", (job.created_at, job.id)
            )
        return Noted(seq=int(cursor.lastrowid or 0), at=job.created_at, event=Submitted(job=view))

    def note(self, event: AnyEvent, at: float, *, deaths: int | None = None) -> Noted:
        """Append a lasting event and change the rows it speaks of, in one transaction."""
        with self._transaction():
            match event:
                case Started():
                    self._set(event.render_id, "running")
                case Published():
                    self._set(event.render_id, "done", path=event.path, seconds=event.seconds)
                case Failed():
                    self._set(event.render_id, "failed", error=event.error)
                case Cancelled():
                    self._set(event.render_id, "cancelled")
                case Requeued():
                    self._set(event.render_id, "queued")
                    self._db.execute("UPDATE jobs SET ended = 0 WHERE id = ?", (event.job_id,))
                    if deaths is not None:
                        self._db.execute("UPDATE renders SET deaths = ? WHERE id = ?", (deaths, event.render_id))
                case Finished():
                    self._db.execute("UPDATE jobs SET ended = 1 WHERE id = ?", (event.job_id,))
                case _:
                    pass
            cursor = self._db.execute(
                "INSERT INTO events (at, job_id, kind, body) VALUES (?, ?, ?, ?)",
                (at, job_id_of(event), type(event).__struct_config__.tag, _text(event)),
            )
        return Noted(seq=int(cursor.lastrowid or 0), at=at, event=event)

    def last_seq(self) -> int:
        """The number of the newest event; 0 when there is none."""
        return int(self._db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0])

    def events_after(self, seq: int, limit: int) -> tuple[Noted, ...]:
        """Lasting events above `seq`, oldest first."""
        rows = self._db.execute(
            "SELECT seq, at, job_id, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
        ).fetchall()
        return tuple(
            Noted(seq=n, at=at, event=msgspec.json.decode(body, type=AnyEvent) if body else self._submitted(job_id))
            for n, at, job_id, body in rows
        )

    def newest_log(self, limit: int) -> tuple[Noted, ...]:
        """The newest events that a log tells of, oldest first."""
        rows = self._db.execute(
            "SELECT seq, at, body FROM events WHERE kind IN ('log', 'published', 'failed', 'cancelled', 'requeued')"
            " ORDER BY seq DESC LIMIT ?",
            (limit,),
        ).fetchall()
        return tuple(Noted(seq=n, at=at, event=msgspec.json.decode(body, type=AnyEvent)) for n, at, body in rows[::-1])

    def newest_jobs(self, limit: int) -> tuple[int, ...]:
        """The numbers of the newest jobs, newest first."""
        return tuple(row[0] for row in self._db.execute("SELECT id FROM jobs ORDER BY id DESC LIMIT ?", (limit,)))

    def view(self, job_id: int) -> JobView:
        """A job as its rows tell; raises KeyError for an unknown number."""
        job = self._db.execute("SELECT created_at, document FROM jobs WHERE id = ?", (job_id,)).fetchone()
        if job is None:
            raise KeyError(job_id)
        rows = self._db.execute(
            "SELECT body, state, path, seconds, error FROM renders WHERE job_id = ? ORDER BY place", (job_id,)
        )
        document = msgspec.json.decode(job[1], type=Document)
        return JobView(
            id=job_id, created_at=job[0], document=document, renders=tuple(_render_view(row) for row in rows)
        )

    def open_renders(self) -> Iterator[tuple[Render, int]]:
        """The renders that are not ended, in the order of their submission, each with its count of deaths."""
        rows = self._db.execute(
            "SELECT body, deaths FROM renders WHERE state IN ('queued', 'running') ORDER BY job_id, place"
        ).fetchall()
        for body, deaths in rows:
            yield msgspec.json.decode(body, type=Render), deaths

    def render(self, render_id: str) -> Render:
        """A render as it was planned; raises KeyError for an unknown id."""
        row = self._db.execute("SELECT body FROM renders WHERE id = ?", (render_id,)).fetchone()
        if row is None:
            raise KeyError(render_id)
        return msgspec.json.decode(row[0], type=Render)

    def open_jobs(self) -> tuple[int, ...]:
        """The numbers of the jobs that are not finished."""
        return tuple(row[0] for row in self._db.execute("SELECT id FROM jobs WHERE ended = 0 ORDER BY id"))

    def is_planned(self, path: str) -> bool:
        """A picture of this path was planned, whether it is there yet or not."""
        return self._db.execute("SELECT 1 FROM renders WHERE path = ? LIMIT 1", (path,)).fetchone() is not None

    def planned_in(self, folder: Path) -> tuple[str, ...]:
        """The names that pictures were planned under in a folder, whether they are there yet or not."""
        first = f"{folder}{os.sep}"
        rows = self._db.execute("SELECT path FROM renders WHERE path >= ? AND path < ?", (first, f"{folder}0"))
        return tuple(name for (path,) in rows if os.sep not in (name := path.removeprefix(first)))

    def draft(self) -> Document:
        """What was typed last; the empty document at first, and when another version wrote one that we cannot read."""
        return self._kept(DRAFT, Document())

    def put_draft(self, document: Document) -> None:
        """Keep what was typed."""
        self._keep(DRAFT, document)

    def documents(self, limit: int) -> Iterator[tuple[int, Document]]:
        """The documents of the newest jobs by number, newest first."""
        for job_id, body in self._db.execute("SELECT id, document FROM jobs ORDER BY id DESC LIMIT ?", (limit,)):
            yield job_id, msgspec.json.decode(body, type=Document)

    def line(self) -> QueueChanged:
        """The order of the waiting jobs as it was kept last; empty at first."""
        return self._kept(LINE, QueueChanged())

    def put_line(self, line: QueueChanged) -> None:
        """Keep the order of the waiting jobs."""
        self._keep(LINE, line)

    def text(self, name: str) -> str:
        """A text that the studio keeps; empty when there is none."""
        row = self._db.execute("SELECT body FROM kept WHERE name = ?", (TEXT + name,)).fetchone()
        return str(row[0]) if row else ""

    def text_count(self) -> int:
        """How many texts the studio keeps."""
        return int(self._db.execute("SELECT count(*) FROM kept WHERE name GLOB ?", (f"{TEXT}*",)).fetchone()[0])

    def put_text(self, name: str, text: str) -> None:
        """Keep a text for the studio; the empty one takes its name away."""
        with self._transaction():
            if text:
                self._db.execute("INSERT OR REPLACE INTO kept (name, body) VALUES (?, ?)", (TEXT + name, text))
            else:
                self._db.execute("DELETE FROM kept WHERE name = ?", (TEXT + name,))

    def _kept(self, name: str, default: Kept) -> Kept:
        row = self._db.execute("SELECT body FROM kept WHERE name = ?", (name,)).fetchone()
        try:
            return msgspec.json.decode(row[0], type=type(default)) if row else default
        except msgspec.ValidationError:
            return default

    def _keep(self, name: str, value: msgspec.Struct) -> None:
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO kept (name, body) VALUES (?, ?)", (name, _text(value)))

    def _submitted(self, job_id: int) -> Submitted:
        created_at, document = self._db.execute(
            "SELECT created_at, document FROM jobs WHERE id = ?", (job_id,)
        ).fetchone()
        rows = self._db.execute("SELECT body FROM renders WHERE job_id = ? ORDER BY place", (job_id,))
        renders = tuple(msgspec.json.decode(body, type=Render) for (body,) in rows)
        plain = msgspec.json.decode(document, type=Document)
        return Submitted(job=opened(Job(id=job_id, created_at=created_at, document=plain, renders=renders)))

    def _set(
        self,
        render_id: str,
        state: RenderState,
        *,
        path: str | None = None,
        seconds: float = 0.0,
        error: Complaint | None = None,
    ) -> None:
        self._db.execute(
            "UPDATE renders SET state = ?, path = coalesce(?, path), seconds = ?, error = ? WHERE id = ?",
            (state, path, seconds, _text(error) if error else None, render_id),
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _migrate(self) -> None:
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise WorkspaceError(
                "The queue was written by a newer sdtui.",
                where=str(self.path),
                todo="Use that version, or update this one.",
            )
        for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
            self._db.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")


def _text(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()


def _render_view(row: tuple[str, RenderState, str, float, str | None]) -> RenderView:
    body, state, path, seconds, error = row
    render = msgspec.json.decode(body, type=Render)
    return RenderView(
        id=render.id,
        index=render.index,
        seed=render.params.seed,
        state=state,
        steps=render.params.steps,
        path=path,
        seconds=seconds,
        error=msgspec.json.decode(error, type=Complaint) if error else None,
    )
