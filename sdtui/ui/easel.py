"""Paints one place on the screen: one picture at a time, encoded beside the event loop, the newest one wins."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from sdtui.terminal.painter import NOTHING, RGB, Box, CellSize, Painter, Painting

if TYPE_CHECKING:
    from sdtui.ui.shown import Shown

PREVIEW_S = 0.2
"""Seconds between step previews, at the least."""


class Place(NamedTuple):
    """Where a picture goes: how many cells there are, how large one is, and who paints."""

    box: Box
    cell: CellSize
    painter: Painter


class Laid(NamedTuple):
    """A painting, and its cells as lines that Textual can draw."""

    painting: Painting
    strips: tuple[Strip, ...] = ()


EMPTY = Laid(NOTHING)


class Easel:
    """`offer` says what is to be seen; `on_laid` gets each painting, and the next one waits until it is through with it."""

    def __init__(self, on_laid: Callable[[Laid], Awaitable[None]]) -> None:
        self._on_laid = on_laid
        self._wanted: tuple[Shown | None, Place] | None = None
        self._new = asyncio.Event()
        self._done: object = None

    def offer(self, shown: Shown | None, place: Place) -> None:
        """Show this picture there; the same again is not painted again."""
        self._wanted = (shown, place)
        self._new.set()

    def repaint(self) -> None:
        """Paint again what is to be seen, even if it is the same."""
        self._done = None
        self._new.set()

    async def work(self) -> None:
        """Paint what is offered, until cancelled."""
        while True:
            await self._new.wait()
            self._new.clear()
            if self._wanted is None:
                continue
            shown, place = self._wanted
            key = (shown.key if shown is not None else None, place)
            if key == self._done:
                continue
            laid = EMPTY if shown is None else await asyncio.to_thread(paint, shown, place)
            self._done = key
            await self._on_laid(laid)
            if shown is not None and not shown.final:
                await asyncio.sleep(PREVIEW_S)


def paint(shown: Shown, place: Place) -> Laid:
    """The painting of a picture; slow, runs in a thread."""
    from PIL import Image

    picture = Image.frombytes("RGB", (shown.width_px, shown.height_px), shown.rgb)
    painting = place.painter.paint(picture, place.box, place.cell, quality="final" if shown.final else "preview")
    width = painting.size.width_cells
    return Laid(
        painting,
        tuple(
            Strip([Segment(cell.text, _style(cell.fg, cell.bg)) for cell in row], width) for row in painting.cells or ()
        ),
    )


@lru_cache(4096)
def _style(fg: RGB | None, bg: RGB | None) -> Style:
    return Style(color=fg and Color.from_rgb(*fg), bgcolor=bg and Color.from_rgb(*bg))
