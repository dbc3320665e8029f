"""Looks of a prompt's text: by weight on a scale, and one of its own for each construct. Nothing needs its colour to be understood."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from rich.color import Color
from rich.style import Style

RGB = tuple[int, int, int]

PLAIN = Style()
# strong enough that a terminal of 16 colours shows each as a colour, and warm apart from cold
RAISED: tuple[RGB, RGB] = ((240, 200, 40), (245, 85, 60))
LOWERED: tuple[RGB, RGB] = ((60, 180, 240), (115, 125, 245))
STRONGEST = math.log(1.6)
"""The weight's logarithm at which the scale ends."""
CONTRAST = 4.5
"""As WCAG 2.2 asks of text."""
GREEN, CYAN, VIOLET, RED, YELLOW, BLUE = (
    (90, 200, 80),
    (40, 200, 190),
    (200, 110, 240),
    (245, 85, 60),
    (240, 200, 40),
    (70, 150, 255),
)


class Ground(NamedTuple):
    """What text stands on: the background, and whether colours may be used at all (NO_COLOR)."""

    background: RGB = (18, 18, 18)
    colours: bool = True


class Look(NamedTuple):
    """A colour, or none, and attributes that tell without it."""

    rgb: RGB | None = None
    attributes: Style = PLAIN


KINDS = {
    "escape": Look(None, Style(dim=True)),
    "bracket": Look(None, Style(dim=True)),
    "weight": Look(None, Style(dim=True)),
    "schedule": Look(VIOLET),
    "alternation": Look(VIOLET),
    "break": Look(VIOLET, Style(bold=True)),
    "and": Look(VIOLET, Style(bold=True)),
    "tag": Look(GREEN, Style(italic=True)),
    "wildcard": Look(CYAN, Style(italic=True)),
    "choice": Look(CYAN),
    "variable": Look(CYAN, Style(italic=True)),
    "comment": Look(None, Style(dim=True, italic=True)),
    "embedding": Look(GREEN, Style(bold=True)),
    "border": Look(BLUE, Style(underline=True, bold=True)),
    "error": Look(RED, Style(underline=True, bold=True)),
    "warning": Look(YELLOW, Style(underline=True)),
    "hint": Look(None, Style(underline=True)),
}
WITHOUT_COLOUR = {
    "schedule": Style(bold=True),
    "alternation": Style(bold=True),
    "choice": Style(bold=True),
    "error": Style(underline=True, reverse=True),
    "warning": Style(underline=True, bold=True),
}
"""Where colour would have told two looks apart."""
WEIGHED = frozenset({"text"})
"""What is coloured by its weight; what steers is not."""
SILENT = Style(dim=True, bold=False, italic=True)
"""What does not hold at the step that is shown."""
MARK = {"error": "✗", "warning": "!", "hint": "·"}
"""What stands for a severity where there is room for one character."""


@lru_cache(512)
def style_of(kind: str, weight: float, ground: Ground) -> Style:
    """The look of a construct, or of text at a weight, on a ground."""
    if kind in WEIGHED:
        return weight_style(weight, ground)
    look = KINDS.get(kind)
    if look is None:
        return PLAIN
    if not ground.colours:
        return WITHOUT_COLOUR.get(kind, look.attributes)
    return look.attributes + _coloured(look.rgb, ground)


def weight_style(weight: float, ground: Ground) -> Style:
    """Text at a weight: warm and bold above 1, cold and italic below, plain at 1."""
    if math.isclose(weight, 1.0, abs_tol=0.004):
        return PLAIN
    far = max(-1.0, min(1.0, math.log(max(abs(weight), 0.05)) / STRONGEST))
    attributes = Style(bold=True) if far > 0 else Style(italic=True)
    if not ground.colours:
        return attributes + (Style(dim=True) if far < -0.6 else PLAIN)
    near, end = RAISED if far > 0 else LOWERED
    red, green, blue = (round(a + (b - a) * abs(far)) for a, b in zip(near, end, strict=True))
    return attributes + _coloured((red, green, blue), ground)


def _coloured(rgb: RGB | None, ground: Ground) -> Style:
    return PLAIN if rgb is None else Style(color=Color.from_rgb(*readable(rgb, ground.background)))


@lru_cache(512)
def readable(rgb: RGB, background: RGB) -> RGB:
    """The colour, made darker or lighter until it can be read on the background."""
    ends: tuple[RGB, RGB] = ((0, 0, 0), (255, 255, 255))
    end = max(ends, key=lambda each: contrast(each, background))
    for share in range(20):
        red, green, blue = (round(a + (b - a) * share / 20) for a, b in zip(rgb, end, strict=True))
        if contrast((red, green, blue), background) >= CONTRAST:
            return red, green, blue
    return end


def contrast(one: RGB, other: RGB) -> float:
    """1..21, as WCAG 2.2 defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(rgb: RGB) -> float:
    linear = [(c / 255 / 12.92) if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
