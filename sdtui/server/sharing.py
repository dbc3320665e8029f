"""Which device gets which render: the one that holds its checkpoint, else the one with the least to do."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sdtui.jobs.queue import RenderQueue, Waiting
from sdtui.server.device import Device

GOOD_BATCH = 4
"""With so many renders in flight a device is as fast as it gets: more of them may as well load their checkpoint elsewhere."""


class Share(NamedTuple):
    """A render that left the queue, and the device it goes to."""

    device: Device
    one: Waiting


def next_share(devices: Collection[Device], queue: RenderQueue, now: float) -> Share | None:
    """Take the next render out of the queue for a device with room; None when no device should get one now."""
    with_room = sorted((device for device in devices if device.room > 0), key=lambda device: len(device.running))
    for device in with_room:
        held = device.checkpoints
        wanting = (other for other in with_room if other is not device and len(other.running) < GOOD_BATCH)
        elsewhere = {path for other in wanting for path in other.checkpoints}
        one = queue.take(
            now=now, loaded=device.groups, running=len(device.running), held=held, elsewhere=elsewhere - held
        )
        if one is not None:
            return Share(device, one)
    return None
