"""Every command and its keys."""

from __future__ import annotations

from sdtui.ui.commands import COMMANDS, Place
from sdtui.ui.keys import Keys, display
from sdtui.ui.screens.finder import FinderScreen, Item

WHERE: dict[Place, str] = {
    "app": "everywhere",
    "studio": "studio",
    "editor": "prompts",
    "parameters": "parameters",
    "jobs": "jobs",
}


class HelpScreen(FinderScreen):
    """The commands of the place where the focus was come first."""

    def __init__(self, keys: Keys, here: Place | None) -> None:
        rows = sorted(COMMANDS, key=lambda row: row.place != here)
        items = [
            Item(" ".join(map(display, keys.by_id[row.id])), row.help, f"{row.label}, {WHERE[row.place]}, id {row.id}")
            for row in rows
        ]
        super().__init__("Help", items, name_cells=20, choosable=False)
