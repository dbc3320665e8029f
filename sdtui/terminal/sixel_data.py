"""Pixels as sixels: a band is six rows, a line of it the sixels of one register, `$` returns, `-` goes to the next band."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

# A table a colour that turns a row of indices into bits, and one that turns six rows' bits into sixels.
_BITS = tuple(bytes(index) + b"\x01" + bytes(255 - index) for index in range(256))
_SIXELS = bytes((bits & 63) + 63 for bits in range(256))
_GAP = re.compile(rb"\?{4,}")
_RUN = re.compile(rb"([@-~])\1{3,}")


def encode(indexed: Image) -> bytes:
    """A palette picture as one sixel sequence; pixels below its last row stay as they are (P2=1)."""
    width, height = indexed.size
    pixels = indexed.tobytes()
    bands = [_band(pixels[start : start + 6 * width], width) for start in range(0, len(pixels), 6 * width)]
    return sequence(indexed, width, height, bands)


def sequence(indexed: Image, width: int, height: int, bands: list[bytes]) -> bytes:
    """Bands of a palette picture with the size and the registers they need around them."""
    colours = indexed.getpalette() or []
    out = [b'\x1bP0;1;0q"1;1;%d;%d' % (width, height)]
    for index in sorted(set(indexed.tobytes())):
        red, green, blue = ((level * 100 + 127) // 255 for level in colours[index * 3 : index * 3 + 3])
        out.append(b"#%d;2;%d;%d;%d" % (index, red, green, blue))
    return b"".join([*out, b"-".join(bands), b"\x1b\\"])


def _band(band: bytes, width: int) -> bytes:
    """Six rows (or fewer) of indices as one line of each colour in them."""
    rows = [band[start : start + width] for start in range(0, len(band), width)]
    lines = []
    for index in set(band):
        bits = 0
        for number, row in enumerate(rows):
            if index in row:
                bits |= int.from_bytes(row.translate(_BITS[index]), "big") << number
        line = bits.to_bytes(width, "big").translate(_SIXELS).rstrip(b"?")
        lines.append(b"#%d" % index + _shortened(line))
    return b"$".join(lines)


def _shortened(line: bytes) -> bytes:
    """The line with four or more of the same written as `!count`."""
    line = _GAP.sub(lambda gap: b"!%d?" % (gap.end() - gap.start()), line)
    return _RUN.sub(lambda run: b"!%d%c" % (run.end() - run.start(), run[0][0]), line)
