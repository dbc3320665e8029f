"""Tables for people: columns aligned by what a terminal shows, the last one cut to its width."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

PIPE_CELLS = 300
"""A prompt may be a book; programs that want it whole ask for JSON."""


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Heads and rows as lines of text; the last column is cut to the terminal, in a pipe to PIPE_CELLS."""
    from rich.cells import cell_len, set_cell_size

    from sdtui.terminal.filter import clean_line

    lines = [heads, *([clean_line(cell) for cell in row] for row in rows)]
    widths = [max(cell_len(line[column]) for line in lines) for column in range(len(heads) - 1)]
    is_seen = sys.stdout is not None and sys.stdout.isatty()
    room = shutil.get_terminal_size().columns - sum(widths) - 2 * len(widths) if is_seen else PIPE_CELLS
    return "\n".join(
        "  ".join(
            [*(set_cell_size(cell, width) for cell, width in zip(line, widths, strict=False)), _cut(line[-1], room)]
        ).rstrip()
        for line in lines
    )


def _cut(text: str, room: int) -> str:
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= room:
        return text
    return set_cell_size(text, max(room - 1, 8)).rstrip() + "…"
