"""The palette: every command that works where the focus is, by its name, and the themes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.app import App
from textual.dom import DOMNode

from sdtui.ui.commands import COMMANDS
from sdtui.ui.keys import Keys
from sdtui.ui.screens.finder import FinderScreen, Item


class PaletteScreen(FinderScreen):
    """Knows the focus from before it was opened; a command does the same as its key would have done there."""

    def __init__(self, app: App[int], keys: Keys) -> None:
        super().__init__("Commands", list(palette_items(app, keys)), name_cells=24, choosable=True)


def palette_items(app: App[int], keys: Keys) -> Iterator[Item]:
    """A line for each command that something in reach can do, and for each theme."""
    reach: list[DOMNode] = [*(app.focused.ancestors_with_self if app.focused else [app.screen, app])]
    for row in COMMANDS:
        method = "action_" + row.action.partition("(")[0]
        node = next((node for node in reach if hasattr(node, method)), None)
        if node is not None and row.id != "palette":
            run = partial(app.run_action, row.action, node)
            yield Item(row.label, row.help, f"{keys.shown(row.id)}  (id {row.id})", run)
    for theme in sorted(app.available_themes):
        yield Item(
            f"Theme: {theme}", "Other colours, until the studio is left.", "", partial(setattr, app, "theme", theme)
        )
