"""A text area that paints a row at a time from its marks, and of the screen only what changed.

Textual's own renders a whole line for every row it is wrapped into, and repaints the whole widget at every key.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.style import Style
from textual.document._document import Document, EditResult, Location
from textual.document._document_navigator import DocumentNavigator
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import TextArea

from sdtui.ui.widgets.colours import SILENT, Ground, style_of
from sdtui.ui.widgets.editor.marks import Marks
from sdtui.ui.widgets.editor.places import line_starts, location_of
from sdtui.ui.widgets.editor.rows import Row
from sdtui.ui.widgets.editor.wrap import Rows

if TYPE_CHECKING:
    from textual.app import App


UNDONE = 200
"""Steps that can be undone."""


class PlacedDocument(Document):
    """Textual's document; it knows the offset at which each line begins."""

    _starts: list[int] | None = None

    @property
    def starts(self) -> list[int]:
        """The offset of each line in the text."""
        if self._starts is None:
            self._starts = line_starts(self._lines)
        return self._starts

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Replace a part of the text."""
        self._starts = None
        return super().replace_range(start, end, text)


class PaintedText(TextArea, inherit_bindings=False):
    """A text with marks; without any it looks like a plain one. Its keys are those of the table of commands."""

    def __init__(self, *, placeholder: str, id: str) -> None:  # noqa: A002 - Textual's name
        self.marks = Marks()
        self._shown: list[Strip] = []
        self._unsure: set[int] = set()
        super().__init__(
            id=id, soft_wrap=True, placeholder=placeholder, highlight_cursor_line=False, max_checkpoints=UNDONE
        )
        self.cursor_blink = False

    # places

    @property
    def _starts(self) -> list[int]:
        return self.document.starts if isinstance(self.document, PlacedDocument) else [0]

    def offset_of(self, location: Location) -> int:
        """A location as an offset in the text."""
        row, column = location
        return self._starts[row] + column

    def location_of(self, offset: int) -> Location:
        """An offset in the text as a location."""
        return location_of(self._starts, offset)

    @property
    def cursor_offset(self) -> int:
        """Where the cursor is in the text."""
        return self.offset_of(self.cursor_location)

    @property
    def selected(self) -> tuple[int, int]:
        """The selection as offsets in the text, in order."""
        top, bottom = sorted(self.selection)
        return self.offset_of(top), self.offset_of(bottom)

    # what Textual calls

    def _set_document(self, text: str, language: str | None) -> None:
        """As Textual 8.2's, without its syntax trees."""
        self._highlight_query = None
        self.document = PlacedDocument(text)
        self.wrapped_document = Rows(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self._build_highlight_map()
        self.move_cursor((0, 0))
        self._rewrap_and_refresh_virtual_size()

    def _build_highlight_map(self) -> None:
        """The text is another one: called by Textual after every edit, undo and redo."""
        self._line_cache.clear()

    def find_matching_bracket(self, bracket: str, search_from: Location) -> Location | None:
        """None: which brackets belong together is known by the marks."""
        return None

    def catch_up(self) -> None:
        """Have the marks know the text, before it is painted."""

    # painting

    @property
    def ground(self) -> Ground:
        """What the text stands on."""
        app: App[object] = self.app
        return Ground(self.background_colors[1].rgb, not app.no_color)

    def _render_line(self, y: int) -> Strip:
        """One row, from the part of its line that is in it."""
        base = self._theme.base_style or self.rich_style
        rows = self.wrapped_document._offset_to_line_info
        y += self.scroll_offset.y
        if y >= len(rows):
            return Strip.blank(self.size.width, base)
        line_index, section = rows[y]
        line = self.document.get_line(line_index)
        edges = [0, *self.wrapped_document.get_offsets(line_index), len(line)]
        start, end = edges[section], edges[section + 1]
        is_last = section == len(edges) - 2
        row = Row(line[start:end] + (" " if is_last else ""), self._starts[line_index] + start, base)
        self._lay_marks(row)
        self._lay_cursor(row)
        return row.strip(self.scrollable_content_region.width, base)

    def _lay_marks(self, row: Row) -> None:
        marks, ground = self.marks, self.ground
        for span in marks.spans(row.start, row.end):
            row.lay(span.start, span.end, style_of(span.kind, span.weight, ground))
        for start, end in marks.embeddings:
            row.lay(start, end, style_of("embedding", 1.0, ground))
        for start, end in marks.silent(row.start, row.end):
            row.lay(start, end, SILENT)
        for place in marks.borders:
            row.lay(place, place + 1, style_of("border", 1.0, ground))
        # the worst last, so that it is seen
        for severity in ("hint", "warning", "error"):
            for each in marks.diagnostics:
                if each.severity == severity:
                    row.lay(each.start, max(each.end, each.start + 1), style_of(severity, 1.0, ground))

    def _lay_cursor(self, row: Row) -> None:
        """Brackets that belong together, the selection, the suggestion and the cursor, as far as they are in the row."""
        theme, cursor = self._theme, self.cursor_offset
        start, end = self.selected
        if start == end and self.has_focus and (pair := self.marks.pair(cursor)):
            for place in pair:
                row.lay(place, place + 1, (theme.bracket_matching_style or Style()) + Style(bold=True, dim=False))
        if start != end:
            row.lay(start, end, theme.selection_style or Style(reverse=True))
        here = row.start <= cursor < row.end
        if here and self.suggestion and (self.has_focus or not self.hide_suggestion_on_blur):
            row.insert(cursor, self.suggestion, self.get_component_rich_style("text-area--suggestion"))
        if here and self._draw_cursor:
            row.lay(cursor, cursor + 1, theme.cursor_style or Style(reverse=True))

    # what of the screen is painted

    def render_lines(self, crop: Region) -> list[Strip]:
        """Rows of the whole widget; those that are not the ones painted last are painted again at the next change."""
        self.catch_up()
        left, right = crop.column_span
        rows = super().render_lines(Region(0, crop.y, self.region.width, crop.height))
        for y, strip in zip(crop.line_range, rows, strict=True):
            if y >= len(self._shown) or self._shown[y] != strip:
                self._unsure.add(y)
        return rows if (left, right) == (0, self.region.width) else [strip.crop(left, right) for strip in rows]

    def _exchange_repaint_regions(self) -> Collection[Region]:
        """Of what is to be repainted, the parts that look different from before. Overrides Textual 8.2's own."""
        if not super()._exchange_repaint_regions():
            return ()
        self.catch_up()
        width, height = self.region.size
        before, unsure = self._shown, self._unsure
        self._shown = TextArea.render_lines(self, Region(0, 0, width, height))
        self._unsure = set()
        regions: list[Region] = []
        for y, strip in enumerate(self._shown):
            if y in unsure or y >= len(before) or before[y].cell_length != strip.cell_length:
                regions.append(Region(0, y, width, 1))
            elif before[y] != strip:
                left, right = changed_cells(before[y], strip)
                regions.append(Region(left, y, right - left, 1))
        return regions


def changed_cells(old: Strip, new: Strip) -> tuple[int, int]:
    """From which cell up to which two rows of equal width differ; in segments that are not ASCII, at their edges."""
    before, after = _pieces(old), _pieces(new)
    left = right = 0
    for one, other in zip(before, after, strict=False):
        if one != other:
            break
        left += other[2]
    for one, other in zip(reversed(before), reversed(after), strict=False):
        if one != other or left + right + other[2] > new.cell_length:
            break
        right += other[2]
    return left, new.cell_length - right


def _pieces(strip: Strip) -> list[tuple[str, Style | None, int]]:
    """Text, style and width of each cell, or of a whole segment where characters are not cells."""
    pieces: list[tuple[str, Style | None, int]] = []
    for text, style, _ in strip:
        if text.isascii():
            pieces += [(character, style, 1) for character in text]
        else:
            pieces.append((text, style, cell_len(text)))
    return pieces
