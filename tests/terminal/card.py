"""Runs inside a terminal under test: finds out what it can do, paints a picture and waits to be ended.

    python card.py PROTOCOL COLUMN,ROW,WIDTH,HEIGHT PICTURE REPORT [FRAMES]

PROTOCOL may be auto. Frames before the last are previews of the picture upside down, so that leftovers would be seen, and
with text written between the writes of each. What was found out is written to the file REPORT as `protocol WIDTHxHEIGHT`
(of a cell), or what went wrong.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import sys
import termios
import time
import traceback
import tty
from pathlib import Path

from PIL import Image

from sdtui.terminal.capabilities import Capabilities, ProtocolChoice
from sdtui.terminal.decision import decide
from sdtui.terminal.painter import Box, Painting
from sdtui.terminal.probe import ReplyParser, queries
from sdtui.terminal.protocols import painter_for

PATIENCE_S = 20.0  # a terminal under a loaded test machine is slower than any user's


def ask(choice: ProtocolChoice) -> Capabilities:
    parser = ReplyParser()
    usual = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        os.write(1, queries(os.environ))
        end = time.monotonic() + PATIENCE_S
        while not parser.replies.complete and time.monotonic() < end:
            if select.select([0], [], [], 0.1)[0]:
                parser.feed(os.read(0, 4096))
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, usual)
    rows, columns, *window = struct.unpack("HHHH", fcntl.ioctl(1, termios.TIOCGWINSZ, bytes(8)))
    return decide(parser.replies, os.environ, choice=choice, screen=(columns, rows), window_px=(window[0], window[1]))


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
        out.write(write + f"\x1b[1;1Htext {number}".encode())
    out.flush()


def main() -> None:
    choice: ProtocolChoice = sys.argv[1]  # type: ignore[assignment]
    column, row, *box = map(int, sys.argv[2].split(","))
    frames = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    sys.stdout.write("\x1b[?25l\x1b[2J")
    sys.stdout.flush()
    known = ask(choice)
    painter = painter_for(known, image_id=77)
    with Image.open(sys.argv[3]) as file:
        picture = file.convert("RGB")
    for _ in range(frames - 1):
        turned = picture.transpose(Image.Transpose.ROTATE_180)
        show(painter.paint(turned, Box(*box), known.cell, quality="preview"), column, row)
    show(painter.paint(picture, Box(*box), known.cell, quality="final"), column, row)
    Path(sys.argv[4]).write_text(f"{known.protocol} {known.cell.width_px}x{known.cell.height_px}")
    signal.pause()


if __name__ == "__main__":
    try:
        main()
    except Exception:
        Path(sys.argv[4]).write_text(traceback.format_exc())
        raise
