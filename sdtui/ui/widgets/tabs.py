"""The panes that share one place, as a line of titles."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.events import Click

from sdtui.ui.commands.table import PANES, PaneId
from sdtui.ui.messages import PaneWanted
from sdtui.ui.widgets.line import Line

NUMBER = {pane: number for number, (pane, _) in enumerate(PANES, 1)}
TITLE = dict(PANES)
LONGEST, FEWEST = max(map(len, TITLE.values())), 3
"""Letters of a title that is cut."""


def tab_titles(tabs: Sequence[PaneId], shown: PaneId | None, width: int) -> list[str]:
    """A title for each, with its number; where the width in cells is too small, all but the shown one's are cut alike."""
    titles = [f" {NUMBER[pane]} {TITLE[pane]} " for pane in tabs]
    if _length(titles) <= width:
        return titles
    for letters in range(LONGEST, FEWEST - 1, -1):
        titles = [f"{NUMBER[pane]} {TITLE[pane] if pane == shown else TITLE[pane][:letters]}" for pane in tabs]
        if _length(titles) <= width:
            break
    return titles


def _length(titles: Sequence[str]) -> int:
    return sum(map(len, titles)) + len(titles) - 1


class Tabs(Line):
    """Titles with the numbers of their keys; the shown one stands out."""

    def __init__(self) -> None:
        super().__init__(id="tabs")
        self._spans: list[tuple[int, PaneId]] = []

    def show_tabs(self, tabs: Sequence[PaneId], shown: PaneId | None, width: int) -> None:
        """Show these within a width in cells, and which of them is to be seen."""
        parts: list[str | tuple[str, str]] = []
        self._spans = []
        end = 0
        for pane, title in zip(tabs, tab_titles(tabs, shown, width), strict=True):
            end += len(title) + 1
            self._spans.append((end, pane))
            parts += [(title, "bold reverse" if pane == shown else ""), " "]
        self.show(Content.assemble(*parts))

    def on_click(self, event: Click) -> None:
        """Show the pane whose title was clicked."""
        pane = next((pane for end, pane in self._spans if event.x < end), None)
        if pane is not None:
            self.post_message(PaneWanted(pane))
