"""The painters by protocol: one case each, imported when it is wanted."""

from __future__ import annotations

from typing import assert_never

from sdtui.terminal.capabilities import TRUECOLOR, Capabilities
from sdtui.terminal.painter import Painter


def painter_for(capabilities: Capabilities, *, image_id: int) -> Painter:
    """A painter of the terminal's protocol for one place on the screen.

    `image_id` (1 to 2^24 − 1) keeps the pictures of several places, and of several programs on one terminal, apart.
    """
    truecolor, in_tmux = capabilities.colours == TRUECOLOR, capabilities.in_tmux
    match capabilities.protocol:
        case "kitty":
            from sdtui.terminal.kitty import KittyPainter

            return KittyPainter(image_id, truecolor=truecolor, in_tmux=in_tmux)
        case "kitty-direct":
            from sdtui.terminal.kitty_direct import KittyDirectPainter

            return KittyDirectPainter(image_id, in_tmux=in_tmux)
        case "iterm":
            from sdtui.terminal.iterm import ItermPainter

            return ItermPainter(in_tmux=in_tmux)
        case "sixel":
            from sdtui.terminal.sixel import SixelPainter

            return SixelPainter(capabilities.sixel_colours)
        case "half":
            from sdtui.terminal.halfblock import HalfBlockPainter

            return HalfBlockPainter(truecolor=truecolor)
        case "ascii":
            from sdtui.terminal.ascii import AsciiPainter

            return AsciiPainter()
        case "off":
            from sdtui.terminal.off import OffPainter

            return OffPainter()
        case _:
            assert_never(capabilities.protocol)
