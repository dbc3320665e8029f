"""In a low window the form shows every main field, or says that there are more lines than are seen."""

from __future__ import annotations

from sdtui.spec.params import FIELDS
from tests.ui.fake import FakeServer
from tests.ui.screen import lines, studio, text, until, until_seen

MAIN = [field for field in FIELDS if field.main]


async def test_a_form_that_has_more_lines_than_rows_says_so() -> None:
    async with studio(FakeServer(), (80, 24)) as pilot:
        await pilot.press("alt+3", *["tab"] * (len(MAIN) + 1), "enter")
        await until_seen(pilot, "↓ ")
        await until_seen(pilot, "↑ ")
        assert sum(" more" in line for line in lines(pilot.app)) == 2
        await pilot.press("enter")
        await until(pilot, lambda: "▸ Finer" in text(pilot.app) and " more" not in text(pilot.app))
        for field in MAIN:
            assert f" {field.label} " in text(pilot.app)
