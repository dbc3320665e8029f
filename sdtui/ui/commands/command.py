"""What a command is, and where one works. Knows no Textual."""

from __future__ import annotations

from typing import Literal, NamedTuple

PaneId = Literal["prompt", "negative", "parameters", "jobs", "preview", "log", "models", "history"]
PANES: tuple[tuple[PaneId, str], ...] = (
    ("prompt", "Prompt"),
    ("negative", "Negative"),
    ("parameters", "Parameters"),
    ("jobs", "Jobs"),
    ("preview", "Preview"),
    ("log", "Log"),
    ("models", "Models"),
    ("history", "History"),
)
"""Panes in the order of their numbers, with their titles."""

Place = Literal[
    "app",
    "studio",
    "editor",
    "text",
    "completion",
    "parameters",
    "list",
    "jobs",
    "log",
    "models",
    "history",
    "zoom",
    "browser",
    "fetches",
    "presets",
    "wildcards",
    "wildcard",
    "watching",
    "screen",
    "above",
    "dialog",
    "details",
    "draws",
    "form",
    "saving",
    "jump",
]
"""Where a command works: anywhere, anywhere in the studio, or only while a pane of that kind has the focus, or in a room.

Every pane that is a list has the commands of `list` besides its own. `screen`: on every screen, where nothing nearer has
the key. `above`: on what lies over the studio and has letters for keys. `dialog`: where something is typed.
"""
LISTS: frozenset[Place] = frozenset(
    {"jobs", "log", "models", "history", "browser", "fetches", "presets", "wildcards", "watching"}
)
ROOMS: frozenset[Place] = frozenset({"zoom", "browser", "fetches", "presets", "wildcards", "wildcard", "watching"})
"""Screens of their own: of the studio's only REACHED is in reach there."""
REACHED = ("studio", "browser", "presets", "wildcards", "watching", "pane-4", "pane-8")
"""Ids of the commands that lead from room to room, and to the queue and the gallery."""


class Command(NamedTuple):
    """What the user can do.

    `keys` are the default ones, separated by commas, the first is shown; a command without any is in the palette, and gets
    one from the config. `footer` is the rank there, 0 for none. `does` is what Textual's own editor calls it.
    """

    id: str
    keys: str
    label: str
    help: str
    place: Place = "studio"
    footer: int = 0
    does: str = ""

    @property
    def action(self) -> str:
        """What does it, as Textual names it: `does`, or the method `action_do_…` where the command works."""
        if self.does:
            return self.does
        if self.id.startswith("pane-"):
            return f"do_go('{PANES[int(self.id[5:]) - 1][0]}')"
        return "do_" + self.id.replace("-", "_")
