"""Coming back to a workspace with a long history: 100,000 finished jobs in the database, 10,000 pictures still to be made."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

import msgspec

from benchmarks.figure import Figure
from sdtui.client.client import Client
from sdtui.jobs.store import Store
from sdtui.spec.document import Document
from sdtui.spec.event import Finished, Published, Started
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile
from sdtui.spec.params import Params
from sdtui.workspace.paths import Workspace

JOBS = 100_000
WAITING = 10_000
AT_ONCE = 1000
ROUNDS = 5
RENDER = Render(
    id="r",
    job_id=1,
    index=0,
    prompt="a lighthouse on a cliff at dusk, oil on canvas",
    negative_prompt="",
    params=Params(seed=7),
    checkpoint=ModelFile(name="m", path="/m.safetensors", size=1, mtime_ns=1),
    path="/out/1.png",
)


def measure() -> list[Figure]:
    """Seconds until a client has its snapshot, its size, and what a submission costs; medians."""
    with tempfile.TemporaryDirectory() as folder:
        kept = {
            name: os.environ.get(name)
            for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "SDTUI_TMPDIR", "SDTUI_RENDERER")
        }
        os.environ |= {
            "XDG_STATE_HOME": f"{folder}/state",
            "XDG_CONFIG_HOME": f"{folder}/config",
            "SDTUI_TMPDIR": folder,
            "SDTUI_RENDERER": "sdtui.worker.fake:FakeRenderer",
        }
        try:
            return asyncio.run(_measure(Path(folder)))
        finally:
            for name, value in kept.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value


async def _measure(folder: Path) -> list[Figure]:
    root = folder / "w"
    for name in ("presets", "wildcards"):
        (root / name).mkdir(parents=True)
    workspace = Workspace(root)
    workspace.make_state()
    _fill(workspace.state / "queue.db", str(root / "outputs"))
    client = await Client.connect(workspace, name="cli", events=False)
    try:
        for _ in range(WAITING // AT_ONCE):
            await client.submit(Document(prompt="slow", params={"batch_count": AT_ONCE, "steps": 150}))
        attach, submit = [], []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            other = await Client.connect(workspace, name="cli", events=False)
            attach.append(time.perf_counter() - started)
            started = time.perf_counter()
            job = await other.submit(Document(prompt="x"))
            submit.append(time.perf_counter() - started)
            await other.cancel(job.id)
            size = len(msgspec.json.encode(other.snapshot))
            await other.close()
    finally:
        await client.stop("now")
    return [
        Figure(f"attach with {JOBS:,} jobs in the history", statistics.median(attach), "s", 0.5),
        Figure(f"snapshot with those and {WAITING:,} pictures waiting", size / 1e6, "MB", 4),
        Figure(f"submitting a job beside {JOBS:,} others", statistics.median(submit) * 1000, "ms", None),
    ]


def _fill(path: Path, outputs: str) -> None:
    """A database as so many jobs of one picture leave it."""
    Store(path).close()
    import sqlite3

    database = sqlite3.connect(path)
    document = msgspec.json.encode(Document(prompt=RENDER.prompt)).decode()
    body = msgspec.json.encode(RENDER).decode()
    database.executemany(
        "INSERT INTO jobs (id, created_at, document, ended) VALUES (?, ?, ?, 1)",
        ((number, float(number), document) for number in range(1, JOBS + 1)),
    )
    database.executemany(
        "INSERT INTO renders (id, job_id, place, body, state, path) VALUES (?, ?, 0, ?, 'done', ?)",
        (
            (f"r{number}", number, body, f"{outputs}/{number // 1000}/{number:05}-7.png")
            for number in range(1, JOBS + 1)
        ),
    )
    for tag, event in (
        ("started", Started(job_id=1, render_id="r1", device="cpu")),
        ("published", Published(job_id=1, render_id="r1", path="/out/1.png", seconds=2.0)),
        ("finished", Finished(job_id=1)),
    ):
        text = msgspec.json.encode(event).decode()
        database.executemany(
            "INSERT INTO events (at, job_id, kind, body) VALUES (?, ?, ?, ?)",
            ((float(number), number, tag, text) for number in range(1, JOBS + 1)),
        )
    database.commit()
    database.close()


if __name__ == "__main__":
    print(*measure(), sep="\n")
