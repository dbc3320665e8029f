"""The editor of a prompt: its text coloured by what it means, what is odd about it said, weights changed by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.document._document import Location
from textual.events import Key, Paste
from textual.strip import Strip
from textual.widgets.text_area import Selection

from sdtui.ui.commands.bindings import bindings
from sdtui.ui.messages import Told
from sdtui.ui.text import editable
from sdtui.ui.widgets.editor.places import before, behind, difference
from sdtui.ui.widgets.editor.reading import ReadText
from sdtui.ui.widgets.editor.remarks import fitted, folded, following, nearest, sentence, tally
from sdtui.ui.widgets.line import strip_of
from sdtui.ui.writing.reading import Reading

if TYPE_CHECKING:
    from sdtui.prompt.nodes import Diagnostic
    from sdtui.ui.widgets.editor.history import HistoryLog
    from sdtui.ui.writing.understanding import Judged

SENTENCE_FROM = 30
"""Columns below which a border has no room for a sentence."""


class PromptEditor(ReadText):
    """Plain text until `colour` is called, which loads the parser."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("editor"),
        *bindings("text"),
    ]

    def __init__(self, *, placeholder: str, reading: Reading, id: str, heading: str = "") -> None:  # noqa: A002
        super().__init__(placeholder=placeholder, reading=reading, id=id)
        self.heading = heading
        self.fix_key = ""
        self._loaded = ""
        self._log: HistoryLog | None = None
        self._foot: tuple[str, ...] = ()
        self._caption()

    def put(self, text: str, *, go_on: bool = False) -> None:
        """Show another text, the cursor staying as near as can be; the undo history begins anew.

        With `go_on`, and where nothing was written yet, the cursor goes where the text is gone on with.
        """
        text = editable(text)
        if text != self.text:
            at = None if go_on and not self.text else self.cursor_location
            self.load_text(text)
            self._loaded = text
            self.move_cursor(self.document.end if at is None else at)

    def take(self, text: str) -> None:
        """Show another text; one undo brings this one back."""
        text = editable(text)
        if text != self.text:
            self._replace_at_once(0, len(self.text), text)

    def _replace_at_once(self, start: int, end: int, text: str) -> None:
        """Replace a part of the text as one step of the undo history."""
        self.history.checkpoint()
        self.replace(text, self.location_of(start), self.location_of(end), maintain_selection_offset=False)
        self.history.checkpoint()

    def undo(self) -> None:
        """Take the last step back; what is typed next is a step of its own."""
        super().undo()
        self.history.checkpoint()

    # the undo history over a restart

    def edit_log(self) -> str:
        """The newest edits as text, to be handed to `resume` when the same text is edited again."""
        from sdtui.ui.widgets.editor.history import HistoryLog

        self._log = self._log or HistoryLog()
        return self._log.written(self.history, self.text)

    def resume(self, log: str) -> bool:
        """Let undo and redo go on where the log ends; False, and nothing happens, where it is of another text."""
        from sdtui.ui.widgets.editor.history import restored

        return restored(self.history, log, self._loaded)

    # what is said on the border

    def show_judged(self, judged: Judged) -> None:
        """Show the count of tokens, borders of chunks and diagnostics, if they are about what is written now."""
        if judged.text == self.text:
            self.marks.judge(judged)
            self._repaint()
            self._caption()

    def _caption(self) -> None:
        """Say on the border what was found; called whenever that or the cursor is elsewhere."""
        title = " ".join(part for part in (self.heading, tally(self.marks.diagnostics)) if part)
        subtitle = self._subtitle()
        if title != (self._border_title.plain if self._border_title else ""):
            self.border_title = Content(title)
        if subtitle != (self._border_subtitle.plain if self._border_subtitle else ""):
            self.border_subtitle = Content(subtitle)

    def _build_highlight_map(self) -> None:
        super()._build_highlight_map()
        if self.is_mounted:
            self._caption()

    def _subtitle(self) -> str:
        count = self.marks.tokens
        if count is None:
            self._say_below(())
            return ""
        chunk, chunks = self.marks.chunk(self.cursor_offset)
        counted = f"{f'chunk {chunk} of {chunks} · ' if chunks > 1 else ''}{count.used}/{count.limit}"
        near = nearest(self.marks.diagnostics, self.cursor_offset) if self.has_focus else None
        whole = sentence(near, self.fix_key) if near is not None else ""
        room = self.size.width - len(counted) - 8
        said = fitted(whole, room) if room >= SENTENCE_FROM else ""
        self._say_below(() if said == whole else folded(whole, self.size.width - 1, self._free_rows))
        return f"{said} · {counted}" if said and not self._foot else counted

    @property
    def _free_rows(self) -> int:
        """Rows below the text."""
        return self.size.height - self.wrapped_document.height

    def _say_below(self, lines: tuple[str, ...]) -> None:
        """Show these in the last rows, which the text leaves free."""
        if lines != self._foot:
            self._foot = lines
            self._repaint()

    def _render_line(self, y: int) -> Strip:
        """A row of the text, or of what is said below it."""
        at = y - (self.size.height - len(self._foot))
        if at < 0 or not self._foot or y < self.wrapped_document.height:
            return super()._render_line(y)
        return strip_of(Content.styled(f" {self._foot[at]}", "italic $foreground 80%"), self.size.width, self)

    def _refresh_size(self) -> None:
        """Textual scrolls to the cursor before it knows of a row that was begun just now: once more after.

        An undo comes here before it moves the cursor, which may still lie on a line that is gone.
        """
        super()._refresh_size()
        row, column = self.cursor_location
        inside = row < self.document.line_count and column <= len(self.document.get_line(row))
        if inside and self.is_mounted and self.has_focus:
            self.scroll_cursor_visible()
            self._caption()

    def _watch_selection(self, previous_selection: Selection, selection: Selection) -> None:
        super()._watch_selection(previous_selection, selection)
        if self.is_mounted and previous_selection != selection:
            self._caption()

    def _watch_has_focus(self, focus: bool) -> None:
        super()._watch_has_focus(focus)
        self._caption()

    # keys

    def on_paste(self, event: Paste) -> None:
        """Let in only what could have been typed."""
        event.text = editable(event.text)

    def on_key(self, event: Key) -> None:
        """Type what Textual takes for unprintable though it belongs to a text: joiners in emoji, spaces of other scripts."""
        typed = event.character or ""
        if len(typed) == 1 and typed >= "\xa0" and not typed.isprintable() and editable(typed):
            event.stop()
            event.prevent_default()
            self._replace_via_keyboard(typed, *self.selection)

    def get_cursor_left_location(self) -> Location:
        """A whole character to the left, accents and joined parts included."""
        row, column = self.cursor_location
        return (row, before(self.document[row], column)) if column else super().get_cursor_left_location()

    def get_cursor_right_location(self) -> Location:
        """A whole character to the right."""
        row, column = self.cursor_location
        line = self.document[row]
        return (row, behind(line, column)) if column < len(line) else super().get_cursor_right_location()

    def action_cursor_text_start(self, select: bool = False) -> None:
        """To the beginning of the text."""
        self.move_cursor((0, 0), select=select)

    def action_cursor_text_end(self, select: bool = False) -> None:
        """To the end of the text."""
        self.move_cursor(self.document.end, select=select)

    def action_do_weight_up(self) -> None:
        """Raise the weight of the word or selection."""
        self._change_weight(1)

    def action_do_weight_down(self) -> None:
        """Lower the weight of the word or selection."""
        self._change_weight(-1)

    def _change_weight(self, steps: int) -> None:
        from sdtui.ui.writing.weighting import change_weight

        start, end = self.selected
        change = change_weight(self.text, start, end, steps)
        if change is None:
            return
        self._replace_at_once(change.start, change.end, change.text)
        first, last = self.location_of(change.select_start), self.location_of(change.select_end)
        self.selection = Selection(last, last) if start == end else Selection(first, last)

    def action_do_partner(self) -> None:
        """Go to the bracket that belongs to the one here."""
        self.catch_up()
        at = self.cursor_offset
        pair = self.marks.pair(at)
        if pair is None:
            self.post_message(Told("No bracket that has a partner is here."))
        else:
            self.move_cursor(self.location_of(pair[0] if at in (pair[1], pair[1] + 1) else pair[1]))

    def action_do_next_remark(self) -> None:
        """Go to the next place where something is odd, and say what."""
        self._go_to_remark(1)

    def action_do_previous_remark(self) -> None:
        """Go to the place before where something is odd, and say what."""
        self._go_to_remark(-1)

    def _go_to_remark(self, way: int) -> None:
        found = following(self.marks.diagnostics, self.cursor_offset, way)
        if found is None:
            self.post_message(Told("Nothing is odd here."))
            return
        self.move_cursor(self.location_of(min(found.start, len(self.text))))
        self.post_message(Told(sentence(found, self.fix_key)))

    def action_do_fix(self) -> None:
        """Mend what is odd at the cursor, or else nearest to it."""
        at = self.cursor_offset
        fixable = [each for each in self.marks.diagnostics if each.fix is not None]
        found: Diagnostic | None = nearest(fixable, at)
        if found is None or found.fix is None:
            self.post_message(Told("There is nothing here that a key could mend."))
            return
        from sdtui.prompt.fixes import apply, moved

        text, fixed = self.text, apply(self.text, found.fix)
        start, end, length = difference(text, fixed)
        self._replace_at_once(start, end, fixed[start : start + length])
        self.move_cursor(self.location_of(min(moved(at, found.fix), len(fixed))))
        self.post_message(Told(f"Mended: {sentence(found)}"))
