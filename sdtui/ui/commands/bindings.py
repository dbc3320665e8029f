"""The table of commands as Textual binds it."""

from __future__ import annotations

from textual.binding import Binding

from sdtui.ui.commands.table import COMMANDS, Place

NO_KEY = "no-key-{}"
"""No terminal sends it: what a command without a key is bound to, so that the config can give it one."""


def bindings(place: Place) -> list[Binding]:
    """The bindings of a place; the app's and the studio's come before what an editor would do with the key."""
    return [
        Binding(
            row.keys or NO_KEY.format(row.id),
            row.action,
            row.label,
            show=False,
            priority=place in {"app", "studio"},
            id=row.id,
        )
        for row in COMMANDS
        if row.place == place
    ]
