"""What both ways of kitty's graphics protocol share: a small PNG, and the escapes that carry it."""

from __future__ import annotations

import io
import sys
from base64 import standard_b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING

from sdtui.terminal.painter import LARGEST_WRITE, Fit, Quality
from sdtui.terminal.quantise import fine_palette, palette, rgb, shrunk

if TYPE_CHECKING:
    from PIL.Image import Image

Wrap = Callable[[bytes], bytes]

CHUNK = 4096
"""Characters of payload in one escape, as the protocol wants it."""

CUT_SHORT = b"\x1b_Gm=0,q=2;\x1b\\"
"""Ends a transmission that was left in the middle: the terminal would take the next picture for its continuation."""

# (pixels, colours), better ones first; the first that fits into the budget is sent. The terminal scales it.
_LADDER: dict[Quality, tuple[tuple[int, int], ...]] = {
    "preview": ((128 * 128, 64), (112 * 112, 64), (96 * 96, 64), (80 * 80, 32), (64 * 64, 32), (48 * 48, 16)),
    "first": ((256 * 256, 256), (256 * 256, 128), (256 * 256, 64), (192 * 192, 64), (128 * 128, 64)),
    "final": ((512 * 512, 256), (512 * 512, 128), (512 * 512, 64), (384 * 384, 64), (256 * 256, 64)),
    "true": ((sys.maxsize, 256),),
}
_BUDGET: dict[Quality, int] = {"preview": 10 * 1024, "first": 48 * 1024, "final": 165 * 1024, "true": sys.maxsize}
"""Bytes on the wire."""

_COMPRESS_LEVEL: dict[Quality, int] = {"preview": 9, "first": 6, "final": 6, "true": 6}


def encoded(picture: Image, size: Fit, quality: Quality) -> bytes:
    """The picture as a palette PNG in base64, not larger than it is shown and within its budget of bytes."""
    whole = shrunk(rgb(picture), size.width_px * size.height_px)
    payload = b""
    for pixels, colours in _LADDER[quality]:
        out = io.BytesIO()
        reduced = palette if quality in {"preview", "first"} else fine_palette
        reduced(shrunk(whole, pixels), colours).save(out, "PNG", compress_level=_COMPRESS_LEVEL[quality])
        payload = standard_b64encode(out.getvalue())
        if len(payload) * 1.02 + 100 <= _BUDGET[quality]:
            break
    return payload


def chunked(control: str, payload: bytes, *, last: bytes = b"", wrap: Wrap | None = None) -> tuple[bytes, ...]:
    """The escapes that carry a payload, as many in a write as go into LARGEST_WRITE; `wrap` is put around each.

    `last` (wrapped already) goes with the last of them.

    They may be left off after any write: the next transmission or `delete` begins by ending this one.
    """
    first = CUT_SHORT if wrap is None else wrap(CUT_SHORT)
    writes = [first]
    for start in range(0, len(payload), CHUNK):
        more = int(start + CHUNK < len(payload))
        keys = f"{control},m={more}" if start == 0 else f"m={more},q=2"
        escape = b"\x1b_G" + keys.encode() + b";" + payload[start : start + CHUNK] + b"\x1b\\"
        if wrap is not None:
            escape = wrap(escape)
        if len(writes[-1]) + len(escape) <= LARGEST_WRITE:
            writes[-1] += escape
        else:
            writes.append(escape)
    if len(writes[-1]) + len(last) <= LARGEST_WRITE:
        writes[-1] += last
    else:
        writes.append(last)
    return tuple(writes)


def two_at_a_time(payload: bytes) -> bool:
    """It takes several writes: kitty drops a picture when another one of its id begins, so this one gets another id."""
    return len(payload) > LARGEST_WRITE - 1024


def delete(image_id: int, *, wrap: Wrap | None = None) -> bytes:
    """Remove every placement of a picture and its data."""
    escapes = (CUT_SHORT, b"\x1b_Ga=d,d=I,i=%d,q=2\x1b\\" % image_id)
    return b"".join(escapes if wrap is None else map(wrap, escapes))
