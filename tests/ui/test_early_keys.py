"""What is pressed while the studio is still starting is done once it has started."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sdtui.ui.app import StudioApp
from sdtui.ui.screens import studio as module
from tests.ui.fake import FakeConfig, FakeServer
from tests.ui.screen import StudioPilot, text, until
from tests.ui.test_snapshots import full_server


@asynccontextmanager
async def starting(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, until_module: str = "sdtui.ui.presenter"
) -> AsyncIterator[tuple[StudioPilot, threading.Event]]:
    """A studio whose start waits, at the import of a module, until the event is set."""
    go_on, real = threading.Event(), module.importlib.import_module

    def late(name: str) -> object:
        assert name != until_module or go_on.wait(20)
        return real(name)

    monkeypatch.setattr(module.importlib, "import_module", late)
    app = StudioApp(server.open, FakeConfig())
    async with app.run_test(size=(80, 24)) as pilot:
        try:
            yield StudioPilot(pilot, app), go_on
        finally:
            go_on.set()


async def test_a_job_asked_for_before_there_is_a_presenter_is_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeServer()
    async with starting(server, monkeypatch) as (keys, go_on):
        await keys.press(*"a cat", "f5")
        await until(keys, lambda: "still starting" in text(keys.app))
        go_on.set()
        await until(keys, lambda: server.jobs, "the job")
        assert server.jobs[0].document.prompt == "a cat"


@pytest.mark.parametrize(
    ("key", "seen"),
    [("f2", "Models ·"), ("f3", "Presets"), ("f6", "Watching ·"), ("f7", "Wildcards"), ("alt+d", "draws again")],
)
@pytest.mark.parametrize("late", ["sdtui.ui.presenter", "sdtui.ui.terminal.link"])
async def test_no_key_is_lost_however_early(key: str, seen: str, late: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with starting(FakeServer(), monkeypatch, late) as (keys, go_on):
        studio = keys.app.screen
        await keys.press(key)
        await keys.pause()
        go_on.set()
        await until(keys, lambda: keys.app.screen is not studio and seen in text(keys.app), seen)
        await keys.pause()
        assert "once more" not in text(keys.app)


async def test_the_picture_is_shown_over_the_whole_screen_once_it_is_known_how_to_paint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = full_server()
    async with starting(server, monkeypatch, "sdtui.ui.terminal.link") as (keys, go_on):
        await until(keys, lambda: server.opened)
        await keys.press("alt+8")
        await until(keys, lambda: keys.app.focused is not None and keys.app.focused.id == "history")
        await until(keys, lambda: "2-3" in text(keys.app) or "#2" in text(keys.app), "the history")
        await keys.press("enter", "f9")
        await until(keys, lambda: "still starting" in text(keys.app))
        go_on.set()
        await until(keys, lambda: "nearer" in text(keys.app) and "fit" in text(keys.app), "the zoom")


async def test_the_next_aspect_is_taken_once_there_is_a_form(monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeServer()
    async with starting(server, monkeypatch) as (keys, go_on):
        await keys.press("alt+a", "f5")
        await until(keys, lambda: "still starting" in text(keys.app))
        go_on.set()
        await until(keys, lambda: server.jobs, "the job")
        assert {"width", "height"} & set(server.jobs[0].document.params)
