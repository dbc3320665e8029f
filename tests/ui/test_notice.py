from __future__ import annotations

from sdtui.ui.widgets.notice import Notice
from tests.ui.fake import FakeServer
from tests.ui.screen import StudioPilot, studio, until


def notice_of(pilot: StudioPilot, kept_s: float) -> Notice:
    notice = pilot.app.screen.query_one(Notice)
    notice.kept_s = kept_s
    return notice


async def test_a_sentence_goes_after_a_while() -> None:
    async with studio(FakeServer()) as pilot:
        notice = notice_of(pilot, 0.01)
        notice.say("Job #1 is queued.")
        assert notice.content.plain == " Job #1 is queued."
        await until(pilot, lambda: notice.content.plain == "")


async def test_a_sentence_does_not_take_the_next_one_with_it() -> None:
    async with studio(FakeServer()) as pilot:
        notice = notice_of(pilot, 0.01)
        notice.say("Job #1 is queued.")
        notice.say("No memory.", error=True)
        ran = []
        notice.set_timer(notice.kept_s, lambda: ran.append("as long as the first sentence would have been kept"))
        await until(pilot, lambda: ran)
        assert notice.content.plain == " ✗ No memory."
        notice.say("Seed 5 is kept.")
        await until(pilot, lambda: notice.content.plain == "")
