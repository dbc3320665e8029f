"""The picture of the selected job, painted in the terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from sdtui.ui.text import one_line
from sdtui.ui.widgets.sentence import sentence_line

if TYPE_CHECKING:
    from sdtui.terminal.capabilities import Capabilities
    from sdtui.terminal.painter import Painter
    from sdtui.ui.easel import Easel, Laid
    from sdtui.ui.screen_writes import ScreenWrites
    from sdtui.ui.shown import Shown


class PreviewPane(Widget, can_focus=True):
    """Cells where the painter gives cells; blank cells and writes over them where it gives those.

    `ready` brings it to life after the first paint. What the terminal draws past Textual is drawn again when the cells under
    it were written (`after_display`), and is taken away while another screen covers this one.
    """

    def __init__(self) -> None:
        super().__init__(id="preview")
        self.border_title = "5 Preview"
        self._laid: Laid | None = None
        self._shown: Shown | None = None
        self._caption = ""
        self._terminal: tuple[Capabilities, Painter] | None = None
        self._easel: Easel | None = None
        self._writes: ScreenWrites | None = None
        self._sending: asyncio.Task[None] | None = None
        self._outstanding: asyncio.Future[None] | None = None
        self._drawn = False

    # what is to be seen

    def ready(self, writes: ScreenWrites) -> None:
        """Paint from now on."""
        from sdtui.ui.easel import Easel

        self._writes = writes
        self._easel = Easel(self._lay)
        self.run_worker(self._easel.work(), group="easel")
        self._offer()

    def use(self, capabilities: Capabilities, painter: Painter) -> None:
        """Paint with this painter from now on; what another one left on the screen goes."""
        self.take_away()
        self._terminal = (capabilities, painter)
        self._offer()

    def show(self, shown: Shown | None, caption: str) -> None:
        """Show this picture, or, where there is none, the caption in its place."""
        self._shown = shown
        if caption != self._caption:
            self._caption = caption
            if shown is None:
                self.refresh()
        self._offer()

    def on_resize(self) -> None:
        """The room is another one."""
        self._offer()

    def on_show(self) -> None:
        """It is to be seen again."""
        if self._easel is not None:
            self._easel.repaint()

    def on_hide(self) -> None:
        """It is not to be seen."""
        self.take_away()

    def _offer(self) -> None:
        if self._easel is None or self._terminal is None:
            return
        from sdtui.terminal.painter import Box
        from sdtui.ui.easel import Place

        capabilities, painter = self._terminal
        self._easel.offer(self._shown, Place(Box(*self.size), capabilities.cell, painter))

    # painting

    async def _lay(self, laid: Laid) -> None:
        """Show a painting; through when the terminal has drawn it."""
        before = self._laid.painting if self._laid else None
        painting = laid.painting
        same_cells = before is not None and before[0] == painting[0] and before[2:] == painting[2:]
        self._laid = laid
        title = one_line(self._caption) if painting.size.width_cells else ""
        if title != (self.border_subtitle or ""):
            # It is set with the picture, because what is drawn past Textual is drawn again with the border.
            self.border_subtitle = title
            same_cells = False
        if not self._seen:
            self.refresh()
            return
        self._outstanding = outstanding = asyncio.get_running_loop().create_future()
        if not painting.writes:
            self._stop_sending()
        elif same_cells or not painting.at_cursor:
            self._send()
        if not same_cells:
            # A painting over blank cells is sent by `after_display`, when they are blank.
            self.refresh()
        await outstanding

    def after_display(self, written: Iterable[Region]) -> None:
        """Textual wrote these regions of the screen: draw again what they took away."""
        if self._laid is None or not self._laid.painting.at_cursor:
            return
        if not self._seen:
            self.take_away()
        elif not self.content_region.contains_region(self._region):
            # Painted for a larger room: the one for this room is on its way.
            self._stop_sending()
        elif any(region.overlaps(self._region) for region in written):
            self._send()

    def take_away(self) -> None:
        """Remove from the screen what blank cells do not remove."""
        self._stop_sending()
        if self._drawn and self._writes is not None and self._terminal is not None:
            self._drawn = False
            self._writes.send_now(self._terminal[1].clear())

    @property
    def _seen(self) -> bool:
        return self.is_attached and self.screen is self.app.screen and self.display and self.region.area > 0

    @property
    def _region(self) -> Region:
        """The cells that the painting covers, on the screen: the middle of the pane."""
        room = self.content_region
        if self._laid is None:
            return Region()
        width, height = self._laid.painting.size
        return Region(room.x + (room.width - width) // 2, room.y + (room.height - height) // 2, width, height)

    def _send(self) -> None:
        """Write the painting, from its beginning."""
        if self._sending is not None:
            self._sending.cancel()
        self._sending = asyncio.create_task(self._send_all())

    async def _send_all(self) -> None:
        if self._laid is None or self._writes is None:
            return
        painting, region = self._laid.painting, self._region
        self._drawn = True
        await self._writes.send(painting.writes, region.offset if painting.at_cursor else None)
        self._stop_sending()

    def _stop_sending(self) -> None:
        """Nothing is on its way any more: the next painting may come."""
        sending, self._sending = self._sending, None
        if sending is not None and sending is not asyncio.current_task():
            sending.cancel()
        if self._outstanding is not None and not self._outstanding.done():
            self._outstanding.set_result(None)

    # drawing

    def render_line(self, y: int) -> Strip:
        """The painting's cells in the middle, or the caption where there is no picture."""
        width, height = self.size
        if self._laid is None or not self._laid.painting.size.width_cells:
            return sentence_line(one_line(self._caption), y, self)
        row = y - (height - self._laid.painting.size.height_cells) // 2
        base = self.rich_style
        if not 0 <= row < len(self._laid.strips):
            return Strip.blank(width, base)
        strip = self._laid.strips[row]
        left = Strip.blank((width - strip.cell_length) // 2, base)
        return Strip.join([left, strip.apply_style(base)]).adjust_cell_length(width, base)
