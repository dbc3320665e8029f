"""Pixels on their way to a terminal: scaled to fit, reduced to a palette, never dithered (noise is what costs bytes)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

PIXELATED = 8
"""From this magnification on a picture's pixels are shown as squares: nothing in between is known."""

GOOD_LOSS = 20.0
"""Mean squared difference; 35 dB."""


def rgb(picture: Image) -> Image:
    """The picture in three channels, what is transparent in it on white."""
    from PIL import Image as images

    if picture.mode == "RGB":
        return picture
    if picture.has_transparency_data:
        layered = picture.convert("RGBA")
        return images.alpha_composite(images.new("RGBA", picture.size, (255, 255, 255, 255)), layered).convert("RGB")
    return picture.convert("RGB")


def scaled(picture: Image, width_px: int, height_px: int) -> Image:
    """The picture in another size, without ringing at its edges."""
    from PIL.Image import Resampling

    if picture.size == (width_px, height_px):
        return picture
    magnified = min(width_px / picture.width, height_px / picture.height)
    return picture.resize((width_px, height_px), Resampling.NEAREST if magnified >= PIXELATED else Resampling.HAMMING)


def shrunk(picture: Image, most_px: int) -> Image:
    """The picture with at most `most_px` pixels, its ratio kept; never larger than it was."""
    scale = (most_px / (picture.width * picture.height)) ** 0.5
    if scale >= 1:
        return picture
    return scaled(picture, max(1, int(picture.width * scale)), max(1, int(picture.height * scale)))


def palette(picture: Image, colours: int) -> Image:
    """An RGB picture as a palette of at most `colours` (2..256) colours: fast octree, no dither."""
    from PIL.Image import Dither, Quantize

    return picture.quantize(colours, method=Quantize.FASTOCTREE, dither=Dither.NONE)


def fine_palette(picture: Image, colours: int) -> Image:
    """An RGB picture as the better of two palettes: `palette`, or where that is coarse, median cut on a sample (30 ms)."""
    from PIL.Image import Dither, Quantize, Resampling

    quick = palette(picture, colours)
    loss = _loss(picture, quick)
    if loss <= GOOD_LOSS:
        return quick
    sample = picture.resize((min(96, picture.width), min(96, picture.height)), Resampling.NEAREST)
    chosen = sample.quantize(colours, method=Quantize.MEDIANCUT, dither=Dither.NONE)
    cut = picture.quantize(palette=chosen, dither=Dither.NONE)
    return cut if _loss(picture, cut) < loss else quick


def _loss(picture: Image, indexed: Image) -> float:
    """The mean squared difference of two pictures, 0..255²."""
    from PIL.ImageChops import difference
    from PIL.ImageStat import Stat

    return sum(level**2 for level in Stat(difference(picture, indexed.convert("RGB"))).rms) / 3
