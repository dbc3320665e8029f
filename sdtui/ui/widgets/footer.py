"""The last line: what can be done here, with the keys that do it."""

from __future__ import annotations

from textual.content import Content
from textual.strip import Strip

from sdtui.ui.commands.keys import Keys
from sdtui.ui.commands.table import COMMANDS, ROOMS, Command, Place
from sdtui.ui.widgets.line import Line, strip_of

BACK = "Back"
"""What leaves a room."""
Said = tuple[str, str]


def footer_line(keys: Keys, here: Place | None, width: int) -> Content:
    """What is needed everywhere, then what can be done here; what does not fit into so many cells is left out whole."""
    rooms: set[Place | None] = set(ROOMS)
    places = {"app", here, "above"} if here in rooms else {"studio", "app", here}
    shown = [row for row in COMMANDS if row.footer and row.place in places]
    if any(row.label == BACK and row.place == here for row in shown):
        shown = [row for row in shown if row.place != "above"]
    shown.sort(key=lambda row: (row.place == "above", row.footer))
    order = sorted(shown, key=lambda row: (row.label != BACK, row.place != "app", row.footer > 1, row.place != here))
    said = [_said(keys, row) for row in shown]
    first = [_said(keys, row) for row in order]
    kept: list[Said] = []
    for each in first:
        if _cells(each) <= width:
            kept.append(each)
            width -= _cells(each)
    parts: list[str | tuple[str, str]] = []
    for each in said:
        if each in kept:
            parts += [(f" {each[0]} ", "bold reverse"), f" {each[1]} "]
    return Content.assemble(*parts)


def _said(keys: Keys, row: Command) -> Said:
    return keys.shown(row.id), row.label


def _cells(said: Said) -> int:
    return len(said[0]) + len(said[1]) + 4


class Footer(Line):
    """The footer; `here` says where the focus is."""

    def __init__(self, keys: Keys) -> None:
        super().__init__(id="footer")
        self._keys = keys
        self._here: Place | None = None

    def use(self, keys: Keys, here: Place | None) -> None:
        """Show these keys from now on."""
        self._keys, self._here = keys, here
        self.refresh()

    def show_for(self, here: Place | None) -> None:
        """Show what can be done here."""
        if here != self._here:
            self.use(self._keys, here)

    def render_line(self, y: int) -> Strip:
        """As much as fits."""
        return strip_of(footer_line(self._keys, self._here, self.size.width), self.size.width, self)
