"""The palette: every command by its name, with its key if it has one, and the themes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.app import App
from textual.dom import DOMNode

from sdtui.ui.commands.keys import Keys
from sdtui.ui.commands.table import COMMANDS, Command, Place
from sdtui.ui.screens.arranged import PLACES
from sdtui.ui.screens.finder import FinderScreen, Item

ELSEWHERE: frozenset[Place] = frozenset(
    {"completion", "screen", "dialog", "details", "draws", "form", "saving", "jump"}
)
"""Where no palette is opened, or where a key is nearer."""


class PaletteScreen(FinderScreen):
    """Knows the focus from before it was opened; a command does the same as its key would have done there.

    One that belongs to another pane goes there first; those come last.
    """

    def __init__(self, app: App[int], keys: Keys) -> None:
        super().__init__("Commands", list(palette_items(app, keys)), keys, name_cells=24)


def palette_items(app: App[int], keys: Keys) -> Iterator[Item]:
    """A line for each command, those that can be done here first, and for each theme."""
    reach: list[DOMNode] = [*(app.focused.ancestors_with_self if app.focused else [app.screen, app])]
    elsewhere: list[Item] = []
    for row in COMMANDS:
        if row.id == "palette" or row.place in ELSEWHERE or row.does.startswith("cursor_"):
            continue
        node = next((node for node in reach if hasattr(node, _method(row))), None)
        aside = f"{keys.shown(row.id)}  (id {row.id})".strip()
        if node is not None:
            yield Item(row.label, row.help, aside, partial(app.run_action, row.action, node))
        elif row.place in PLACES.values():
            run = partial(_do_there, app, row)
            elsewhere.append(Item(row.label, row.help, f"{aside}, {row.place}", run))
    yield from elsewhere
    for theme in sorted(app.available_themes):
        yield Item(
            f"Theme: {theme}", "Other colours, until the studio is left.", "", partial(setattr, app, "theme", theme)
        )


def _method(row: Command) -> str:
    return "action_" + row.action.partition("(")[0]


async def _do_there(app: App[int], row: Command) -> None:
    """Go to the pane that has the command, and do it."""
    pane = next((pane for pane, place in PLACES.items() if place == row.place), None)
    if pane is None:
        return
    await app.run_action(f"do_go('{pane}')", app.screen)
    for found in app.screen.query(f"#{pane}"):
        if hasattr(found, _method(row)):
            await app.run_action(row.action, found)
