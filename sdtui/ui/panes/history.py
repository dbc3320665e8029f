"""The newest finished pictures, small; where there are no colours, their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.events import Click
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from sdtui.ui.commands.bindings import bindings
from sdtui.ui.messages import JobSelected, PaneWanted, ThumbnailsWanted, UseWanted
from sdtui.ui.text import one_line
from sdtui.ui.widgets.line import strip_of

if TYPE_CHECKING:
    from sdtui.spec.jobview import JobView
    from sdtui.ui.showing.finished import Finished, Grid
    from sdtui.ui.showing.shown import Shown

ASKING = "Asking the server for the pictures…"
NONE_YET = "No picture is finished yet."
THUMBNAIL_PX = 64
"""The longer side of a small copy as it is asked for."""
CHOSEN = "▸"


def _nothing(path: str) -> Shown | None:
    return None


class HistoryPane(Widget, can_focus=True):
    """Newest first, line after line; the last row is about the chosen one."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("history"), *bindings("list")]

    def __init__(self) -> None:
        super().__init__(id="history")
        self.border_title = "8 History"
        self._pictures: tuple[Finished, ...] = ()
        self._thumbnail: Callable[[str], Shown | None] = _nothing
        self._plain = False
        self._cursor = 0
        self._first = 0
        self._said = ASKING
        self._settled_for: tuple[Size, tuple[Finished, ...]] = (Size(), ())
        self._painted: dict[tuple[str, int, int], list[Strip]] = {}

    def show(self, jobs: Iterable[JobView], thumbnail: Callable[[str], Shown | None], *, plain: bool) -> None:
        """Show these jobs' pictures: small copies as `thumbnail` has them, or with `plain` names.

        A picture that was chosen stays chosen; the newest one gives way to a newer one.
        """
        from sdtui.ui.showing.finished import finished

        chosen = self._here if self._cursor else None
        pictures = finished(jobs)
        self._thumbnail, self._plain, self._said = thumbnail, plain, NONE_YET
        if pictures != self._pictures:
            self._pictures = pictures
            self._painted = {key: kept for key, kept in self._painted.items() if key[0] in {p.path for p in pictures}}
            self._cursor = pictures.index(chosen) if chosen in pictures else 0
        self._settle()

    def on_resize(self) -> None:
        """The room is another one."""
        self._settle()

    def on_show(self) -> None:
        """It is to be seen: what it shows is to be read."""
        self._settle()

    def on_focus(self) -> None:
        """Show where the cursor is."""
        self.refresh()

    def on_blur(self) -> None:
        """Show where the cursor is."""
        self.refresh()

    @property
    def _here(self) -> Finished | None:
        return self._pictures[self._cursor] if self._cursor < len(self._pictures) else None

    @property
    def _grid(self) -> Grid:
        from sdtui.ui.showing.finished import grid_of

        return grid_of(self.size.width, max(1, self.size.height - 1), plain=self._plain)

    def _settle(self) -> None:
        """Keep the cursor in view, and have read what is seen."""
        if not self.size.area:
            return
        grid = self._grid
        self._first = grid.first_seen(self._cursor, self._first)
        start = self._first * grid.across
        seen = self._pictures[start : start + grid.lines * grid.across]
        if seen and grid.height_cells:
            self.post_message(ThumbnailsWanted(tuple(picture.path for picture in seen), THUMBNAIL_PX))
        count = len(self._pictures)
        self.border_subtitle = f"{self._cursor + 1} of {count}" if count else None
        self.refresh()

    # keys

    def action_do_picture_left(self) -> None:
        """The newer one beside it."""
        self._go(self._cursor - 1)

    def action_do_picture_right(self) -> None:
        """The older one beside it."""
        self._go(self._cursor + 1)

    def action_do_list_up(self) -> None:
        """The one above."""
        self._go(self._cursor - self._grid.across, line=True)

    def action_do_list_down(self) -> None:
        """The one below."""
        self._go(self._cursor + self._grid.across, line=True)

    def action_do_list_page_up(self) -> None:
        """A page up."""
        self._go(max(0, self._cursor - self._grid.across * self._grid.lines))

    def action_do_list_page_down(self) -> None:
        """A page down."""
        self._go(min(len(self._pictures) - 1, self._cursor + self._grid.across * self._grid.lines))

    def action_do_list_first(self) -> None:
        """The newest one."""
        self._go(0)

    def action_do_list_last(self) -> None:
        """The oldest one."""
        self._go(len(self._pictures) - 1)

    def action_do_show_picture(self) -> None:
        """Show it in the preview; where that is hidden, go there."""
        if self._here is not None:
            self.post_message(JobSelected(self._here.job_id, self._here.render_id))
            self.post_message(PaneWanted("preview"))

    def action_do_use_all(self) -> None:
        """Take what it was made from into the form."""
        if self._here is not None:
            self.post_message(UseWanted(self._here.job_id, self._here.render_id))

    def on_click(self, event: Click) -> None:
        """Choose the picture that was clicked."""
        at = event.get_content_offset(self)
        grid = self._grid
        if at is not None and at.y < grid.lines * grid.line_rows:
            column = min(grid.across - 1, at.x // (grid.width_cells + 1))
            self._go((self._first + at.y // grid.line_rows) * grid.across + column)

    def _go(self, to: int, *, line: bool = False) -> None:
        """Choose another; the last line may be shorter than the one above it."""
        last = len(self._pictures) - 1
        if line and to > last and to // self._grid.across == last // self._grid.across:
            to = last
        if 0 <= to <= last and to != self._cursor:
            self._cursor = to
            self._settle()

    # drawing

    def render_line(self, y: int) -> Strip:
        """A row of the pictures of a line, or what they are; the last row is about the chosen one."""
        width, height = self.size
        if not self._pictures:
            return strip_of(Content.styled(self._said if y == 0 else "", "dim"), width, self)
        if self._settled_for != (self.size, self._pictures):
            # The room's own events may come before the pictures, or before the room has its size.
            self._settled_for = (self.size, self._pictures)
            self.call_later(self._settle)
        if y == height - 1:
            return strip_of(self._about(), width, self)
        grid = self._grid
        line, row = divmod(y, grid.line_rows)
        start = (self._first + line) * grid.across
        if line >= grid.lines:
            return strip_of(Content(), width, self)
        parts: list[Strip] = []
        for index in range(start, min(start + grid.across, len(self._pictures))):
            parts += [self._part(index, row, grid), strip_of(Content(), 1, self)]
        return Strip.join(parts).adjust_cell_length(width, self.rich_style)

    def _part(self, index: int, row: int, grid: Grid) -> Strip:
        picture = self._pictures[index]
        if row < grid.height_cells:
            return self._pixels(picture, row, grid)
        mark = CHOSEN if index == self._cursor else " "
        said = f"{mark}#{picture.job_id} {one_line(picture.name)}"
        if not grid.height_cells:
            said += f"  seed {picture.seed}  {one_line(picture.prompt)}"
        text = Content(said).truncate(grid.width_cells, ellipsis=True, pad=True)
        look = "" if index != self._cursor else "reverse" if self.has_focus else "bold"
        return strip_of(text.stylize(look), grid.width_cells, self)

    def _pixels(self, picture: Finished, row: int, grid: Grid) -> Strip:
        key = (picture.path, grid.width_cells, grid.height_cells)
        painted = self._painted.get(key)
        if painted is None:
            shown = self._thumbnail(picture.path)
            if shown is None:
                return strip_of(Content.styled("…" if row == grid.height_cells // 2 else "", "dim"), key[1], self)
            painted = self._painted[key] = self._paint(shown, grid)
        return painted[row]

    def _paint(self, shown: Shown, grid: Grid) -> list[Strip]:
        """The picture's rows in the middle of its place."""
        from PIL import Image

        from sdtui.terminal.halfblock import HalfBlockPainter
        from sdtui.terminal.painter import Box, CellSize
        from sdtui.ui.showing.easel import strips_of

        painter = HalfBlockPainter(truecolor=self.app.console.color_system == "truecolor")
        image = Image.frombytes("RGB", (shown.width_px, shown.height_px), shown.rgb)
        box = Box(grid.width_cells, grid.height_cells)
        strips = strips_of(painter.paint(image, box, CellSize(1, 2), quality="preview"))
        blank = strip_of(Content(), grid.width_cells, self)
        above = (grid.height_cells - len(strips)) // 2
        rows = [blank] * above
        for strip in strips:
            left = strip_of(Content(), (grid.width_cells - strip.cell_length) // 2, self)
            rows.append(Strip.join([left, strip]).adjust_cell_length(grid.width_cells, self.rich_style))
        return [*rows, *[blank] * (grid.height_cells - len(rows))]

    def _about(self) -> Content:
        picture = self._here
        if picture is None:
            return Content()
        name = f"#{picture.job_id} {one_line(picture.name)}"
        return Content.assemble((name, "bold"), f"  seed {picture.seed}", (f"  {one_line(picture.prompt)}", "dim"))
