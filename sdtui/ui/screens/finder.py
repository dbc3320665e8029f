"""A list over the middle of the screen that is filtered by typing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen

from sdtui.ui.commands.bindings import bindings
from sdtui.ui.commands.keys import Keys
from sdtui.ui.text import one_line
from sdtui.ui.widgets.line import Line
from sdtui.ui.widgets.rows import RowMaker, Rows


class Item(NamedTuple):
    """A line: what stands in front, what it says, what is said in passing, and what choosing it does, if anything.

    `hidden` is searched, too, and not shown. The name of a `brief` one is always seen whole.
    """

    name: str
    about: str
    aside: str = ""
    run: Callable[[], object] | None = None
    hidden: str = ""
    brief: bool = True

    @property
    def said(self) -> str:
        """Everything that can be searched for."""
        return f"{self.name} {self.about} {self.aside} {self.hidden}".lower()


FOOT_ROWS = 5
"""A rule, and rows in which all of the line under the cursor is read."""


class MenuRows(Rows):
    """Rows beside which letters are typed; below them, all that `whole` says of the one under the cursor."""

    foot_rows = FOOT_ROWS

    def __init__(self, make_row: RowMaker, whole: Callable[[int], Item | None], empty: str) -> None:
        super().__init__(make_row, choosable=True, empty=empty)
        self._whole = whole

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Letters are no commands here."""
        return character is not None and character.isprintable()

    def foot(self, row: int, width: int) -> Content:
        """The sentence, folded, then what is said in passing."""
        if row == 0:
            return Content.styled("─" * width, "dim")
        item = self._whole(self.cursor or 0)
        if item is None:
            return Content()
        rows = Content(item.about).wrap(width - 2)
        passing = item.aside if item.brief else f"{item.name}  {item.aside}"
        rows += [line.stylize("dim") for line in Content(passing.strip()).wrap(width - 2)]
        return Content(" ").append(rows[row - 1]) if row <= len(rows) else Content()


class FinderScreen(ModalScreen[None], inherit_bindings=False):
    """Every word that is typed has to be found in a line; a line that is taken does what it stands for."""

    DEFAULT_CSS = """
    FinderScreen { align: center middle; background: $background 60%; }
    FinderScreen Rows { width: 90%; max-width: 110; height: 80%; border: round $primary; background: $background; }
    FinderScreen Line { width: 90%; max-width: 110; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen"), *bindings("dialog")]

    def __init__(self, title: str, items: Sequence[Item], keys: Keys, *, name_cells: int) -> None:
        super().__init__()
        self._keys = keys
        self._title = title
        self._items = items
        self._name_cells = name_cells
        self._found = list(items)
        self._words = ""

    def compose(self) -> ComposeResult:
        """The list and what is typed."""
        yield MenuRows(self._row, self._whole, "Nothing has all of these words.")
        yield Line(self._prompt())

    def on_mount(self) -> None:
        """Show everything."""
        rows = self.query_one(Rows)
        rows.border_title = self._title
        rows.update(len(self._found))

    def on_key(self, event: Key) -> None:
        """Type a filter."""
        if event.key == "backspace":
            self._filter(self._words[:-1])
        elif event.is_printable and event.character:
            self._filter(self._words + event.character)
        else:
            return
        event.stop()
        event.prevent_default()

    def action_leave(self) -> None:
        """Back to the screen below."""
        # Several keys may arrive before the first of them has closed the screen.
        if self.is_current:
            self.dismiss()

    def action_take(self) -> None:
        """Leave, and do what the chosen line stands for."""
        row = self.query_one(Rows).cursor
        item = self._whole(row) if row is not None else None
        if self.is_current and item is not None and item.run is not None:
            self.dismiss()
            self.app.call_later(item.run)

    def _filter(self, words: str) -> None:
        self._words = words
        wanted = words.lower().split()
        self._found = [item for item in self._items if all(word in item.said for word in wanted)]
        # Names that begin with what is typed come first.
        self._found.sort(key=lambda item: not item.name.lower().startswith(words.lower().strip()))
        self.query_one(Line).show(self._prompt())
        self.query_one(Rows).update(len(self._found), 0)

    def _prompt(self) -> Content:
        return Content.assemble(
            " Type to filter: ", (one_line(self._words) + "▏", "bold"), f"   {self._keys.shown('close-dialog')} closes"
        )

    def _whole(self, number: int) -> Item | None:
        return self._found[number] if number < len(self._found) else None

    def _row(self, number: int, width: int) -> Content:
        item = self._found[number]
        name = Content.styled(f" {item.name}", "bold").truncate(self._name_cells, ellipsis=True, pad=True)
        return Content.assemble(name, f" {item.about}", (f"  {item.aside}", "dim"))
