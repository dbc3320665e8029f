"""Which part of a picture is seen, and how large: fitted, in its true pixels, or nearer and further. Pure arithmetic."""

from __future__ import annotations

from typing import NamedTuple

LEVELS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Pixels of the screen a pixel of the picture, in one direction."""


class Span(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


class Viewport(NamedTuple):
    """A place of `view` pixels on a picture of `picture` pixels.

    `scale` is one of LEVELS, or None for all of the picture as large as it fits; `centre` is the point in the middle as parts
    of the picture's width and height (0..1).
    """

    picture: Span
    view: Span
    scale: float | None = None
    centre: tuple[float, float] = (0.5, 0.5)

    @property
    def fitting(self) -> float:
        """The scale at which all of the picture fits."""
        return min(self.view.width / self.picture.width, self.view.height / self.picture.height)

    @property
    def true_scale(self) -> float:
        """The scale as a number."""
        return self.fitting if self.scale is None else self.scale

    @property
    def span(self) -> Span:
        """How much of the picture is seen, in its own pixels."""
        if self.scale is None:
            return self.picture
        width, height = (
            min(whole, max(1, int(room / self.scale))) for whole, room in zip(self.picture, self.view, strict=True)
        )
        return Span(width, height)

    @property
    def crop(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of what is seen, in the picture's pixels."""
        left, top = (
            min(max(0, round(at * whole - part / 2)), whole - part)
            for at, whole, part in zip(self.centre, self.picture, self.span, strict=True)
        )
        return left, top, left + self.span.width, top + self.span.height

    @property
    def out(self) -> Span:
        """How many pixels of the screen it takes."""
        scale = self.true_scale
        width, height = (
            max(1, min(room, round(part * scale))) for part, room in zip(self.span, self.view, strict=True)
        )
        return Span(width, height)

    @property
    def all_seen(self) -> bool:
        """Nothing of the picture is outside the place."""
        return self.span == self.picture

    def at(self, scale: float | None) -> Viewport:
        """At another scale, around the same point."""
        return self._replace(scale=scale).settled()

    def nearer(self) -> Viewport:
        """At the next larger scale."""
        return self.at(next((level for level in LEVELS if level > self.true_scale * 1.001), LEVELS[-1]))

    def further(self) -> Viewport:
        """At the next smaller scale, down to all of the picture; a picture smaller than the place down to its true pixels."""
        least = min(1.0, self.fitting)
        below = next((level for level in reversed(LEVELS) if level < self.true_scale * 0.999), 0.0)
        if below >= least:
            return self.at(below)
        return self.at(None) if self.fitting < 1 else self.at(1.0)

    def moved(self, right: float, down: float) -> Viewport:
        """Moved by so many times what is seen."""
        x, y = (
            at + by * part / whole
            for at, by, part, whole in zip(self.centre, (right, down), self.span, self.picture, strict=True)
        )
        return self._replace(centre=(x, y)).settled()

    def settled(self) -> Viewport:
        """With its centre where it can be: nothing beyond the picture's edges is seen."""
        x, y = (
            min(max(at, part / whole / 2), 1 - part / whole / 2)
            for at, part, whole in zip(self.centre, self.span, self.picture, strict=True)
        )
        return self._replace(centre=(x, y))


def scale_name(scale: float | None, fitting: float) -> str:
    """A scale as it is shown: `fit 37 %`, `1:1`, `4:1`, `1:2`."""
    if scale is None:
        return f"fit {fitting * 100:.0f} %"
    return f"{scale:.0f}:1" if scale >= 1 else f"1:{1 / scale:.0f}"
