"""The list of what can come next, under the cursor or above it, over whatever is there."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Offset, Region, Size
from textual.strip import Strip
from textual.widget import Widget

from sdtui.prompt.complete import Item
from sdtui.ui.text import one_line
from sdtui.ui.widgets.line import strip_of

MOST_ROWS = 8
WIDEST = 60
NARROWEST = 16
LEAST_NAME = 12
SPARE_ROWS = 2


class CompletionList(Widget):
    """Rows of a name and what is said of it; a row of a longer list that is chosen is scrolled to."""

    DEFAULT_CSS = """
    CompletionList { dock: top; layer: above; width: 1; height: 1; background: $panel; color: $foreground; }
    """

    def __init__(self) -> None:
        super().__init__(id="completions")
        self.display = False
        self._items: Sequence[Item] = ()
        self._chosen: int | None = None
        self._top = 0
        self._place = Region()

    def show(self, items: Sequence[Item], chosen: int | None, at: Offset, screen: Size) -> None:
        """Show these beside a cell of the screen, where what is typed begins; its row is never covered."""
        if (items, chosen) != (self._items, self._chosen):
            self.refresh()
        if items is not self._items:
            self._top = 0
        self._items, self._chosen = items, chosen
        place = place_for(items, at, screen)
        if self.display and _fits(place, self._place):
            # another size would have the whole screen laid out again, at every key
            place = self._place
        if not place.area:
            self.hide()
            return
        row = chosen or 0
        self._top = max(min(self._top, row), row - place.height + 1)
        if place != self._place or not self.display:
            self._place = place
            self.styles.offset = place.offset
            self.styles.width, self.styles.height = place.size
        self.display = True

    def hide(self) -> None:
        """Show nothing."""
        self.display = False

    @property
    def place(self) -> Region:
        """The cells of the screen that it covers while it is shown."""
        return self._place if self.display else Region()

    def render_line(self, y: int) -> Strip:
        """A row of the list."""
        number, width = y + self._top, self.size.width
        if number >= len(self._items):
            return strip_of(Content(), width, self)
        return strip_of(row_of(self._items[number], width, chosen=number == self._chosen), width, self)


def row_of(item: Item, width: int, *, chosen: bool) -> Content:
    """The name to the left, what is said of it to the right; the chosen one stands out without colours, too."""
    name = Content(f"{'▸' if chosen else ' '}{one_line(item.label)}")
    about = one_line(item.about)
    room = width - len(about) - 2
    if about and room >= min(LEAST_NAME, len(item.label) + 1):
        name = name.truncate(room, ellipsis=True, pad=True)
        line = Content.assemble(name, (f" {about} ", "" if chosen else "dim"))
    else:
        line = name.truncate(width, ellipsis=True, pad=True)
    return line.stylize("bold reverse") if chosen else line


def _fits(place: Region, within: Region) -> bool:
    """A list can stay where it is, with a few empty rows at its end."""
    same_edge = place.y == within.y or place.bottom == within.bottom
    return (
        place.x == within.x
        and same_edge
        and 0 < place.width <= within.width
        and 0 < place.height <= within.height <= place.height + SPARE_ROWS
    )


def place_for(items: Sequence[Item], at: Offset, screen: Size) -> Region:
    """Where the list goes: below the row, above it where there is more room; nothing where there is none."""
    below, above = screen.height - at.y - 1, at.y
    rows = min(MOST_ROWS, len(items))
    height = min(rows, max(below, above))
    cells = max((len(item.label) + len(item.about) for item in items[:40]), default=0) + 4
    width = min(max(NARROWEST, min(WIDEST, cells)), screen.width)
    if height < 1:
        return Region()
    x = max(0, min(at.x - 1, screen.width - width))
    y = at.y + 1 if rows <= below or below >= above else at.y - height
    return Region(x, y, width, height)
