"""Pictures on their way out: how long encoding takes and how many bytes go over the wire, and how long a PNG file takes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from statistics import median
from typing import TypeVar

from PIL import Image, ImageChops, ImageStat

from benchmarks.figure import Figure
from sdtui.images.png import encode
from sdtui.terminal.capabilities import TRUECOLOR, Capabilities, PaintProtocol
from sdtui.terminal.painter import Box, CellSize, Quality
from sdtui.terminal.protocols import painter_for
from sdtui.terminal.quantise import fine_palette

T = TypeVar("T")
CELL = CellSize(10, 20)
BOX = Box(60, 28)
ROUNDS = 5
PROTOCOLS: tuple[PaintProtocol, ...] = ("kitty", "kitty-direct", "iterm", "sixel", "half")
BARS: dict[tuple[PaintProtocol, Quality], float] = {
    ("kitty", "final"): 165,
    ("kitty-direct", "final"): 165,
    ("kitty", "preview"): 10,
    ("kitty-direct", "preview"): 10,
    ("iterm", "preview"): 10,
    ("sixel", "preview"): 10,
    ("kitty", "first"): 48,
    ("kitty-direct", "first"): 48,
}
"""KiB."""
NAMES: dict[Quality, str] = {
    "preview": "step preview",
    "first": "finished 512², first",
    "final": "finished 512²",
    "true": "true pixels",
}


def measure() -> list[Figure]:
    """Medians of five rounds on a photo-like picture, 64² for step previews and 512² when finished."""
    figures: list[Figure] = []
    for protocol in PROTOCOLS:
        for quality, side in (("preview", 64), ("first", 512), ("final", 512)):
            figures += _painting(protocol, quality, photo(side))  # type: ignore[arg-type]
    figures.append(Figure("finished photo at 256 colours", fidelity(), "dB", 30, "higher"))
    picture = photo(512)
    rgb = picture.tobytes()
    seconds, data = _timed(lambda: encode(rgb, 512, 512, texts={"parameters": "a cat\nSteps: 20"}))
    figures.append(Figure("PNG file of 512²", seconds * 1000, "ms", None))
    figures.append(Figure("PNG file of 512², size", len(data) / 1024, "KiB", None))
    return figures


def photo(side: int) -> Image.Image:
    """Smooth light and noise, as a photo has them."""
    light = [Image.radial_gradient("L"), Image.linear_gradient("L"), Image.linear_gradient("L").rotate(90)]
    smooth = Image.merge("RGB", [channel.resize((side, side)) for channel in light])
    return Image.blend(smooth, Image.effect_noise((side, side), 30).convert("RGB"), 0.15)


def _painting(protocol: PaintProtocol, quality: Quality, picture: Image.Image) -> list[Figure]:
    painter = painter_for(Capabilities(protocol=protocol, cell=CELL, colours=TRUECOLOR), image_id=1)
    seconds, painting = _timed(lambda: painter.paint(picture, BOX, CELL, quality=quality))
    name = f"{protocol}, {NAMES[quality]}"
    figures = [Figure(f"{name}: encoding", seconds * 1000, "ms", None)]
    if painting.writes:
        size = sum(map(len, painting.writes)) / 1024
        figures.append(Figure(f"{name}: wire", size, "KiB", BARS.get((protocol, quality))))
        figures.append(Figure(f"{name}: largest write", max(map(len, painting.writes)) / 1024, "KiB", 16))
    return figures


def fidelity() -> float:
    """PSNR of a finished photo as the terminal gets it, in a palette of 256 colours."""
    picture = photo(512)
    square = sum(
        level**2
        for level in ImageStat.Stat(ImageChops.difference(picture, fine_palette(picture, 256).convert("RGB"))).rms
    )
    return 10 * math.log10(255**2 * 3 / square)


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - begun)
    return median(times), result


if __name__ == "__main__":
    for figure in measure():
        print(f"{figure.name:45} {figure.value:8.1f} {figure.unit}" + (f"  (bar {figure.bar:g})" if figure.bar else ""))
