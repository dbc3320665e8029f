"""The footer ends cleanly, and says at every width how to go on."""

from __future__ import annotations

import pytest

from sdtui.ui.commands.keys import keys_in_force
from sdtui.ui.commands.table import COMMANDS, ROOMS, Place
from sdtui.ui.widgets.footer import footer_line

PLACES: tuple[Place, ...] = ("editor", "parameters", "jobs", "models", "history", "log")
NEEDED = (" F5  Generate ", " F8  Cancel ", " Ctrl+Q  Quit ", " F1  Help ", " Ctrl+P  Commands ")


@pytest.mark.parametrize("here", PLACES)
@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_what_does_not_fit_is_left_out_whole(here: Place, width: int) -> None:
    keys = keys_in_force({})
    line = footer_line(keys, here, width).plain
    assert len(line) <= width
    if width >= 80:
        assert all(words in line for words in NEEDED)
    known = {f" {keys.shown(row.id)}  {row.label} " for row in COMMANDS}
    for words in sorted(known, key=len, reverse=True):
        line = line.replace(words, "", 1)
    assert line == ""


def test_the_pane_comes_before_the_rooms() -> None:
    line = footer_line(keys_in_force({}), "jobs", 120).plain
    assert " r  Retry " in line
    assert " u  Use " in line


@pytest.mark.parametrize("here", sorted(ROOMS - {"zoom"}))
@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_room_can_be_left_and_asked_about(here: Place, width: int) -> None:
    line = footer_line(keys_in_force({}), here, width).plain
    assert len(line) <= width
    for words in (" Back ", " F1  Help ", " Ctrl+P  Commands ")[: 3 if width >= 80 else 1]:
        assert words in line
