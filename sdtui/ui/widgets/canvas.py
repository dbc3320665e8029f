"""A place on the screen where pictures are painted, whatever way the terminal has of showing them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from sdtui.ui.text import one_line
from sdtui.ui.widgets.sentence import sentence_line

if TYPE_CHECKING:
    from sdtui.terminal.capabilities import Capabilities
    from sdtui.terminal.painter import Box, CellSize, Painter, Quality
    from sdtui.ui.showing.easel import Easel, Laid
    from sdtui.ui.showing.shown import Shown
    from sdtui.ui.terminal.keystrokes import Keystrokes
    from sdtui.ui.terminal.writes import ScreenWrites


class Canvas(Widget):
    """Cells where the painter gives cells; blank cells and writes over them where it gives those.

    `ready` brings it to life. What the terminal draws past Textual is drawn again when the cells under it were written
    (`after_display`), and is taken away while another screen covers this one. Where there is no picture, a sentence is.
    """

    def __init__(self, *, id: str, best: Quality = "final") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._best = best
        self._most: Box | None = None
        self._cell: CellSize | None = None
        self._laid: Laid | None = None
        self._shown: Shown | None = None
        self._sentence = ""
        self._terminal: tuple[Capabilities, Painter] | None = None
        self._easel: Easel | None = None
        self._writes: ScreenWrites | None = None
        self._keystrokes: Keystrokes | None = None
        self._sending: asyncio.Task[None] | None = None
        self._outstanding: asyncio.Future[bool] | None = None
        self._drawn = False
        self._covered = Region()
        self._was_seen = False
        self._room = Size()

    # what is to be seen

    def ready(self, writes: ScreenWrites, keystrokes: Keystrokes) -> None:
        """Paint from now on, and what is large while nobody types."""
        from sdtui.ui.showing.easel import Easel

        self._writes, self._keystrokes = writes, keystrokes
        self._easel = Easel(self._lay, keystrokes.pause)
        self.run_worker(self._easel.work(), group="easel")
        self._offer()

    def use(self, capabilities: Capabilities, painter: Painter) -> None:
        """Paint with this painter from now on; what another one left on the screen goes."""
        self.take_away()
        self._terminal = (capabilities, painter)
        self._offer()

    @property
    def terminal(self) -> tuple[Capabilities, Painter] | None:
        """What is known of the terminal, and the painter; None before anything is."""
        return self._terminal

    def show(
        self, shown: Shown | None, sentence: str = "", *, most: Box | None = None, cell: CellSize | None = None
    ) -> None:
        """Show this picture, or, where there is none, the sentence; in at most so many cells, taken to be of that size."""
        self._shown, self._most, self._cell = shown, most, cell
        if sentence != self._sentence:
            self._sentence = sentence
            if shown is None:
                self.refresh()
        self._offer()

    def cover(self, covered: Region) -> None:
        """Something of Textual's is over these cells of the screen: what would be drawn past Textual there is not seen."""
        self._covered = covered

    def paint_again(self) -> None:
        """Somebody else had the terminal."""
        if self._easel is not None:
            self._easel.repaint()

    def _offer(self) -> None:
        if self._easel is None or self._terminal is None:
            return
        from sdtui.terminal.painter import Box
        from sdtui.ui.showing.easel import Place

        capabilities, painter = self._terminal
        self._room = self.size
        width, height = self.size
        if self._most is not None:
            width, height = min(width, self._most.width_cells), min(height, self._most.height_cells)
        place = Place(Box(width, height), self._cell or capabilities.cell, painter, self._best)
        another = self._easel.offer(self._shown, place)
        if another and self._laid is not None and len(self._laid.painting.writes) > 1:
            # What is left of a large picture is not worth waiting for.
            self._stop_sending()

    # painting

    async def _lay(self, laid: Laid) -> None:
        """Show a painting; through when the terminal has drawn it."""
        painting = laid.painting
        if not self._seen:
            self._take(laid)
        elif painting.writes and not painting.at_cursor:
            # Cells that say where a picture is come after the picture, so that the one before is seen until then.
            if await self._begin(laid):
                self._take(laid)
        elif not painting.writes:
            self._stop_sending()
            self._take(laid)
        else:
            outstanding = self._expect()
            # A painting over blank cells is sent by `after_display`, when they are blank.
            if not self._take(laid):
                self._send(laid)
            await outstanding

    def _take(self, laid: Laid) -> bool:
        """Have the cells of this painting from now on; whether they are to be written."""
        before = self._laid.painting if self._laid else None
        painting = laid.painting
        self._laid = laid
        another = before is None or before[0] != painting[0] or before[2:] != painting[2:]
        if self.entitle(laid) or another:
            self.refresh()
            return True
        return False

    def entitle(self, laid: Laid) -> bool:
        """Put up what is said about a painting; whether cells are written by that."""
        return False

    def after_display(self, written: Iterable[Region]) -> None:
        """Textual wrote these regions of the screen: draw again what they took away.

        This tells, too, what room there is and whether it is to be seen: Textual sends no Resize or Show where its map of
        the screen was asked for in between.
        """
        if self._seen != self._was_seen:
            self._was_seen = self._seen
            self.refresh()
            if not self._was_seen:
                self.take_away()
            elif self._easel is not None:
                self._easel.repaint()
        if self._was_seen and self.size != self._room:
            self._offer()
        if not self._was_seen or self._laid is None or not self._laid.painting.at_cursor:
            return
        if not self.content_region.contains_region(self._region):
            # Painted for a larger room: the one for this room is on its way.
            self._stop_sending()
        elif any(region.overlaps(self._region) for region in written):
            self._send(self._laid)

    def take_away(self) -> None:
        """Remove from the screen what blank cells do not remove."""
        self._stop_sending()
        if self._drawn and self._writes is not None and self._terminal is not None:
            self._drawn = False
            self._writes.send_now(self._terminal[1].clear())

    @property
    def _seen(self) -> bool:
        shown = self.is_attached and self.screen is self.app.screen and self.display and self.region.area > 0
        return shown and not self._covered.overlaps(self._region)

    @property
    def _region(self) -> Region:
        """The cells that the painting covers, on the screen: the middle of the place."""
        room = self.content_region
        if self._laid is None:
            return Region()
        width, height = self._laid.painting.size
        return Region(room.x + (room.width - width) // 2, room.y + (room.height - height) // 2, width, height)

    # sending

    async def _begin(self, laid: Laid) -> bool:
        """Send the painting; whether all of it came through."""
        outstanding = self._expect()
        self._send(laid)
        return await outstanding

    def _expect(self) -> asyncio.Future[bool]:
        self._outstanding = outstanding = asyncio.get_running_loop().create_future()
        return outstanding

    def _send(self, laid: Laid) -> None:
        """Write the painting, from its beginning."""
        if self._sending is not None:
            self._sending.cancel()
        self._sending = asyncio.create_task(self._send_all(laid))

    async def _send_all(self, laid: Laid) -> None:
        if self._writes is None or self._keystrokes is None:
            return
        self._drawn = True
        painting = laid.painting
        cell = self._region.offset if painting.at_cursor else None
        await self._writes.send(painting.writes, cell, self._keystrokes.pause)
        self._stop_sending(came_through=True)

    def _stop_sending(self, *, came_through: bool = False) -> None:
        """Nothing is on its way any more: the next painting may come."""
        sending, self._sending = self._sending, None
        if sending is not None and sending is not asyncio.current_task():
            sending.cancel()
        if self._outstanding is not None and not self._outstanding.done():
            self._outstanding.set_result(came_through)

    # drawing

    def render_line(self, y: int) -> Strip:
        """The painting's cells in the middle, or the sentence where there is no picture."""
        width, height = self.size
        if self._laid is None or not self._laid.painting.size.width_cells:
            return sentence_line(one_line(self._sentence), y, self)
        row = y - (height - self._laid.painting.size.height_cells) // 2
        base = self.rich_style
        # Under a screen that dims this one, a cell whose colour says which picture it belongs to would say another one.
        dimmed = bool(self._laid.painting.writes) and not self._seen
        if dimmed or not 0 <= row < len(self._laid.strips):
            return Strip.blank(width, base)
        strip = self._laid.strips[row]
        left = Strip.blank((width - strip.cell_length) // 2, base)
        return Strip.join([left, strip.apply_style(base)]).adjust_cell_length(width, base)
