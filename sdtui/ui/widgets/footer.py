"""The last line: what can be done here, with the keys that do it."""

from __future__ import annotations

from textual.content import Content

from sdtui.ui.commands import COMMANDS, Place
from sdtui.ui.keys import Keys
from sdtui.ui.widgets.line import Line


def footer_line(keys: Keys, here: Place | None) -> Content:
    """What is needed everywhere, then what the focused pane can do, as far as it fits."""
    shown = [row for row in COMMANDS if row.footer and row.place in {"studio", "app", here}]
    rows = sorted(shown, key=lambda row: row.footer)
    parts: list[str | tuple[str, str]] = []
    for row in rows:
        parts += [(f" {keys.shown(row.id)} ", "bold reverse"), f" {row.label} "]
    return Content.assemble(*parts)


class Footer(Line):
    """The footer; `here` says where the focus is."""

    def __init__(self, keys: Keys) -> None:
        super().__init__(footer_line(keys, None), id="footer")
        self._keys = keys

    def use(self, keys: Keys, here: Place | None) -> None:
        """Show these keys from now on."""
        self._keys = keys
        self.show_for(here)

    def show_for(self, here: Place | None) -> None:
        """Show what can be done here."""
        self.show(footer_line(self._keys, here))
