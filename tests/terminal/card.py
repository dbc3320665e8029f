"""Runs inside a terminal under test: paints a card of four quadrants with one of our painters, then waits to be ended.

    python card.py PROTOCOL COLUMN,ROW,WIDTH,HEIGHT CELL_WIDTH,CELL_HEIGHT PICTURE_WIDTH,PICTURE_HEIGHT FRAMES [--text-between]

Every frame but the last shows the quadrants turned around, so that leftovers of an earlier one would be seen.
"""

from __future__ import annotations

import signal
import sys

from PIL import Image

from sdtui.terminal.capabilities import TRUECOLOR, Capabilities, PaintProtocol
from sdtui.terminal.painter import Box, CellSize, Painting
from sdtui.terminal.protocols import painter_for

QUADRANTS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 0, 255))


def card(size: tuple[int, int], colours: tuple[tuple[int, int, int], ...] = QUADRANTS) -> Image.Image:
    small = Image.new("RGB", (2, 2))
    small.putdata(colours)
    return small.resize(size, Image.Resampling.NEAREST)


def show(painting: Painting, column: int, row: int) -> None:
    out = sys.stdout.buffer
    for number, cells in enumerate(painting.cells or ()):
        out.write(f"\x1b[{row + 1 + number};{column + 1}H".encode())
        for cell in cells:
            for kind, colour in ((38, cell.fg), (48, cell.bg)):
                if colour:
                    out.write(f"\x1b[{kind};2;{colour[0]};{colour[1]};{colour[2]}m".encode())
            out.write(cell.text.encode() + b"\x1b[0m")
    for number, write in enumerate(painting.writes):
        if painting.at_cursor:
            out.write(f"\x1b[{row + 1};{column + 1}H".encode())
        out.write(write)
        if "--text-between" in sys.argv:
            out.write(f"\x1b[38;1Htext {number}".encode())
    out.flush()


def main() -> None:
    protocol: PaintProtocol = sys.argv[1]  # type: ignore[assignment]
    column, row, width, height = map(int, sys.argv[2].split(","))
    cell = CellSize(*map(int, sys.argv[3].split(",")))
    wide, high = map(int, sys.argv[4].split(","))
    frames = int(sys.argv[5])
    painter = painter_for(Capabilities(protocol=protocol, cell=cell, colours=TRUECOLOR), image_id=77)
    sys.stdout.write("\x1b[?25l\x1b[2J")
    for frame in range(frames):
        last = frame == frames - 1
        picture = card((wide, high), QUADRANTS if last else QUADRANTS[::-1])
        show(painter.paint(picture, Box(width, height), cell, quality="final" if last else "preview"), column, row)
    signal.pause()


if __name__ == "__main__":
    main()
