"""A rough picture in sixels for few bytes: squares a whole number of bands high, so that a row of them is written once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sdtui.terminal.quantise import palette, scaled
from sdtui.terminal.sixel_data import sequence

if TYPE_CHECKING:
    from PIL.Image import Image

    from sdtui.terminal.painter import Fit

_RUN = re.compile(rb"(.)\1*", re.DOTALL)


def sketch(picture: Image, size: Fit, bands: int, colours: int) -> bytes:
    """An RGB picture in squares of 6·bands pixels, as one sixel sequence of the given size."""
    square = 6 * bands
    columns, rows = -(-size.width_px // square), -(-size.height_px // square)
    small = palette(scaled(picture, columns, rows), colours)
    pixels = small.tobytes()
    lines: list[bytes] = []
    for row in range(rows):
        indices = pixels[row * columns : (row + 1) * columns]
        for top in range(row * square, min((row + 1) * square, size.height_px), 6):
            lines.append(_line(indices, square, size.width_px, min(6, size.height_px - top)))
    return sequence(small, size.width_px, size.height_px, lines)


def _line(indices: bytes, square: int, width_px: int, height_px: int) -> bytes:
    """One band `height_px` (1..6) high, every index a run `square` wide."""
    full = 63 + (1 << height_px) - 1
    texts: dict[int, list[bytes]] = {}
    ends: dict[int, int] = {}
    for run in _RUN.finditer(indices):
        index, start, end = run[0][0], run.start() * square, min(run.end() * square, width_px)
        text = texts.setdefault(index, [b"#%d" % index])
        text += (_repeated(start - ends.get(index, 0), 63), _repeated(end - start, full))
        ends[index] = end
    return b"$".join(b"".join(text) for text in texts.values())


def _repeated(count: int, sixel: int) -> bytes:
    return b"!%d%c" % (count, sixel) if count > 3 else bytes([sixel]) * count
