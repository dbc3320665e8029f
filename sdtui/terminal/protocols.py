"""The painters by protocol: one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sdtui.terminal.ascii import AsciiPainter
from sdtui.terminal.capabilities import TRUECOLOR, Capabilities, PaintProtocol
from sdtui.terminal.halfblock import HalfBlockPainter
from sdtui.terminal.iterm import ItermPainter
from sdtui.terminal.kitty import KittyPainter
from sdtui.terminal.kitty_direct import KittyDirectPainter
from sdtui.terminal.off import OffPainter
from sdtui.terminal.painter import Painter
from sdtui.terminal.sixel import SixelPainter

PAINTERS: Mapping[PaintProtocol, Callable[[Capabilities, int], Painter]] = {
    "kitty": lambda known, image_id: KittyPainter(
        image_id, truecolor=known.colours == TRUECOLOR, in_tmux=known.in_tmux
    ),
    "kitty-direct": lambda known, image_id: KittyDirectPainter(image_id, in_tmux=known.in_tmux),
    "iterm": lambda known, image_id: ItermPainter(in_tmux=known.in_tmux),
    "sixel": lambda known, image_id: SixelPainter(known.sixel_colours),
    "half": lambda known, image_id: HalfBlockPainter(truecolor=known.colours == TRUECOLOR),
    "ascii": lambda known, image_id: AsciiPainter(),
    "off": lambda known, image_id: OffPainter(),
}


def painter_for(capabilities: Capabilities, *, image_id: int) -> Painter:
    """A painter of the terminal's protocol for one place on the screen.

    `image_id` (1 to 2^24 − 1) keeps the pictures of several places, and of several programs on one terminal, apart.
    """
    return PAINTERS[capabilities.protocol](capabilities, image_id)
