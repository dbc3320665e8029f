"""The table of commands as Textual binds it."""

from __future__ import annotations

from textual.binding import Binding

from sdtui.ui.commands.table import COMMAND, COMMANDS, Place

NO_KEY = "no-key-{}"
"""No terminal sends it: what a command without a key is bound to, so that the config can give it one."""


def bindings(place: Place) -> list[Binding]:
    """The bindings of a place; the app's and the studio's come before what an editor would do with the key."""
    return [bound(row.id, priority=place in {"app", "studio"}) for row in COMMANDS if row.place == place]


def bound(command_id: str, action: str = "", *, priority: bool = False) -> Binding:
    """The binding of one command, where something else than its own action does it."""
    row = COMMAND[command_id]
    return Binding(
        row.keys or NO_KEY.format(row.id), action or row.action, row.label, show=False, priority=priority, id=row.id
    )
