"""Colours of a prompt's text: by weight on a scale, and a look of its own for each construct. Never colour alone."""

from __future__ import annotations

import math
from functools import lru_cache

from rich.color import Color
from rich.style import Style

PLAIN = Style()
RAISED = ((214, 178, 74), (240, 92, 60))
LOWERED = ((104, 178, 214), (96, 112, 232))
STRONGEST = math.log(1.6)
"""The weight's logarithm at which the scale ends."""
ON_LIGHT = 0.62
"""How much darker the colours are on a light ground."""


@lru_cache(256)
def weight_style(weight: float, dark: bool = True) -> Style:
    """The look of text with a weight: warm and bold above 1, cold and italic below, plain at 1."""
    if math.isclose(weight, 1.0, abs_tol=0.004):
        return Style()
    far = max(-1.0, min(1.0, math.log(max(abs(weight), 0.05)) / STRONGEST))
    near, end = RAISED if far > 0 else LOWERED
    shade = 1.0 if dark else ON_LIGHT
    red, green, blue = (round((a + (b - a) * abs(far)) * shade) for a, b in zip(near, end, strict=True))
    return Style(color=Color.from_rgb(red, green, blue), bold=far > 0 or None, italic=far < 0 or None)


KINDS = {
    "escape": Style(dim=True),
    "bracket": Style(dim=True),
    "weight": Style(dim=True),
    "schedule": Style(underline=True),
    "alternation": Style(underline=True),
    "break": Style(bold=True, underline=True),
    "and": Style(bold=True, underline=True),
    "tag": Style(color="green", italic=True),
}
MARKS = frozenset({"escape", "bracket", "weight"})
"""What steers the weights is dimmed, and not coloured by them."""


def span_style(kind: str, weight: float, dark: bool) -> Style:
    """The look of a construct at a weight."""
    look = KINDS.get(kind, PLAIN)
    return look if kind in MARKS else weight_style(weight, dark) + look
