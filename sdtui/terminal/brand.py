"""Which program a terminal is, by what it says of itself and else by the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_SELF_DESCRIPTION = re.compile(r"\s*(?P<name>[A-Za-z][\w.+\- ]*?)[\s(]+v?(?P<version>\d[\w.\-]*)\)?.*")
# Names as terminals write them in XTVERSION and TERM_PROGRAM, to ours.
_ALIASES: Mapping[str, str] = {
    "iterm.app": "iterm2",
    "xterm.js": "xterm.js",
    "apple_terminal": "terminal.app",
    "rxvt-unicode": "urxvt",
}
_BY_VARIABLE: tuple[tuple[str, str], ...] = (
    ("KITTY_WINDOW_ID", "kitty"),
    ("GHOSTTY_RESOURCES_DIR", "ghostty"),
    ("WEZTERM_PANE", "wezterm"),
    ("KONSOLE_VERSION", "konsole"),
    ("WT_SESSION", "windows terminal"),
    ("XTERM_VERSION", "xterm"),
    ("VTE_VERSION", "vte"),
)
_BY_TERM: tuple[tuple[str, str], ...] = (
    ("xterm-kitty", "kitty"),
    ("xterm-ghostty", "ghostty"),
    ("foot", "foot"),
    ("wezterm", "wezterm"),
    ("mlterm", "mlterm"),
    ("contour", "contour"),
)


class Brand(NamedTuple):
    """A terminal program, its name in lower case; empty where unknown."""

    name: str = ""
    version: str = ""

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version to compare by; empty where unknown."""
        return tuple(int(part) for part in re.findall(r"\d+", self.version)[:4])


def brand(self_description: str, environment: Mapping[str, str]) -> Brand:
    """The terminal by its answer to XTVERSION, or, without one, by the variables terminals set for their children."""
    said = _SELF_DESCRIPTION.fullmatch(self_description)
    if said:
        name = said["name"].strip().lower()
        if name == "xterm.js" and environment.get("TERM_PROGRAM") == "vscode":
            return Brand("vscode", environment.get("TERM_PROGRAM_VERSION", ""))
        return Brand(_ALIASES.get(name, name), said["version"])
    program = environment.get("TERM_PROGRAM", "").lower()
    if program:
        return Brand(_ALIASES.get(program, program), environment.get("TERM_PROGRAM_VERSION", ""))
    if environment.get("LC_TERMINAL", "").lower() == "iterm2":
        return Brand("iterm2", environment.get("LC_TERMINAL_VERSION", ""))
    for start, name in _BY_TERM:
        if environment.get("TERM", "").startswith(start):
            return Brand(name)
    for variable, name in _BY_VARIABLE:
        if environment.get(variable):
            return Brand(name)
    return Brand()
