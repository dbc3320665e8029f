"""The parameters form: every field reachable by keys, typed input checked at the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.actions import SkipAction
from textual.binding import BindingType
from textual.events import Click, Key

from sdtui.errors import SdtuiError
from sdtui.ui.commands.bindings import bindings
from sdtui.ui.messages import (
    CheckpointChosen,
    ParamReset,
    ParamSet,
    ParamsReset,
    ParamStepped,
    RefinerChosen,
    VaeChosen,
)
from sdtui.ui.widgets.fields import Fields

if TYPE_CHECKING:
    from sdtui.ui.form.form import Entry
    from sdtui.ui.form.grid import Stop

LEAP = 10


class ParametersPane(Fields, can_focus=True):
    """What the keys do: go from field to field, type, step, fold, give defaults back."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("parameters")]

    def __init__(self, reset_key: str) -> None:
        super().__init__(reset_key, id="parameters")
        self.border_title = "3 Parameters"

    def settle(self) -> str:
        """Take over what is typed; the sentence about what cannot be, or nothing. The cursor goes there."""
        for number, entry in enumerate(self._entries):
            if entry.name in self._typed and not self._accept(entry):
                self._unfold_to(number)
                return f"{entry.label}: {self._wrong[entry.name]}"
        return ""

    def _unfold_to(self, number: int) -> None:
        """Put the cursor on a field, whatever is folded."""
        from sdtui.ui.form.grid import Stop, section_of

        stop = Stop(section_of(self._entries[number].name), number)
        self._folded.discard(stop.section)
        self._arrived = self._arrived or stop != self._stop
        self._stop = stop
        self.refresh()

    # keys

    def on_key(self, event: Key) -> None:
        """Type into the current field."""
        entry = self._entry
        if entry is None:
            if event.key == "space":
                self._fold()
            return
        name = entry.name
        # What was refused before is replaced by what is typed on coming back to it.
        typed = "" if self._arrived else self._typed.get(name, "")
        if event.key == "backspace" and name in self._typed:
            self._type(name, self._typed[name][:-1])
        elif event.key == "space" and name not in self._typed:
            self._step(-1)
        elif event.is_printable and event.character:
            self._type(name, typed + event.character)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_click(self, event: Click) -> None:
        """Go to the field that was clicked; a heading folds."""
        at = event.get_content_offset(self)
        if at is None or not self._entries:
            return
        grid = self._grid
        rows = self._rows_of_fields(len(grid.lines))
        line = at.y + grid.first_seen(self._at(grid), rows)
        if at.y >= rows or line >= len(grid.lines):
            return
        stops = grid.lines[line]
        stop = stops[min(len(stops) - 1, at.x * self._columns // max(1, self.size.width))]
        self._go(grid.stops[stop])
        if grid.stops[stop].is_heading:
            self._fold()

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
        grid = self._grid
        to = self._at(grid) + by
        if not self._entries or not 0 <= to < len(grid.stops):
            raise SkipAction
        self._go(grid.stops[to])

    def action_do_field_left(self) -> None:
        """To the field beside this one; a heading folds its section."""
        self._go_beside(-1)

    def action_do_field_right(self) -> None:
        """To the field beside this one; a heading unfolds its section."""
        self._go_beside(1)

    def _go_beside(self, by: int) -> None:
        grid = self._grid
        if not self._entries:
            return
        at = self._at(grid)
        if grid.stops[at].is_heading:
            if (grid.stops[at].section in self._folded) == (by > 0):
                self._fold()
        elif grid.beside(at, by) != at:
            self._go(grid.stops[grid.beside(at, by)])

    def action_do_step_up(self) -> None:
        """One step up."""
        self._step(1)

    def action_do_step_down(self) -> None:
        """One step down."""
        self._step(-1)

    def action_do_leap_up(self) -> None:
        """Ten steps up."""
        self._step(LEAP)

    def action_do_leap_down(self) -> None:
        """Ten steps down."""
        self._step(-LEAP)

    def action_do_reset_field(self) -> None:
        """The current field's default again."""
        entry = self._entry
        if entry is not None:
            self._drop_typed(entry.name)
            chosen = {"checkpoint": CheckpointChosen, "vae": VaeChosen, "refiner": RefinerChosen}.get(entry.name)
            self.post_message(chosen("") if chosen else ParamReset(entry.name))

    def action_do_reset_form(self) -> None:
        """Every parameter's default again."""
        self._typed.clear()
        self._wrong.clear()
        self.post_message(ParamsReset())

    def action_do_accept_field(self) -> None:
        """Take over what is typed; a heading folds or unfolds its section."""
        entry = self._entry
        if entry is not None:
            self._accept(entry)
        elif self._entries:
            self._fold()

    def action_do_forget_field(self) -> None:
        """Forget what is typed."""
        entry = self._entry
        if entry is not None:
            self._drop_typed(entry.name)

    def _fold(self) -> None:
        """Fold the section whose heading the cursor is on, or unfold it."""
        grid = self._grid
        self._folded ^= {grid.stops[self._at(grid)].section}
        self.refresh()

    def _go(self, stop: Stop) -> None:
        """To another field; what cannot be taken over stays there, marked, and stops nobody."""
        entry = self._entry
        if entry is not None:
            self._accept(entry)
        self._stop, self._arrived = stop, True
        self.refresh()

    def _type(self, name: str, text: str) -> None:
        self._wrong.pop(name, None)
        self._typed[name], self._arrived = text, False
        self.refresh()

    def _drop_typed(self, name: str) -> None:
        self._typed.pop(name, None)
        self._wrong.pop(name, None)
        self.refresh()

    def _accept(self, entry: Entry) -> bool:
        """Take a field's typed text over; False, with the sentence at the field, when it cannot be."""
        from sdtui.ui.form.form import typed_checkpoint, typed_refiner, typed_vae, typed_value

        text = self._typed.get(entry.name)
        if text is None or self._data is None:
            return True
        try:
            if entry.name == "checkpoint":
                self.post_message(CheckpointChosen(typed_checkpoint(text, self._data.checkpoints)))
            elif entry.name == "vae":
                self.post_message(VaeChosen(typed_vae(text, self._data.vae_choices)))
            elif entry.name == "refiner":
                self.post_message(RefinerChosen(typed_refiner(text, self._data.refiner_choices)))
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
        entry = self._entry
        if entry is not None and self._accept(entry):
            self.post_message(ParamStepped(entry.name, steps))
