"""Saves what is set up, or a chosen part of it, as a preset: a name, and a list of fields to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from sdtui.spec.document import Document
from sdtui.spec.params import FIELD
from sdtui.spec.preset import LABELS, shown
from sdtui.ui.commands.bindings import bindings, bound
from sdtui.ui.form.form import FormData
from sdtui.ui.text import one_line
from sdtui.ui.widgets.entry import Entry
from sdtui.ui.widgets.line import Line
from sdtui.ui.widgets.rows import Rows

LABEL_CELLS = 20
LEFT_OUT = frozenset({"params.seed"})
"""Fields that a preset has only when they are chosen."""
NOT_KEPT = frozenset({"kind", "params", "presets"})
HINT = "Enter saves   ↓ ↑ Space choose fields   Ctrl+A all or none   Esc leaves"


class Choice(NamedTuple):
    """A field that may be saved: its name (`params.steps`), label and value, and whether it is set by hand."""

    name: str
    label: str
    value: str
    is_set: bool


class Wanted(NamedTuple):
    """The name of the preset, and the fields that it is to have."""

    name: str
    fields: tuple[str, ...]


def choices(form: FormData) -> list[Choice]:
    """Every field that may be saved: those set by hand first."""
    document, plain = form.document, Document()
    found = [
        Choice(name, LABELS.get(name, name.replace("_", " ").capitalize()), shown(value), value != getattr(plain, name))
        for name in Document.__struct_fields__
        if name not in NOT_KEPT and isinstance(value := getattr(document, name), str)
    ]
    # the models of the form are the document's own
    params = [entry for entry in form.entries if entry.name in FIELD]
    found += [Choice(f"params.{e.name}", e.label, e.text, e.name in document.params) for e in params]
    return sorted(found, key=lambda choice: not choice.is_set)


def filled(form: FormData, fields: Sequence[str]) -> Document:
    """The document with the values in effect of the parameters among the fields, set by hand or not."""
    from msgspec.structs import replace

    names = [name.removeprefix("params.") for name in fields if name.startswith("params.")]
    return replace(form.document, params={name: form.value(name) for name in names})


class SaveScreen(ModalScreen[Wanted | None], inherit_bindings=False):
    """`check` says what is wrong with a name; `taken` whether a preset has it, which is asked about once."""

    DEFAULT_CSS = """
    SaveScreen { align: center middle; background: $background 60%; }
    SaveScreen Input, SaveScreen Rows {
        width: 90%; max-width: 100; border: round $foreground 35%; background: $background;
        &:focus { border: round $primary; }
    }
    SaveScreen Rows { height: 60%; }
    SaveScreen Line { width: 90%; max-width: 100; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("screen"),
        bound("next-part", "other"),
        bound("previous-part", "other"),
        bound("close-dialog"),
        bound("take", "save"),
        *(bound(name) for name in ("to-fields", "to-name", "choose-field")),
        bound("choose-fields", priority=True),
    ]

    def __init__(
        self, fields: Sequence[Choice], check: Callable[[str], str], taken: Callable[[str], bool], name: str = ""
    ) -> None:
        super().__init__()
        self._fields = fields
        self._check = check
        self._taken = taken
        self._name = name
        self._asked = ""
        self._on = {choice.name for choice in fields if choice.is_set and choice.name not in LEFT_OUT}

    def compose(self) -> ComposeResult:
        """The name, the fields, and what is to be said."""
        yield Entry(self._name, placeholder="the preset's name", select_on_focus=False)
        yield FieldRows(self._row, choosable=True)
        yield Line(f" {HINT}")

    def on_mount(self) -> None:
        """Show all fields."""
        field = self.query_one(Input)
        field.border_title = "Save as preset"
        field.cursor_blink = False
        rows = self.query_one(Rows)
        rows.update(len(self._fields))
        self._title()

    def _title(self) -> None:
        self.query_one(Rows).border_title = f"{len(self._on)} of {len(self._fields)} fields are saved"

    def _row(self, number: int, width: int) -> Content:
        choice = self._fields[number]
        box = "[x]" if choice.name in self._on else "[ ]"
        label = Content(f" {box} {choice.label}").truncate(LABEL_CELLS + 5, ellipsis=True, pad=True)
        value = one_line(choice.value) or "(empty)"
        return Content.assemble(label, (value, "" if choice.is_set else "dim"))

    def say(self, text: str, *, error: bool = False) -> None:
        """Say this until the name is another one."""
        mark, colour = ("✗ ", "$text-error") if error else ("", "$text-warning")
        self.query_one(Line).show(Content.styled(f" {mark}{one_line(text)}", colour))

    def on_input_changed(self) -> None:
        """Another name: what was said of the one before is over."""
        self._asked = ""
        self.query_one(Line).show(f" {HINT}")

    def on_input_submitted(self) -> None:
        """Enter in the name."""
        self.action_save()

    def action_save(self) -> None:
        """Answer, unless something is wrong, or a preset would be replaced that was not asked about."""
        name = self.query_one(Input).value.strip()
        if not name:
            self.say("Type a name.", error=True)
            self.set_focus(self.query_one(Input))
        elif wrong := self._check(name):
            self.say(wrong, error=True)
        elif not self._on:
            self.say("Choose at least one field: Space does.", error=True)
        elif self._taken(name) and self._asked != name:
            self._asked = name
            self.say(f"There is a preset '{name}': Enter again replaces it (u brings it back).")
        elif self.is_current:
            self.dismiss(Wanted(name, tuple(choice.name for choice in self._fields if choice.name in self._on)))

    def action_choose(self) -> None:
        """Save the field under the cursor, or not."""
        rows = self.query_one(Rows)
        if rows.has_focus and rows.cursor is not None and self._fields:
            self._on ^= {self._fields[rows.cursor].name}
            self._title()
            rows.refresh()

    def action_choose_all(self) -> None:
        """Save every field that is set; then every field there is; then none."""
        every = {choice.name for choice in self._fields}
        by_hand = {choice.name for choice in self._fields if choice.is_set}
        if self._on == every:
            self._on = set()
        else:
            self._on = every if self._on >= by_hand else by_hand
        self._title()
        self.query_one(Rows).refresh()

    def action_other(self) -> None:
        """To the other part."""
        self.set_focus(self.query_one(Rows) if self.query_one(Input).has_focus else self.query_one(Input))

    def action_to_fields(self) -> None:
        """From the name to the fields."""
        self.set_focus(self.query_one(Rows))

    def action_to_name(self) -> None:
        """To the name."""
        self.set_focus(self.query_one(Input))

    def action_leave(self) -> None:
        """Nothing is saved."""
        if self.is_current:
            self.dismiss(None)


class FieldRows(Rows):
    """The fields; from the first one the way up leads to the name."""

    def action_do_list_up(self) -> None:
        """One row up, or to the name."""
        if self.cursor == 0 and isinstance(self.screen, SaveScreen):
            self.screen.action_to_name()
        else:
            super().action_do_list_up()
