"""The undo history as text, so that it outlives the program. Knows no widget."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from sdtui.ui.widgets.editor.paint import UNDONE

if TYPE_CHECKING:
    from textual.document._document import Document
    from textual.document._edit import Edit
    from textual.document._history import EditHistory

MOST_BYTES = 400_000
"""Of a log; the oldest steps are left out of a longer one."""

Place = tuple[int, int]


class LoggedEdit(msgspec.Struct, frozen=True, array_like=True):
    """An edit that was done: `text` in place of `replaced`, which stood from `top` to `bottom`, up to `end`; the selection before."""

    text: str
    replaced: str
    top: Place
    bottom: Place
    end: Place
    before: tuple[Place, Place]


class EditLog(msgspec.Struct, frozen=True):
    """Steps in the order in which they were done, and those undone, the next to be done again last; `text` is a digest."""

    text: str
    done: tuple[tuple[LoggedEdit, ...], ...]
    undone: tuple[tuple[LoggedEdit, ...], ...]


def digest(text: str) -> str:
    """Equal for equal texts."""
    import hashlib

    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


class HistoryLog:
    """Writes a history as text; of what was written before only what has changed is looked at."""

    def __init__(self) -> None:
        self._steps: dict[int, tuple[list[Edit], int, tuple[LoggedEdit, ...]]] = {}

    def written(self, history: EditHistory, text: str) -> str:
        """The newest steps of a history whose text is `text`; empty when there are none."""
        known, self._steps = self._steps, {}
        left = MOST_BYTES
        stacks: list[tuple[tuple[LoggedEdit, ...], ...]] = []
        for stack in (history.undo_stack, history.redo_stack):
            steps: list[tuple[LoggedEdit, ...]] = []
            for batch in reversed(stack[-UNDONE:]):
                before = known.get(id(batch))
                step = (
                    before[2] if before is not None and before[0] is batch and before[1] == len(batch) else _step(batch)
                )
                self._steps[id(batch)] = (batch, len(batch), step)
                left -= sum(150 + 4 * (len(edit.text) + len(edit.replaced)) for edit in step)
                if left < 0 or not step:
                    break
                steps.append(step)
            stacks.append(tuple(reversed(steps)))
        if not any(stacks):
            return ""
        try:
            return msgspec.json.encode(EditLog(digest(text), *stacks)).decode()
        except UnicodeEncodeError:
            return ""


def restored(history: EditHistory, log: str, text: str) -> bool:
    """Put the steps of a log below those of a history that began with `text`; False where they do not belong together."""
    try:
        known = msgspec.json.decode(log, type=EditLog) if log else None
    except msgspec.DecodeError:
        return False
    if known is None or known.text != digest(text) or not _fits(known, text):
        return False
    newer, undone = history.undo_stack, history.redo_stack
    history._undo_stack.clear()
    history._undo_stack.extend([*map(_batch, known.done), *newer])
    if not newer and not undone:
        history._redo_stack.extend(map(_batch, known.undone))
    history.checkpoint()
    return True


def _fits(known: EditLog, text: str) -> bool:
    """Every step finds the text that it speaks of, back to the first and on to the last."""
    from textual.document._document import Document

    back, on = Document(text), Document(text)
    for step in reversed(known.done):
        for edit in reversed(step):
            if not _swap(back, (edit.top, edit.end), edit.text, edit.replaced):
                return False
    for step in reversed(known.undone):
        for edit in step:
            if not _swap(on, (edit.top, edit.bottom), edit.replaced, edit.text):
                return False
    return True


def _swap(document: Document, place: tuple[Place, Place], old: str, new: str) -> bool:
    """Put a text in the place of another; False where it is not there."""
    top, bottom = place
    if not 0 <= top[0] <= bottom[0] < document.line_count or min(top[1], bottom[1]) < 0:
        return False
    if document.get_text_range(top, bottom) != old:
        return False
    document.replace_range(top, bottom, new)
    return True


def _step(batch: Iterable[Edit]) -> tuple[LoggedEdit, ...]:
    """A batch of edits, letters that were typed one after another as one; nothing where an edit was never done."""
    step: list[LoggedEdit] = []
    for edit in batch:
        result, before = edit._edit_result, edit._original_selection
        if result is None or before is None:
            return ()
        last = step[-1] if step else None
        if last is not None and not result.replaced_text and not last.replaced and edit.top == last.end:
            step[-1] = msgspec.structs.replace(last, text=last.text + edit.text, end=result.end_location)
            continue
        place = (edit.top, edit.bottom, result.end_location)
        step.append(LoggedEdit(edit.text, result.replaced_text, *place, (before.start, before.end)))
    return tuple(step)


def _batch(edits: Iterable[LoggedEdit]) -> list[Edit]:
    from textual.document._document import EditResult, Selection
    from textual.document._edit import Edit

    batch: list[Edit] = []
    for logged in edits:
        edit = Edit(logged.text, logged.top, logged.bottom, False)
        edit._edit_result = EditResult(logged.end, logged.replaced)
        edit._original_selection = Selection(*logged.before)
        batch.append(edit)
    return batch
