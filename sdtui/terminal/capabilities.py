"""What is known about a terminal; the probe finds it out, the painters are chosen by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from sdtui.terminal.painter import CellSize

PaintProtocol = Literal["kitty", "kitty-direct", "iterm", "sixel", "half", "ascii", "off"]
PAINT_PROTOCOLS: tuple[PaintProtocol, ...] = get_args(PaintProtocol)
ProtocolChoice = Literal["auto", "kitty", "kitty-direct", "iterm", "sixel", "half", "ascii", "off"]
PROTOCOL_CHOICES: tuple[ProtocolChoice, ...] = get_args(ProtocolChoice)

TRUECOLOR = 1 << 24


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """A terminal as far as painting goes.

    `colours` is 0 (none wanted), 16, 256 or TRUECOLOR; `cell_known` says that the terminal told its cell size, else it is
    a guess; `in_tmux` that escapes meant for the terminal need tmux's passthrough; `reason` says in a sentence why this
    protocol was chosen.
    """

    protocol: PaintProtocol
    cell: CellSize
    colours: int = 256
    brand: str = ""
    version: str = ""
    cell_known: bool = False
    in_tmux: bool = False
    remote: bool = False
    sixel: bool = False
    sixel_colours: int = 256
    kitty_graphics: bool = False
    reason: str = ""
