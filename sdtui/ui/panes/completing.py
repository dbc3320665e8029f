"""An editor that offers what can come next: grey behind the cursor, and in a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.document._edit import Edit
from textual.geometry import Offset
from textual.widgets.text_area import EditResult, Selection

from sdtui.ui.commands.bindings import bindings
from sdtui.ui.widgets.editor.editor import PromptEditor

if TYPE_CHECKING:
    from sdtui.prompt.catalogue import Sources
    from sdtui.ui.widgets.completion_list import CompletionList
    from sdtui.ui.writing.completing import Completing
    from sdtui.ui.writing.triggers import Triggers


class CompletingEditor(PromptEditor):
    """A plain editor until `complete_with`; offers nothing but after what is typed, or when it is asked to."""

    # what an editor does with a key stands below what completion does, for when nothing is offered
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("completion"),
        *bindings("text"),
    ]

    _completing: Completing | None = None
    _list: CompletionList | None = None
    _triggers: Triggers | None = None
    _typed = False
    _looked = False
    _offers_changed: Callable[[], None] | None = None

    def complete_with(
        self, completing: Completing, shown_in: CompletionList, offers_changed: Callable[[], None]
    ) -> None:
        """Offer from now on; `offers_changed` is called when the list is elsewhere, gone or there again."""
        self._completing, self._list, self._offers_changed = completing, shown_in, offers_changed

    def know(self, sources: Sources) -> None:
        """Offer from these; what is offered now is looked for again."""
        completing = self._completing
        if completing is not None:
            completing.sources = sources
            untouched = completing.chosen is None or (completing.asked and completing.chosen == 0)
            if self.has_focus and untouched and completing.offset == self.cursor_offset:
                self._look_again()

    # when to offer

    def edit(self, edit: Edit) -> EditResult:
        """Do it; a letter that is typed or taken back is something to complete."""
        one_back = not edit.text and edit.bottom == (edit.top[0], edit.top[1] + 1)
        self._typed = one_back or (len(edit.text) == 1 and edit.text != "\n")
        return super().edit(self._with_words(edit))

    def update_suggestion(self) -> None:
        """Textual's hook after every change of the text."""
        typed, self._typed = self._typed, False
        if typed and self._completing is not None and self.selection.is_empty:
            self._completing.look(self.text, self.cursor_offset)
            self._show_offers()
        else:
            self._close()

    def _look_again(self) -> None:
        if self._completing is not None and self._looked:
            asked = self._completing.asked
            self._completing.look(self.text, self.cursor_offset, asked=asked)
            if asked:
                self._completing.move(1)
            self._show_offers()

    def _watch_selection(self, previous_selection: Selection, selection: Selection) -> None:
        super()._watch_selection(previous_selection, selection)
        if self._completing is not None and self._is_open and self.cursor_offset != self._completing.offset:
            self._close()

    def _watch_has_focus(self, focus: bool) -> None:
        super()._watch_has_focus(focus)
        if not focus and self._completing is not None:
            self._completing.close()
            self._show_offers()

    # what is seen

    @property
    def _is_open(self) -> bool:
        shown = self._list is not None and self._list.display
        return shown and self._completing is not None and self._completing.open

    def _show_offers(self) -> None:
        completing, shown = self._completing, self._list
        if completing is None or shown is None:
            return
        self._looked = True
        self.suggestion = completing.grey.partition("\n")[0]
        if not completing.open:
            shown.hide()
        else:
            start = completing.found.start
            typed = self.text[start : completing.offset]
            cursor = self.cursor_screen_offset
            # a cell is left for the mark of what is chosen, which the border is none of
            at = Offset(max(self.content_region.x + 1, cursor.x - cell_len(typed)), cursor.y)
            shown.show(completing.found.items, completing.chosen, at, self.screen.size)
        if self._offers_changed is not None:
            self._offers_changed()

    def _close(self, *, unwanted: bool = False) -> None:
        self._looked = False
        if self._completing is None:
            return
        was_open = bool(self.suggestion) or (self.has_focus and self._list is not None and self._list.display)
        self._completing.close(unwanted=unwanted)
        if was_open:
            self._show_offers()
        self._looked = False

    # keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the list are the editor's own again while it is closed."""
        chosen = self._completing.chosen if self._completing is not None else None
        match action:
            case "do_take_offer" | "do_close_offers":
                return self._is_open
            case "do_take_grey":
                return bool(self.suggestion) and self.selection.is_empty
            case "do_take_chosen" | "do_previous_offer":
                return self._is_open and chosen is not None
            case "do_next_offer":
                return self._is_open and (chosen is not None or self.cursor_at_end_of_text)
            case _:
                return super().check_action(action, parameters)

    def action_do_complete(self) -> None:
        """Offer what can come here, and go to the first of it; to the next, where it is offered already."""
        if self._completing is None:
            return
        if not self._is_open:
            self._completing.look(self.text, self.cursor_offset, asked=True)
        self._completing.move(1)
        self._show_offers()

    def action_do_next_offer(self) -> None:
        """Go to the next item."""
        self._move(1)

    def action_do_previous_offer(self) -> None:
        """Go to the item before, and from the first one back to typing."""
        self._move(-1)

    def _move(self, by: int) -> None:
        if self._completing is not None:
            self._completing.move(by)
            self._show_offers()

    def action_do_close_offers(self) -> None:
        """Offer nothing more for this word."""
        self._close(unwanted=True)

    def action_do_take_offer(self) -> None:
        """Put the chosen item in, or the first one."""
        self._take()

    def action_do_take_chosen(self) -> None:
        """Put the chosen item in."""
        self._take()

    def action_do_take_grey(self) -> None:
        """Put in what is shown in grey."""
        self._take()

    def action_cursor_right(self, select: bool = False) -> None:
        """As everywhere; what is grey is taken by its own command."""
        self.suggestion = ""
        super().action_cursor_right(select)

    def _take(self) -> None:
        item = self._completing.item if self._completing is not None else None
        if self._completing is None or item is None:
            return
        found, insert = self._completing.found, item.insert
        self._replace_at_once(found.start, found.end, insert)
        end = self.location_of(found.start + len(insert))
        self.selection = Selection(end, end)
        if item.sort == "kind" or insert.endswith("="):
            self._completing.look(self.text, self.cursor_offset)
            self._show_offers()

    # words that belong to a LoRA

    def _with_words(self, edit: Edit) -> Edit:
        """The edit, or where it takes out a LoRA's tag, one that takes out the LoRA's words behind it, too."""
        if edit.text or self._completing is None or not len(self._completing.sources.loras):
            return edit
        if self._triggers is None:
            from sdtui.ui.writing.triggers import Triggers

            self._triggers = Triggers()
        start, end = self.offset_of(edit.top), self.offset_of(edit.bottom)
        last = self._triggers.removal_end(self.text, start, end, self._completing.sources.loras)
        if last == end:
            return edit
        return Edit("", edit.top, self.location_of(last), edit.maintain_selection_offset)
