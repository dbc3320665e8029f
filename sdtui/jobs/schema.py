"""The tables of the workspace's database; `user_version` counts the migrations that were applied."""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        created_at REAL NOT NULL,
        document TEXT NOT NULL,
        ended INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX jobs_open ON jobs (id) WHERE ended = 0;
    CREATE TABLE renders (
        id TEXT PRIMARY KEY,
        job_id INTEGER NOT NULL REFERENCES jobs (id),
        place INTEGER NOT NULL,
        body TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'queued',
        path TEXT NOT NULL,
        seconds REAL NOT NULL DEFAULT 0,
        error TEXT,
        deaths INTEGER NOT NULL DEFAULT 0,
        UNIQUE (job_id, place)
    );
    CREATE INDEX renders_open ON renders (state) WHERE state IN ('queued', 'running');
    CREATE INDEX renders_path ON renders (path);
    CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL,
        job_id INTEGER NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL
    );
    CREATE TABLE kept (
        name TEXT PRIMARY KEY,
        body TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
)
