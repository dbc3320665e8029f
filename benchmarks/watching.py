"""Watching: from a save to its job, and what 5,000 saves at once cost whoever asks the server something meanwhile."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figure import Figure
from sdtui.client.client import Client
from sdtui.spec.event import Noted, Submitted
from sdtui.spec.verb import Done
from sdtui.spec.verbs_watch import PauseWatch, Unwatch, Watch, Watches, WatchesAnswer
from sdtui.spec.watch import WatchWish
from sdtui.workspace.paths import Workspace

SAVES = 12
AT_ONCE = 5000
NAMES = ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "SDTUI_TMPDIR", "SDTUI_RENDERER")


def measure() -> list[Figure]:
    """Medians, and the 99th of a hundred answers; on the renderer that needs no torch."""
    with tempfile.TemporaryDirectory() as folder:
        kept = {name: os.environ.get(name) for name in NAMES}
        values = (f"{folder}/state", f"{folder}/config", folder, "sdtui.worker.fake:FakeRenderer")
        os.environ |= dict(zip(NAMES, values, strict=True))
        try:
            return asyncio.run(_measure(Path(folder)))
        finally:
            for name, value in kept.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value


async def _measure(folder: Path) -> list[Figure]:
    root, prompts = folder / "w", folder / "prompts"
    for path in (root / "presets", root / "wildcards", prompts):
        path.mkdir(parents=True)
    (root / "sdtui.yaml").write_text("devices: [cpu]\n")
    submitted = asyncio.Event()

    def hear(noted: Noted, blob: bytes) -> None:
        if isinstance(noted.event, Submitted):
            submitted.set()

    client = await Client.connect(Workspace(root), name="bench", on_event=hear)
    try:
        await client.ask(Watch(wish=WatchWish(path=str(prompts))), WatchesAnswer)
        queued = [await _save(prompts / "one.txt", str(number), submitted) for number in range(SAVES)]
        await client.ask(PauseWatch(), Done)
        known_s, answers = await _flood(client, prompts)
        await client.ask(Unwatch(), Done)
    finally:
        await client.stop("now")
    return [
        Figure("a save is queued after", statistics.median(queued) * 1000, "ms", 500),
        Figure(f"{AT_ONCE:,} saves are all read after", known_s, "s"),
        Figure("an answer meanwhile, 99th", sorted(answers)[int(len(answers) * 0.99)] * 1000, "ms", 250),
    ]


async def _save(path: Path, text: str, submitted: asyncio.Event) -> float:
    """Seconds from a save to its job."""
    submitted.clear()
    began = time.perf_counter()
    path.write_text(text)
    async with asyncio.timeout(30):
        await submitted.wait()
    return time.perf_counter() - began


async def _flood(client: Client, prompts: Path) -> tuple[float, list[float]]:
    """Seconds until every file is known, and those that each answer to something small took."""
    answers: list[float] = []
    pinging = asyncio.create_task(_ping(client, answers.append))
    began = time.perf_counter()
    await asyncio.to_thread(lambda: [(prompts / f"{n:04}.txt").write_text(f"a {n}") for n in range(AT_ONCE)])
    while len((await client.ask(Watches(), WatchesAnswer)).files) < AT_ONCE:
        await asyncio.sleep(0.2)
    pinging.cancel()
    return time.perf_counter() - began, answers


async def _ping(client: Client, took: Callable[[float], None]) -> None:
    while True:
        began = time.perf_counter()
        await client.kept("nothing")
        took(time.perf_counter() - began)
        await asyncio.sleep(0.01)
