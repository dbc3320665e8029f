"""Watched folders of a real server, with the renderer that needs no torch."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from sdtui.errors import UsageError
from sdtui.images import chunk
from sdtui.spec.document import Document
from sdtui.spec.event import FilesChanged, Submitted, WatchesChanged
from sdtui.spec.verb import Done
from sdtui.spec.verbs_watch import PauseWatch, RenderFile, Unwatch, Watch, Watches, WatchesAnswer
from sdtui.spec.watch import WatchWish
from tests.conftest import server_pid
from tests.watch.folders import SAVES


async def start_watch(client, folder, **more):
    return await client.ask(Watch(wish=WatchWish(path=str(folder), **more)), WatchesAnswer)


def of(event, name, state):
    """The file, if the event says that it stands so."""
    if not isinstance(event, FilesChanged):
        return None
    return next((file for file in event.files if file.name == name and file.state == state), None)


async def until(watch, name, state, latest_not=""):
    event = await watch.until(
        lambda e: (file := of(e, name, state)) is not None and (not latest_not or file.latest != latest_not)
    )
    watch.events.clear()
    return of(event, name, state)


@pytest.fixture
def prompts(tmp_path):
    folder = tmp_path / "prompts"
    folder.mkdir()
    return folder


async def test_each_save_is_one_picture_with_the_same_seed(workspace, connect, prompts):
    client, watch = await connect()
    (prompts / "cat.txt").write_text("a cat")
    await start_watch(client, prompts)
    first = await until(watch, "cat.txt", "done")
    home = workspace.outputs / "watch" / "cat"
    assert Path(first.latest).parent == home
    assert (home / "latest.png").resolve() == Path(first.latest)
    before = first
    for number, save in enumerate(SAVES):
        save(prompts / "cat.txt", f"a cat {number}")
        now = await until(watch, "cat.txt", "done", before.latest)
        assert now.before == before.latest
        assert chunk.read(Path(now.latest)).render.prompt == f"a cat {number}"
        assert chunk.read(Path(now.latest)).render.params.seed == first.seed
        before = now
    assert len([path for path in home.iterdir() if path.name != "latest.png"]) == 1 + len(SAVES)
    os.utime(prompts / "cat.txt")
    (prompts / "dog.txt").write_text("a dog")
    await until(watch, "dog.txt", "done")
    assert len(list(home.iterdir())) == 2 + len(SAVES), "the same content again is no change"
