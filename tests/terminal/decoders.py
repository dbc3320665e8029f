"""Terminals on paper: what a terminal would show for a painter's bytes, written from the protocols' own documents."""

from __future__ import annotations

import base64
import io
import math
import random
import re
from dataclasses import dataclass, field

from PIL import Image, ImageChops, ImageStat

from sdtui.terminal.painter import CellSize, Painting

BLANK = (1, 2, 3)
"""The colour of pixels that nothing was drawn on."""


def photo(side: int, *, seed: int = 1) -> Image.Image:
    """Something like a photo: smooth light, soft shapes and noise."""
    rng = random.Random(seed)
    light = [Image.radial_gradient("L"), Image.linear_gradient("L"), Image.linear_gradient("L").rotate(90)]
    smooth = Image.merge("RGB", [channel.resize((side, side)) for channel in light])
    shapes = Image.frombytes("RGB", (8, 8), rng.randbytes(8 * 8 * 3)).resize((side, side), Image.Resampling.BICUBIC)
    noise = Image.frombytes("L", (side, side), rng.randbytes(side * side)).convert("RGB")
    return Image.blend(Image.blend(smooth, shapes, 0.3), noise, 0.06)


def psnr(one: Image.Image, other: Image.Image) -> float:
    """Decibels; more is more alike."""
    square = sum(level**2 for level in ImageStat.Stat(ImageChops.difference(one, other)).rms) / 3
    return 10 * math.log10(255**2 / max(square, 1e-9))


@dataclass
class SixelScreen:
    """Pixels as xterm draws them: a colour definition does not select its register."""

    size: tuple[int, int]
    cell: CellSize
    pixels: Image.Image = field(init=False)
    drawn: int = 0

    def __post_init__(self) -> None:
        self.pixels = Image.new("RGB", self.size, BLANK)

    def take(self, painting: Painting) -> Image.Image:
        """The screen after all writes, the place's top left cell in the corner."""
        assert painting.at_cursor
        for write in painting.writes:
            whole = re.fullmatch(rb'(?:\x1b\[(\d+)B)?(?:\x1b\[(\d+)C)?\x1bP0;1;0q"1;1;(\d+);(\d+)([ -~]*)\x1b\\', write)
            assert whole, write[:80]
            down, right, width, height = (int(number or 0) for number in whole.groups()[:4])
            self._draw(right * self.cell.width_px, down * self.cell.height_px, (width, height), whole[5])
        return self.pixels

    def _draw(self, left: int, top: int, size: tuple[int, int], data: bytes) -> None:
        registers: dict[int, tuple[int, int, int]] = {}
        selected: int | None = None
        x = band = 0
        for item in re.finditer(rb"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|([?-~])|([$-])|(.)", data, re.DOTALL):
            register, red, green, blue, count, repeated, single, control, unknown = item.groups()
            assert unknown is None, item
            if red is not None:
                registers[int(register)] = tuple(round(int(part) * 255 / 100) for part in (red, green, blue))  # type: ignore[assignment]
                assert int(register) < 256
            elif register is not None:
                selected = int(register)
            elif control == b"-":
                x, band = 0, band + 1
            elif control == b"$":
                x = 0
            else:
                times, bits = int(count or 1), (repeated or single)[0] - 63
                assert selected is not None, "drawn before a register was selected"
                for row in range(6):
                    if bits >> row & 1:
                        assert x + times <= size[0]
                        assert band * 6 + row < size[1], "drawn below the picture"
                        run = (left + x, top + band * 6 + row, left + x + times, top + band * 6 + row + 1)
                        self.pixels.paste(registers[selected], run)
                        self.drawn += times
                x += times


@dataclass
class KittyScreen:
    """What kitty holds: pictures that are placed by id, with the keys they were placed with, and those that are not yet."""

    pictures: dict[int, tuple[dict[str, str], Image.Image]] = field(default_factory=dict)
    held: dict[int, Image.Image] = field(default_factory=dict)
    failed: int = 0
    _keys: dict[str, str] | None = None
    _payload: bytes = b""

    def take(self, data: bytes) -> None:
        """Work off graphics escapes, and nothing else."""
        assert re.fullmatch(rb"(?:\x1b_G[^\x1b]*\x1b\\)*", data), data[:80]
        for found in re.finditer(rb"\x1b_G([^;\x1b]*)(?:;([^\x1b]*))?\x1b\\", data):
            keys = dict(pair.split("=") for pair in found[1].decode().split(","))
            assert keys["q"] == "2", "the terminal would answer into the input"
            if keys.get("a") == "d":
                assert self._keys is None
                assert keys["d"] == "I"
                self.pictures.pop(int(keys["i"]), None)
                self.held.pop(int(keys["i"]), None)
            elif keys.get("a") == "p":
                self.pictures[int(keys["i"])] = (keys, self.held.pop(int(keys["i"])))
            else:
                self._transmit(keys, found[2] or b"")

    def _transmit(self, keys: dict[str, str], payload: bytes) -> None:
        assert len(payload) <= 4096
        assert keys["m"] == "0" or len(payload) % 4 == 0
        if self._keys is None:
            self._keys = keys
            if "i" in keys:
                # As kitty: what had this id goes at once.
                self.pictures.pop(int(keys["i"]), None)
        self._payload += payload
        if keys["m"] == "1":
            return
        keys, data, self._keys, self._payload = self._keys, self._payload, None, b""
        try:
            picture = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
            picture.load()
        except (OSError, SyntaxError, ValueError):
            self.failed += 1
            return
        assert keys["f"] == "100"
        if keys["a"] == "t":
            self.held[int(keys["i"])] = picture
        else:
            self.pictures[int(keys["i"])] = (keys, picture)

    @property
    def shown(self) -> tuple[dict[str, str], Image.Image]:
        """The only picture that is placed."""
        ((keys, picture),) = self.pictures.values()
        return keys, picture


def unwrap_tmux(data: bytes) -> bytes:
    """What tmux hands on of passthrough escapes, and nothing else."""
    whole = re.compile(rb"\x1bPtmux;((?:[^\x1b]|\x1b\x1b)*)\x1b\\")
    assert whole.sub(b"", data) == b""
    return b"".join(found[1].replace(b"\x1b\x1b", b"\x1b") for found in whole.finditer(data))


def iterm_strips(painting: Painting) -> list[tuple[int, dict[str, str], Image.Image]]:
    """Row, keys and picture of each strip."""
    strips = []
    for write in painting.writes:
        whole = re.fullmatch(rb"(?:\x1b\[(\d+)B)?\x1b\]1337;File=([^:]*):([0-9A-Za-z+/=]*)\x07", write)
        assert whole, write[:80]
        keys = dict(pair.split("=") for pair in whole[2].decode().split(";"))
        data = base64.b64decode(whole[3], validate=True)
        assert len(data) == int(keys["size"])
        strips.append((int(whole[1] or 0), keys, Image.open(io.BytesIO(data))))
    return strips
