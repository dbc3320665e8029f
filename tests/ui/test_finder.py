"""The lists that are filtered by typing say all of the line under the cursor, however narrow the window."""

from __future__ import annotations

import pytest

from sdtui.ui.commands.keys import keys_in_force
from sdtui.ui.commands.table import COMMANDS
from sdtui.ui.screens.finder import FOOT_ROWS, Item, MenuRows
from sdtui.ui.screens.help import HelpScreen
from sdtui.ui.text import one_line
from tests.ui.fake import FakeServer
from tests.ui.screen import studio, text, until_seen

NARROW_CELLS = 68


def test_the_foot_of_the_help_has_room_for_every_command() -> None:
    for item in HelpScreen(keys_in_force({}), None)._items:
        said = foot(item)
        for words in (item.name, item.about, item.aside):
            assert one_line(words) in said, item


def test_the_help_has_every_command_with_its_id() -> None:
    items = HelpScreen(keys_in_force({}), None)._items
    assert {item.aside.rpartition(" ")[2] for item in items} == {row.id for row in COMMANDS}


def foot(item: Item) -> str:
    rows = MenuRows(lambda number, width: None, lambda number: item, "")  # type: ignore[arg-type, return-value]
    return one_line(" ".join(rows.foot(number, NARROW_CELLS).plain for number in range(1, FOOT_ROWS)))


@pytest.mark.parametrize("key", ["f1", "ctrl+p"])
async def test_all_of_the_line_under_the_cursor_is_read_at_eighty_columns(key: str) -> None:
    async with studio(FakeServer(), size=(80, 24)) as pilot:
        await pilot.press(key, *"id selection-to-wildcard")
        await until_seen(pilot, "branch of")
        assert "{a|b}, and put its name in its place." in text(pilot.app)
        assert "id selection-to-wildcard" in text(pilot.app)
