"""The studio under test, and what is to be read on its screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.events import Key
from textual.keys import _character_to_key
from textual.pilot import Pilot

from sdtui.ui.app import StudioApp
from tests.ui.fake import FakeConfig, FakeServer

PATIENCE_S = 20.0
CHARACTERS = {"space": " ", "tab": "\t", "enter": "\r", "ctrl+j": "\n"}


def lines(app: StudioApp) -> list[str]:
    """The screen as text, a string a row."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


def text(app: StudioApp) -> str:
    return "\n".join(lines(app))


async def until(pilot: StudioPilot, condition: Callable[[], object], what: object = "") -> None:
    """Wait for a condition; the screen is in the message when it never comes."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"never came true {what}\n{text(pilot.app)}") from None


async def until_seen(pilot: StudioPilot, words: str) -> None:
    await until(pilot, lambda: words in text(pilot.app), words)


class StudioPilot:
    """Presses keys as a slow line brings them: all at once, and waits once, after the last."""

    def __init__(self, pilot: Pilot[int], app: StudioApp) -> None:
        self._pilot = pilot
        self.app = app

    async def press(self, *keys: str) -> None:
        for key in keys:
            name = key if key.isalnum() or len(key) > 1 else _character_to_key(key)
            self.app.post_message(Key(name, CHARACTERS.get(name, key) if len(key) == 1 or name in CHARACTERS else None))
        await self._pilot.pause()

    async def pause(self) -> None:
        await self._pilot.pause()

    async def click(self, selector: str, offset: tuple[int, int]) -> None:
        await self._pilot.click(selector, offset=offset)

    async def resize_terminal(self, width: int, height: int) -> None:
        await self._pilot.resize_terminal(width, height)


@asynccontextmanager
async def studio(
    server: FakeServer,
    size: tuple[int, int] = (120, 40),
    config: FakeConfig | None = None,
    ready: bool = True,
    app: StudioApp | None = None,
) -> AsyncIterator[StudioPilot]:
    """The studio on a fake server; `ready` waits until it is connected and everything is loaded."""
    app = app or StudioApp(server.open, config or FakeConfig())
    async with app.run_test(size=size) as driven:
        pilot = StudioPilot(driven, app)
        if ready:
            await until(pilot, lambda: server.opened and app.loaded, "the start")
            await pilot.pause()
        yield pilot
