"""Keys that come all at once do what they say, in their order, whatever screens come and go between them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.events import Key

from sdtui.errors import ServerError
from sdtui.spec.verbs_models import About, Fetches
from sdtui.spec.verbs_watch import Watches
from sdtui.ui.screens.studio import StudioScreen
from tests.ui.fake import FakeServer
from tests.ui.screen import StudioPilot, studio, text, until
from tests.ui.shelves import ShelfServer
from tests.ui.test_snapshots import full_server

ROOMS = ("f2", "f3", "f6", "f7")


class RoomServer(ShelfServer):
    """Answers what presets and wildcards ask, and refuses what other rooms do."""

    may_answer: asyncio.Event | None = None

    async def answer(self, verb):
        if self.may_answer is not None:
            await self.may_answer.wait()
        if isinstance(verb, Fetches | Watches | About):
            raise ServerError("Not here.")
        return await super().answer(verb)


@pytest.fixture
def server(tmp_path: Path) -> RoomServer:
    server = RoomServer(tmp_path)
    server.wildcard("colours.txt", "red\nblue\n")
    server.preset("night", "prompt: night\n")
    return server


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("back", ["escape", "q", "again"])
async def test_a_room_is_left_and_a_job_queued(room: str, back: str, size: tuple[int, int], server: FakeServer) -> None:
    async with studio(server, size) as pilot:
        await pilot.press(room)
        await until(pilot, lambda: not isinstance(pilot.app.screen, StudioScreen))
        await pilot.pause()
        await pilot.press(room if back == "again" else back, "f5")
        await until(pilot, lambda: server.jobs, "the job")


@pytest.mark.parametrize("room", ROOMS)
async def test_an_answer_that_comes_after_a_room_was_left_harms_nothing(room: str, server: RoomServer) -> None:
    server.may_answer = asyncio.Event()
    async with studio(server) as pilot:
        await pilot.press(room)
        await until(pilot, lambda: not isinstance(pilot.app.screen, StudioScreen))
        await pilot.pause()
        pilot.app.post_message(Key("escape", None))
        server.may_answer.set()
        await pilot.press("f5")
        await until(pilot, lambda: server.jobs, "the job")


@pytest.mark.parametrize("room", ROOMS)
async def test_a_room_is_entered_and_left_and_a_job_queued_all_at_once(room: str, server: FakeServer) -> None:
    async with studio(server) as pilot:
        await pilot.press(*"a cat", room, "escape", "f5", *", a dog", room, "escape", "f5")
        await until(pilot, lambda: len(server.jobs) == 2, "the jobs")
        assert [job.document.prompt for job in server.jobs] == ["a cat", "a cat, a dog"]
        assert isinstance(pilot.app.screen, StudioScreen)


async def test_letters_after_the_key_that_leaves_are_typed_into_the_prompt(server: FakeServer) -> None:
    async with studio(server) as pilot:
        for key in (*ROOMS, "f1", "ctrl+p"):
            await pilot.press(key, "escape", *"xq", key, "escape", *"zq ")
            await until(pilot, lambda: isinstance(pilot.app.screen, StudioScreen))
        await until(pilot, lambda: "xqzq " * 6 in text(pilot.app).replace("\n", ""), "the letters")


async def test_from_room_to_room_and_back_all_at_once(server: FakeServer) -> None:
    async with studio(server) as pilot:
        await pilot.press("f2", "f3", "f6", "f7", "escape", *"fox", "f5")
        await until(pilot, lambda: server.jobs, "the job")
        assert server.jobs[0].document.prompt == "fox"


@pytest.mark.parametrize(
    "keys",
    [
        ("alt+8", "enter", "f9", "escape"),
        ("alt+8", "enter", "f9", "f9"),
        ("alt+4", "end", "i", "i"),
        ("alt+4", "end", "i", "enter"),
        ("alt+1", "alt+d", "escape"),
        ("ctrl+o", "4"),
        ("ctrl+o", "x"),
        ("f1", "escape"),
        ("f1", "x", "escape"),
        ("ctrl+p", "x", "escape"),
        ("ctrl+p", *"next aspect", "enter"),
    ],
)
async def test_a_dialog_comes_and_goes_and_a_job_is_queued(keys: tuple[str, ...]) -> None:
    server = full_server()
    before = len(server.jobs)
    async with studio(server, (80, 24)) as pilot:
        await pilot.press(*keys, "f5")
        await until(pilot, lambda: len(server.jobs) > before, keys)


LETTERS = {"alt+l": "Models ·", "alt+p": "Presets ·", "alt+c": "Wildcards ·", "alt+t": "Watching ·"}


@pytest.mark.parametrize("letter", LETTERS)
async def test_a_room_has_a_letter_and_alt_s_leads_back(letter: str, server: FakeServer) -> None:
    async with studio(server) as pilot:
        await pilot.press("alt+4", letter)
        await until(pilot, lambda: LETTERS[letter] in text(pilot.app), letter)
        await pilot.press("alt+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, StudioScreen))
        assert focused(pilot) == "jobs"
        await pilot.press("alt+s")
        assert focused(pilot) == "prompt"


@pytest.mark.parametrize(("letter", "pane"), [("alt+q", "jobs"), ("alt+g", "history")])
@pytest.mark.parametrize("room", ["", "f2", "f3", "f7"])
async def test_queue_and_gallery_have_letters_everywhere(letter: str, pane: str, room: str, server: FakeServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await pilot.press(*([room] if room else []), letter)
        await until(pilot, lambda: isinstance(pilot.app.screen, StudioScreen) and focused(pilot) == pane, letter)


def focused(pilot: StudioPilot) -> str | None:
    return pilot.app.focused.id if pilot.app.focused is not None else None
