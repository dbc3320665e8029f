"""What is done in the background is told while it takes time, and only then."""

import asyncio
import time

from sdtui.jobs.store import Store
from sdtui.server.journal import Journal
from sdtui.server.shelf import SCAN, ScanProgress
from sdtui.spec.event import Chore


async def test_a_scan_that_takes_a_while_is_told_and_ended():
    told: list[Chore] = []
    progress = ScanProgress(told.append)
    await asyncio.to_thread(scan, progress)
    await asyncio.sleep(0)
    progress.end()
    texts = [chore.text for chore in told if not chore.over]
    assert "looking for models, 1,500 files so far" in texts
    assert "reading 1,500 model files" in texts
    assert next(chore.progress for chore in told if chore.text.startswith("reading")) == 0.5
    assert told[-1].over
    assert {chore.id for chore in told} == {SCAN}


def scan(progress: ScanProgress) -> None:
    for found, read in ((1500, 0), (1500, 750)):
        progress._next = time.monotonic()
        progress.told(found, read)
        progress.told(found, read + 1)


async def test_a_scan_that_is_quick_says_nothing():
    told: list[Chore] = []
    progress = ScanProgress(told.append)
    await asyncio.to_thread(progress.told, 10, 0)
    await asyncio.sleep(0)
    progress.end()
    assert told == []


def test_the_journal_knows_what_is_under_way_until_it_is_over_or_its_worker_ended(tmp_path):
    store = Store(tmp_path / "queue.db")
    journal = Journal(store, time.time)
    for name in ("cpu hash /a", "cpu hash /b", "scan"):
        journal.note(Chore(id=name, text="busy"))
    journal.note(Chore(id="cpu hash /a", over=True))
    assert [chore.id for chore in journal.chores] == ["cpu hash /b", "scan"]
    journal.end_chores("cpu")
    assert [chore.id for chore in journal.chores] == ["scan"]
    store.close()
