"""What the lines of the form look like: marks beside every colour, so that none is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content

from sdtui.ui.form.form import Entry
from sdtui.ui.text import one_line

LABEL_CELLS = 16
FOLDED, UNFOLDED = "▸", "▾"


class Held(NamedTuple):
    """What is typed into a field and not taken over, if anything, whether that is wrong, and whether the cursor is here."""

    typed: str | None
    wrong: bool
    here: bool


def field_cell(entry: Entry, held: Held, cells: int) -> Content:
    """A field: its mark (`!` wrong, `•` set by hand), its name and its value, what it means behind it."""
    value = one_line(entry.text) if held.typed is None else one_line(held.typed) + ("▏" if held.here else "")
    colour = "$error" if held.wrong else "reverse" if held.here else "bold" if entry.differs else ""
    mark = "! " if held.wrong else "• " if entry.differs else "  "
    label = Content.styled(f"{mark}{entry.label:<{LABEL_CELLS - 1}}", "bold" if entry.differs else "")
    room = max(1, cells - LABEL_CELLS - 1)
    shown = Content(f" {value} ").truncate(room, ellipsis=True).stylize(colour)
    fits = held.typed is None and shown.cell_length + len(entry.aside) <= room
    aside = Content.styled(entry.aside if fits else "", "dim")
    return Content.assemble(label, shown, aside).truncate(cells, pad=True)


def heading(section: str, entries: Sequence[Entry], *, folded: bool, here: bool) -> Content:
    """A section's line: whether it is folded, its name, and how many of its fields are set by hand."""
    name = section.replace("_", " ").replace(".", " · ").capitalize()
    count = sum(entry.differs for entry in entries)
    mark = "•" if count else " "
    said = f", {count} set by hand" if count else ""
    shown = Content.styled(f" {FOLDED if folded else UNFOLDED} {name} ", "reverse" if here else "bold")
    return Content.assemble(mark, shown, (f"({len(entries)} field{'' if len(entries) == 1 else 's'}{said})", "dim"))


def explanation(entry: Entry, wrong: str, reset_key: str, *, focused: bool) -> Content:
    """What is wrong, here or else elsewhere; else what the field is for."""
    if wrong:
        return Content.styled(one_line(wrong), "$text-error")
    if not focused:
        return Content()
    mark = f"• set by hand; {reset_key} resets it. " if entry.differs else ""
    return Content.assemble(mark, (one_line(entry.help), "dim"))
