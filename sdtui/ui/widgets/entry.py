"""Fields to type into, in dialogs: the keys are those of the editors of prompts."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.widgets import Input, TextArea

from sdtui.ui.commands.bindings import bindings, bound

IN_A_LINE: tuple[tuple[str, str], ...] = (
    ("copy", "copy"),
    ("cut", "cut"),
    ("paste", "paste"),
    ("select-all", "select_all"),
    ("delete-left", "delete_left"),
    ("delete-right", "delete_right"),
    ("delete-word-left", "delete_left_word"),
    ("delete-word-right", "delete_right_word"),
    ("delete-to-line-start", "delete_left_all"),
    ("delete-to-line-end", "delete_right_all"),
    ("text-left", "cursor_left"),
    ("text-right", "cursor_right"),
    ("word-left", "cursor_left_word"),
    ("word-right", "cursor_right_word"),
    ("line-start", "home"),
    ("line-end", "end"),
    ("select-left", "cursor_left(True)"),
    ("select-right", "cursor_right(True)"),
    ("select-word-left", "cursor_left_word(True)"),
    ("select-word-right", "cursor_right_word(True)"),
    ("select-to-line-start", "home(True)"),
    ("select-to-line-end", "end(True)"),
    ("take", "submit"),
)
"""Commands of the table, and what Textual's line of text calls them."""


class Entry(Input, inherit_bindings=False):
    """One line of text."""

    BINDINGS: ClassVar[list[BindingType]] = [bound(name, action) for name, action in IN_A_LINE]


class Passage(TextArea, inherit_bindings=False):
    """Several lines of text."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("text")]
