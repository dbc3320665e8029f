"""The parameters form: every field reachable by keys, typed input checked at the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click, Key
from textual.strip import Strip
from textual.widget import Widget

from sdtui.errors import SdtuiError
from sdtui.ui.bindings import bindings
from sdtui.ui.messages import CheckpointChosen, ParamReset, ParamSet, ParamStepped
from sdtui.ui.text import one_line
from sdtui.ui.widgets.line import strip_of

if TYPE_CHECKING:
    from sdtui.ui.form import Entry, FormData

LABEL_CELLS = 16
TWO_COLUMNS_CELLS = 54
EXPLANATION_ROWS = 4


class ParametersPane(Widget, can_focus=True):
    """One line a field in one or two columns, and a last line that explains the current one or says what is wrong with it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("parameters"),
        Binding("left", "column(-1)", show=False),
        Binding("right", "column(1)", show=False),
        Binding("pageup", "step(10)", show=False),
        Binding("pagedown", "step(-10)", show=False),
        Binding("enter", "accept", show=False),
        Binding("escape", "forget", show=False),
    ]

    def __init__(self, reset_key: str) -> None:
        super().__init__(id="parameters")
        self._reset_key = reset_key
        self._arrived = True
        self.border_title = "3 Parameters"
        self._data: FormData | None = None
        self._entries: tuple[Entry, ...] = ()
        self._current = 0
        self._typed: dict[str, str] = {}
        self._wrong: dict[str, str] = {}

    # data

    def show(self, data: FormData) -> None:
        """Show these values from now on; what is being typed stays."""
        self._data = data
        self._entries = data.entries
        self.refresh()

    def settle(self) -> str:
        """Take over what is typed; the sentence about what cannot be, or nothing. The cursor goes there."""
        for index, entry in enumerate(self._entries):
            if entry.name in self._typed and not self._accept(entry):
                self._arrived = self._arrived or index != self._current
                self._current = index
                self.refresh()
                return f"{entry.label}: {self._wrong[entry.name]}"
        return ""

    # drawing

    def render_line(self, y: int) -> Strip:
        """Lines of fields, column after column; the last line explains."""
        width = self.size.width
        if not self._entries:
            return strip_of(Content(), width, self)
        columns, lines = self._grid()
        rows = self._rows_of_fields(lines)
        if y >= rows:
            return strip_of(self._explanation_row(y - rows, self.size.height - rows), width, self)
        line = y + self._first_line(lines, rows)
        cells = width // columns
        at = [line + column * lines for column in range(columns) if line < lines]
        parts = [self._cell(index, cells) for index in at if index < len(self._entries)]
        return strip_of(Content().join(parts) if parts else Content(), width, self)

    def _grid(self) -> tuple[int, int]:
        columns = 2 if self.size.width >= TWO_COLUMNS_CELLS else 1
        return columns, -(-len(self._entries) // columns)

    def _rows_of_fields(self, lines: int) -> int:
        """Rows that show fields; what is below them, one row at the least, explains."""
        return max(1, min(self.size.height - 1, max(lines, self.size.height - EXPLANATION_ROWS)))

    def _first_line(self, lines: int, room: int) -> int:
        return max(0, min(self._current % lines - room // 2, lines - room))

    def _cell(self, index: int, cells: int) -> Content:
        entry = self._entries[index]
        typed = self._typed.get(entry.name)
        here = index == self._current and self.has_focus
        value = one_line(entry.text) if typed is None else one_line(typed) + ("▏" if here else "")
        colour = "$error" if entry.name in self._wrong else "reverse" if here else "bold" if entry.differs else ""
        mark = "! " if entry.name in self._wrong else "• " if entry.differs else "  "
        room = max(1, cells - LABEL_CELLS - 2)
        label = Content.styled(f"{mark}{entry.label:<{LABEL_CELLS - 1}}", "bold" if entry.differs else "")
        shown = Content(f" {value} ").truncate(room, ellipsis=True).stylize(colour)
        return (
            Content.assemble(label, shown)
            .truncate(cells)
            .pad_right(max(0, cells - label.cell_length - shown.cell_length))
        )

    def _explanation_row(self, row: int, rows: int) -> Content:
        """One of so many rows; the last one takes what is left over."""
        said = self._explanation().wrap(self.size.width)
        if row == rows - 1:
            return Content(" ").join(said[row:])
        return said[row] if row < len(said) else Content()

    def _explanation(self) -> Content:
        entry = self._entries[self._current]
        # A mistake elsewhere is told, too: Tab has left its field, and nothing is queued before it is mended.
        wrong = self._wrong.get(entry.name) or next(iter(self._wrong.values()), "")
        if wrong:
            return Content.styled(one_line(wrong), "$error")
        if not self.has_focus:
            return Content()
        mark = f"• set by hand; {self._reset_key} resets it. " if entry.differs else ""
        return Content.assemble(mark, (one_line(entry.help), "dim"))

    # keys

    def on_key(self, event: Key) -> None:
        """Type into the current field."""
        if not self._entries:
            return
        name = self._entries[self._current].name
        # What was refused before is replaced by what is typed on coming back to it.
        typed = "" if self._arrived else self._typed.get(name, "")
        if event.key == "backspace" and name in self._typed:
            self._type(self._typed[name][:-1])
        elif event.key == "space" and name not in self._typed:
            self._step(-1)
        elif event.is_printable and event.character:
            self._type(typed + event.character)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_click(self, event: Click) -> None:
        """Go to the field that was clicked."""
        at = event.get_content_offset(self)
        if at is None or not self._entries:
            return
        columns, lines = self._grid()
        rows = self._rows_of_fields(lines)
        column = min(columns - 1, at.x // max(1, self.size.width // columns))
        line = at.y + self._first_line(lines, rows)
        if at.y < rows and line < lines:
            self._go(min(column * lines + line, len(self._entries) - 1))

    def on_focus(self) -> None:
        """Show where the cursor is."""
        self._arrived = True
        self.refresh()

    def on_blur(self) -> None:
        """Take over what can be of what is typed."""
        self.settle()
        self.refresh()

    def action_do_next_field(self) -> None:
        """To the next field, and from the last one to the next pane."""
        self._go_by(1)

    def action_do_previous_field(self) -> None:
        """To the field before, and from the first one to the pane before."""
        self._go_by(-1)

    def _go_by(self, by: int) -> None:
        if not 0 <= self._current + by < len(self._entries):
            raise SkipAction
        self._go(self._current + by)

    def action_column(self, by: int) -> None:
        """To the field beside this one."""
        _, lines = self._grid()
        if 0 <= self._current + by * lines < len(self._entries):
            self._go(self._current + by * lines)

    def action_do_step_up(self) -> None:
        """One step up."""
        self._step(1)

    def action_do_step_down(self) -> None:
        """One step down."""
        self._step(-1)

    def action_step(self, steps: int) -> None:
        """Many steps at once."""
        self._step(steps)

    def action_do_reset_field(self) -> None:
        """The current field's default again."""
        if self._entries:
            name = self._entries[self._current].name
            self._drop_typed(name)
            self.post_message(CheckpointChosen("") if name == "checkpoint" else ParamReset(name))

    def action_accept(self) -> None:
        """Take over what is typed."""
        if self._entries:
            self._accept(self._entries[self._current])

    def action_forget(self) -> None:
        """Forget what is typed."""
        if self._entries:
            self._drop_typed(self._entries[self._current].name)

    def _go(self, index: int) -> None:
        """To another field; what cannot be taken over stays there, marked, and stops nobody."""
        self._accept(self._entries[self._current])
        self._current, self._arrived = index, True
        self.refresh()

    def _type(self, text: str) -> None:
        name = self._entries[self._current].name
        self._wrong.pop(name, None)
        self._typed[name], self._arrived = text, False
        self.refresh()

    def _drop_typed(self, name: str) -> None:
        self._typed.pop(name, None)
        self._wrong.pop(name, None)
        self.refresh()

    def _accept(self, entry: Entry) -> bool:
        """Take a field's typed text over; False, with the sentence at the field, when it cannot be."""
        from sdtui.ui.form import typed_checkpoint, typed_value

        text = self._typed.get(entry.name)
        if text is None or self._data is None:
            return True
        try:
            if entry.name == "checkpoint":
                self.post_message(CheckpointChosen(typed_checkpoint(text, self._data.checkpoints)))
            elif text.strip():
                self.post_message(ParamSet(entry.name, typed_value(entry.name, text)))
            else:
                self.post_message(ParamReset(entry.name))
        except SdtuiError as error:
            self._wrong[entry.name] = f"{error.what} {error.todo}".rstrip()
            self.refresh()
            return False
        self._drop_typed(entry.name)
        return True

    def _step(self, steps: int) -> None:
        if self._entries and self._accept(self._entries[self._current]):
            self.post_message(ParamStepped(self._entries[self._current].name, steps))
