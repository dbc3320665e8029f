"""The room of watched folders as it looks at two sizes; UPDATE_SNAPSHOTS=1 rewrites the files, as for the other snapshots."""

from __future__ import annotations

import pytest

from tests.ui import test_snapshots
from tests.ui.screen import studio, until
from tests.ui.test_snapshots import compare, settled, the_same_clock_everywhere
from tests.ui.test_watching import open_room
from tests.ui.watched import BAD, CAT, DOG, WAITING, WatchServer

__all__ = ["the_same_clock_everywhere"]

SIZES = ((80, 24), (120, 40))
SHOWN = {
    "watching": ((CAT, DOG, BAD, WAITING), ("down",)),
    "watching-error": ((CAT, BAD), ()),
    "watching-nothing": ((), ()),
}
FOLDER = test_snapshots.FOLDER / "watching"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SHOWN)
async def test_the_room_looks_as_it_did(name: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_snapshots, "FOLDER", FOLDER)
    files, keys = SHOWN[name]
    async with studio(WatchServer(*files), size) as pilot:
        room = await open_room(pilot)
        await pilot.press(*keys)
        chosen = getattr(room.chosen, "latest", "")
        await until(pilot, lambda: not chosen or room._exhibit._kept, "the picture")
        compare(f"{name}-{size[0]}x{size[1]}", await settled(pilot))
