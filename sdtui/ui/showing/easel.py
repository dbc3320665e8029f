"""Paints one place on the screen: one picture at a time, encoded beside the event loop, the newest one wins."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from sdtui.terminal.painter import NOTHING, RGB, Box, Cell, CellSize, Painter, Painting, Quality

if TYPE_CHECKING:
    from sdtui.ui.showing.shown import Shown

PREVIEW_S = 0.2
"""Seconds between step previews, at the least."""


class Place(NamedTuple):
    """Where a picture goes: how many cells there are, how large one is, who paints, and how good it is in the end."""

    box: Box
    cell: CellSize
    painter: Painter
    best: Quality = "final"


class Laid(NamedTuple):
    """A painting, its cells as lines that Textual can draw, and whether another one of the same picture follows."""

    painting: Painting
    strips: tuple[Strip, ...] = ()
    whole: bool = True


EMPTY = Laid(NOTHING)
OnLaid = Callable[[Laid], Awaitable[None]]


class Easel:
    """`offer` says what is to be seen; `on_laid` gets each painting, and the next one waits until it is through with it.

    A finished picture comes small first, and whole when `pause` returns: when nobody is typing.
    """

    def __init__(self, on_laid: OnLaid, pause: Callable[[], Awaitable[None]]) -> None:
        self._on_laid = on_laid
        self._pause = pause
        self._wanted: tuple[Shown | None, Place] | None = None
        self._laid: tuple[object, Laid] | None = None
        self._again = False
        self._new = asyncio.Event()

    def offer(self, shown: Shown | None, place: Place) -> bool:
        """Show this picture there; the same again is not painted again. Whether it is another one."""
        if self._wanted is not None and _key(shown, place) == _key(*self._wanted):
            return False
        self._wanted = (shown, place)
        self._new.set()
        return True

    def repaint(self) -> None:
        """Lay what was painted last once more: it is no longer on the screen."""
        self._again = True
        self._new.set()

    async def work(self) -> None:
        """Paint what is offered, until cancelled."""
        while True:
            await self._new.wait()
            self._new.clear()
            again, self._again = self._again, False
            if self._wanted is None:
                continue
            shown, place = self._wanted
            known = self._laid[1] if self._laid is not None and self._laid[0] == _key(shown, place) else None
            if known is not None and again:
                await self._on_laid(known)
            elif known is None:
                await self._lay(shown, place, "first" if shown is not None and shown.final else "preview")
            if shown is None or self._laid is None:
                continue
            if not shown.final:
                await asyncio.sleep(PREVIEW_S)
            elif not self._laid[1].whole and await self._may_finish():
                await self._lay(shown, place, place.best)

    async def _may_finish(self) -> bool:
        """Nobody is typing, and nothing else is wanted until then."""
        pausing, other = asyncio.ensure_future(self._pause()), asyncio.ensure_future(self._new.wait())
        try:
            await asyncio.wait((pausing, other), return_when=asyncio.FIRST_COMPLETED)
        finally:
            pausing.cancel()
            other.cancel()
        return not self._new.is_set()

    async def _lay(self, shown: Shown | None, place: Place, quality: Quality) -> None:
        if shown is None:
            laid = EMPTY
        else:
            laid = await asyncio.to_thread(paint, shown, place, quality)
            laid = laid._replace(whole=quality != "first" or not laid.painting.writes)
        self._laid = (_key(shown, place), laid)
        await self._on_laid(laid)


def _key(shown: Shown | None, place: Place) -> object:
    return (shown.key if shown is not None else None, place)


def paint(shown: Shown, place: Place, quality: Quality) -> Laid:
    """The painting of a picture; slow, runs in a thread."""
    from PIL import Image

    picture = Image.frombytes("RGB", (shown.width_px, shown.height_px), shown.rgb)
    painting = place.painter.paint(picture, place.box, place.cell, quality=quality)
    return Laid(painting, strips_of(painting))


def strips_of(painting: Painting) -> tuple[Strip, ...]:
    """The cells of a painting as lines that Textual can draw."""
    width = painting.size.width_cells
    return tuple(Strip(list(_segments(row)), width) for row in painting.cells or ())


def _segments(row: tuple[Cell, ...]) -> list[Segment]:
    """Cells that look alike as one segment: each one's colours are written once."""
    alike = groupby(row, lambda cell: (cell.fg, cell.bg))
    return [Segment("".join(cell.text for cell in cells), _style(*colours)) for colours, cells in alike]


@lru_cache(4096)
def _style(fg: RGB | None, bg: RGB | None) -> Style:
    return Style(color=fg and Color.from_rgb(*fg), bgcolor=bg and Color.from_rgb(*bg))
