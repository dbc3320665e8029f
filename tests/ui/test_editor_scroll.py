"""The end of a long prompt stays to be seen while it is typed."""

from __future__ import annotations

from textual.events import Paste

from tests.ui.fake import FakeServer
from tests.ui.screen import studio, until_seen


async def test_each_letter_is_seen_when_it_is_typed_whatever_row_it_begins() -> None:
    async with studio(FakeServer()) as pilot:
        pilot.app.post_message(Paste("a lighthouse on a cliff at dusk, oil on canvas, " * 12))
        await pilot.pause()
        for code in range(0x100, 0x170):
            await pilot.press(chr(code))
            await until_seen(pilot, chr(code))
