"""Every command and its keys."""

from __future__ import annotations

from sdtui.ui.commands.keys import Keys, display
from sdtui.ui.commands.table import COMMANDS, LISTS, ROOMS, Command, Place
from sdtui.ui.screens.finder import FinderScreen, Item

WHERE: dict[Place, str] = {
    "app": "everywhere",
    "studio": "studio",
    "editor": "prompts",
    "text": "prompts",
    "completion": "prompts, while something is offered",
    "parameters": "parameters",
    "list": "lists",
    "jobs": "jobs",
    "log": "log",
    "models": "models",
    "history": "history",
    "zoom": "zoom",
    "browser": "model browser",
    "fetches": "downloads",
    "presets": "presets",
    "wildcards": "wildcards",
    "wildcard": "a wildcard's values",
    "watching": "watching",
    "screen": "every screen",
    "above": "rooms, zoom, details, draws",
    "dialog": "dialogs",
    "details": "a job's details",
    "draws": "draws",
    "form": "forms",
    "saving": "saving a preset",
    "jump": "jump mode",
}

TEXTS: frozenset[Place] = frozenset({"editor", "wildcard"})
"""Where a text is edited."""


class HelpScreen(FinderScreen):
    """The commands of the place where the focus was come first; what is typed may be a key, a word or an id."""

    def __init__(self, keys: Keys, here: Place | None) -> None:
        beside: list[Place] = ["list"] if here in LISTS else []
        above: list[Place] = ["above"] if here in ROOMS else []
        order = [here, *beside, *above, "app", "studio", *(["text"] if here in TEXTS else [])]
        rows = sorted(COMMANDS, key=lambda row: order.index(row.place) if row.place in order else len(order))
        title = f"Help: {WHERE[here]} first" if here is not None else "Help"
        super().__init__(title, [_item(keys, row) for row in rows], keys, name_cells=20)


def _item(keys: Keys, row: Command) -> Item:
    typed = keys.by_id[row.id]
    shown = " ".join(map(display, typed)) or "(no key)"
    return Item(shown, row.help, f"{row.label}, {WHERE[row.place]}, id {row.id}", hidden=" ".join(typed), brief=False)
