"""Parts of pictures as the zoom needs them: asked for one at a time, the newest wish wins, the newest few are kept."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, NamedTuple

from sdtui.errors import SdtuiError
from sdtui.ui.showing.shown import Shown
from sdtui.ui.showing.sight import Subject
from sdtui.ui.showing.viewport import Span

if TYPE_CHECKING:
    from sdtui.spec.verbs import PictureAnswer

KEPT_BYTES = 24_000_000
MARGIN = (0, 0, 0)


class Part(NamedTuple):
    """What is wanted of a picture: a part of it (None: all), at most so large, on a ground of so many pixels if it is given."""

    subject: Subject
    max_px: int
    crop: tuple[int, int, int, int] | None = None
    ground: Span | None = None


Fetch = Callable[[Part], Awaitable[tuple["PictureAnswer", bytes]]]
Spawn = Callable[[Coroutine[None, None, None]], None]


class Exhibit:
    """`want` gives a part that is here already, or has it fetched and calls `on_arrival`."""

    def __init__(self, fetch: Fetch, spawn: Spawn, on_arrival: Callable[[], None]) -> None:
        self._fetch = fetch
        self._spawn = spawn
        self._on_arrival = on_arrival
        self._kept: OrderedDict[Part, Shown] = OrderedDict()
        self._sizes: dict[str, Span] = {}
        self._records: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._wanted: Part | None = None
        self._fetching = False

    def size(self, subject: Subject) -> Span | None:
        """The size of the whole picture; None before any part of it came."""
        return self._sizes.get(subject.path)

    def record(self, subject: Subject) -> str:
        """The picture's infotext; empty before any part of it came, or where there is none."""
        return self._records.get(subject.path, "")

    def refusal(self, subject: Subject) -> str:
        """Why there is nothing to see of it; empty when nothing went wrong."""
        return self._refused.get(subject.path, "")

    def want(self, part: Part) -> Shown | None:
        """The part, if it is here; it is fetched if not, and what was wanted before and did not come is forgotten."""
        found = self._kept.get(part)
        if found is not None:
            self._kept.move_to_end(part)
            self._wanted = None
            return found
        if part.subject.path in self._refused:
            return None
        self._wanted = part
        if not self._fetching:
            self._fetching = True
            self._spawn(self._work())
        return None

    async def _work(self) -> None:
        try:
            while (part := self._wanted) is not None:
                self._wanted = None
                try:
                    await self._take(part)
                except SdtuiError as error:
                    self._refused[part.subject.path] = str(error)
                # It may be wanted again, or something else, by what is called here.
                self._on_arrival()
        finally:
            self._fetching = False

    async def _take(self, part: Part) -> None:
        answer, rgb = await self._fetch(part)
        size = (answer.width_px, answer.height_px)
        if min(size) < 1 or len(rgb) != size[0] * size[1] * 3:
            raise SdtuiError("The server sent a picture that is not whole.", where=part.subject.path)
        if part.ground is not None and part.ground != size:
            size, rgb = part.ground, await asyncio.to_thread(grounded, rgb, Span(*size), part.ground)
        path = part.subject.path
        self._sizes[path] = Span(answer.whole_width_px or answer.width_px, answer.whole_height_px or answer.height_px)
        self._records[path] = answer.infotext
        key = (f"{path}{part.crop}{part.ground}", part.max_px)
        self._kept[part] = Shown(key, *size, rgb, final=True)
        while len(self._kept) > 1 and sum(len(shown.rgb) for shown in self._kept.values()) > KEPT_BYTES:
            self._kept.popitem(last=False)


def grounded(rgb: bytes, size: Span, ground: Span) -> bytes:
    """A picture in the middle of a larger, black one, or what of it there is room for."""
    from PIL import Image

    whole = Image.new("RGB", ground, MARGIN)
    whole.paste(
        Image.frombytes("RGB", size, rgb), ((ground.width - size.width) // 2, (ground.height - size.height) // 2)
    )
    return whole.tobytes()
