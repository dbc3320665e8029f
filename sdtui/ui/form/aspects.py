"""Aspect presets: sides of a ratio that have about as many pixels as a checkpoint is made for. Knows no widget."""

from __future__ import annotations

import math

from sdtui.spec.params import FIELD

RATIOS: tuple[tuple[int, int], ...] = ((1, 1), (3, 2), (2, 3), (4, 3), (3, 4), (16, 9), (9, 16))


def sides_of(ratio: tuple[int, int], budget_px: int) -> tuple[int, int]:
    """Width and height of a ratio, about `budget_px` pixels, multiples of what the fields want and within their bounds."""
    wide, high = ratio
    scale = math.sqrt(budget_px / (wide * high))
    least = max(FIELD["width"].low / wide, FIELD["height"].low / high)
    most = min(FIELD["width"].high / wide, FIELD["height"].high / high)
    scale = min(max(scale, least), most)
    return _fitting("width", wide * scale), _fitting("height", high * scale)


def next_ratio(width: int, height: int, budget_px: int) -> tuple[int, int]:
    """The preset after the one whose sides these are; the first one when they are none's."""
    for at, ratio in enumerate(RATIOS):
        if sides_of(ratio, budget_px) == (width, height):
            return RATIOS[(at + 1) % len(RATIOS)]
    return RATIOS[0]


def _fitting(name: str, value: float) -> int:
    field = FIELD[name]
    whole = round(value / field.multiple) * field.multiple
    return int(min(max(whole, field.low), field.high))
