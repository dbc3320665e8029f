"""The ways between the rooms."""

from __future__ import annotations

from pathlib import Path

from sdtui.spec.model_about import ModelAbout
from sdtui.spec.verb import Done
from sdtui.spec.verbs_models import About, AboutAnswer, Fetches, FetchesAnswer, HashModel
from sdtui.spec.verbs_watch import Watches, WatchesAnswer
from tests.ui.screen import studio, until, until_seen
from tests.ui.shelves import ShelfServer

ROOMS = (("f3", "PresetsRoom"), ("f2", "BrowserRoom"), ("f7", "WildcardsRoom"), ("f6", "WatchingRoom"))


class RoomServer(ShelfServer):
    async def answer(self, verb):
        match verb:
            case Watches():
                return WatchesAnswer(folders=(), files=())
            case Fetches():
                return FetchesAnswer(fetches=())
            case About(path=path):
                return AboutAnswer(about=ModelAbout(path=path))
            case HashModel():
                return Done(count=1)
            case _:
                return await super().answer(verb)


async def test_each_rooms_key_leads_to_it_from_every_other_and_its_own_back(tmp_path: Path) -> None:
    server = RoomServer(tmp_path)
    async with studio(server) as pilot:
        home = pilot.app.screen
        for key, room in (*ROOMS, *reversed(ROOMS[:-1])):
            await pilot.press(key)
            await until(pilot, lambda wanted=room: type(pilot.app.screen).__name__ == wanted, room)
            assert pilot.app.screen_stack[-2] is home
        await pilot.press("f3")
        await until(pilot, lambda: pilot.app.screen is home, "the studio")
    server.store.close()


async def test_a_text_is_written_before_its_room_is_left_for_another(tmp_path: Path) -> None:
    server = RoomServer(tmp_path)
    path = server.wildcard("colours.txt", "red\n")
    async with studio(server) as pilot:
        for key in ("f3", "f7"):
            await pilot.press("f7")
            await until_seen(pilot, "colours.txt")
            await pilot.press("enter", "ctrl+end", "!", key)
            await until(pilot, lambda: type(pilot.app.screen).__name__ != "WildcardsRoom", "left")
            await until(pilot, lambda wanted="red!\n" if key == "f3" else "red!!\n": path.read_text() == wanted)
    server.store.close()
