"""A slow client costs bounded memory, loses previews first, and is told when it missed something."""

import asyncio

import msgspec

from sdtui.server.outbox import MAX_WAITING_BYTES, Outbox
from sdtui.spec.envelope import FromServer
from sdtui.spec.event import Cancelled, LogLine, Noted, Preview, Resync, StepDone
from sdtui.spec.verb import Done
from sdtui.wire.frames import FrameReader


def transient(event):
    return Noted(seq=0, at=1.0, event=event)


def step(n, render="r"):
    return transient(StepDone(job_id=1, render_id=render, step=n, steps=9))


def preview(render="r"):
    return transient(Preview(job_id=1, render_id=render, step=1, width_px=8, height_px=8))


async def taken(outbox):
    frames = FrameReader().feed(await outbox.take())
    return [(msgspec.json.decode(frame.json, type=FromServer), frame.blob) for frame in frames]


async def test_the_latest_step_takes_the_place_of_those_that_wait():
    outbox = Outbox()
    for n in range(1, 6):
        outbox.event(step(n))
        outbox.event(step(n, "other"))
    assert [message.noted.event.step for message, _ in await taken(outbox)] == [5, 5]


async def test_order_is_kept_between_lasting_events_and_answers():
    outbox = Outbox()
    outbox.event(Noted(seq=1, at=1.0, event=LogLine(level="info", text="a")))
    outbox.answer(4, Done(count=1), b"blob")
    outbox.event(Noted(seq=2, at=1.0, event=Cancelled(job_id=1, render_id="r")))
    messages = await taken(outbox)
    assert [(m.id, m.noted.seq if m.noted else None, blob) for m, blob in messages] == [
        (0, 1, b""),
        (4, None, b"blob"),
        (0, 2, b""),
    ]


async def test_a_client_that_never_reads_is_told_to_resync_and_memory_stays_flat():
    outbox = Outbox()
    blob = bytes(1 << 20)
    for n in range(40):
        outbox.event(preview(f"r{n}"), blob)
        outbox.event(Noted(seq=n + 1, at=1.0, event=LogLine(level="info", text="x" * 1000)))
    data = await outbox.take()
    assert len(data) < MAX_WAITING_BYTES + 2 * len(blob)
    events = [msgspec.json.decode(frame.json, type=FromServer).noted.event for frame in FrameReader().feed(data)]
    assert any(isinstance(event, Resync) for event in events)


async def test_taking_waits_for_something():
    outbox = Outbox()
    waiting = asyncio.create_task(outbox.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    outbox.answer(1, Done())
    assert await waiting
