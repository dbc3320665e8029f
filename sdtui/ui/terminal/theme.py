"""Which theme suits a terminal whose background is light or dark, and which has how many colours. Knows no widget."""

from __future__ import annotations

from collections.abc import Mapping

RGB = tuple[int, int, int]
FEW_COLOURS = frozenset({None, "standard", "windows"})
"""Colour systems, as Rich names them, that can show the terminal's own colours at best."""
DARK_NUMBERS = frozenset({0, 1, 2, 3, 4, 5, 6, 8})
"""COLORFGBG's numbers for dark backgrounds."""


def is_light(background: RGB | None, environ: Mapping[str, str]) -> bool:
    """Whether the terminal's background is light, by its own answer, else by COLORFGBG; dark where nobody says."""
    if background is not None:
        red, green, blue = background
        return 0.299 * red + 0.587 * green + 0.114 * blue > 127.5
    last = environ.get("COLORFGBG", "").rpartition(";")[2]
    return last.isdigit() and int(last) not in DARK_NUMBERS


def theme_for(*, light: bool, colour_system: str | None) -> str:
    """The theme's name: with few colours the terminal's own ones are used."""
    return f"{'ansi' if colour_system in FEW_COLOURS else 'textual'}-{'light' if light else 'dark'}"


def known_themes() -> tuple[str, ...]:
    """The themes that `theme` in the configuration can name."""
    from textual.theme import BUILTIN_THEMES

    return tuple(BUILTIN_THEMES)
