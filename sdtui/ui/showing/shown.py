"""A picture as panes get it."""

from __future__ import annotations

from typing import NamedTuple


class Shown(NamedTuple):
    """A picture for the preview: width_px × height_px × 3 bytes of RGB; equal `key`, equal picture."""

    key: tuple[str, int]
    width_px: int
    height_px: int
    rgb: bytes
    final: bool
