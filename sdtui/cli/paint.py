"""Colour at the command line: only on a terminal, never against NO_COLOR, and only around text that went through the filter."""

from __future__ import annotations

import os
import sys
from typing import Literal

from sdtui.terminal.filter import clean

Style = Literal["plain", "head", "dim", "strong", "weak", "error", "warning", "hint"]
CODES: dict[Style, str] = {
    "plain": "",
    "head": "1",
    "dim": "2",
    "strong": "33",
    "weak": "36",
    "error": "1;31",
    "warning": "1;33",
    "hint": "1;36",
}


class Painter:
    """Writes lines of styled pieces to standard output."""

    def __init__(self, *, coloured: bool | None = None) -> None:
        self._coloured = wants_colour() if coloured is None else coloured

    def line(self, *pieces: str | tuple[str, Style]) -> None:
        """One line; a piece without a style is plain."""
        if sys.stdout is None:
            return
        sys.stdout.write("".join(map(self._painted, pieces)).rstrip() + "\n")

    def _painted(self, piece: str | tuple[str, Style]) -> str:
        if isinstance(piece, str):
            return clean(piece)
        plain, code = clean(piece[0]), CODES[piece[1]]
        return f"\x1b[{code}m{plain}\x1b[0m" if code and self._coloured and plain else plain


def wants_colour() -> bool:
    """Standard output is a terminal that nobody wants without colour."""
    seen = sys.stdout is not None and sys.stdout.isatty()
    return seen and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") not in {"", "dumb", "unknown"}
