"""What is seen of watched folders: each prompt file, how it stands, and its last picture."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.timer import Timer

from sdtui.errors import SdtuiError
from sdtui.spec.event import FilesChanged, WatchesChanged
from sdtui.spec.watch import WatchedFile, WatchedFolder
from sdtui.ui.commands.keys import Keys
from sdtui.ui.commands.table import Place
from sdtui.ui.rooms.frame import FramedRoom
from sdtui.ui.rooms.watch_look import about_file, about_folder, file_row, folder_row, hints, name_of, title
from sdtui.ui.rooms.watch_shelf import Row, WatchShelf
from sdtui.ui.showing.exhibit import Exhibit, Fetch, Part
from sdtui.ui.showing.shown import Shown
from sdtui.ui.showing.sight import Sight, Subject
from sdtui.ui.text import one_line
from sdtui.ui.widgets.canvas import Canvas
from sdtui.ui.widgets.filtered import FilteredRows
from sdtui.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from sdtui.ui.state import StudioState
    from sdtui.ui.terminal.link import TerminalLink

ASKING = "Asking the server what is watched…"
PICTURE_PX = 512
LOOK_EVERY_S = 0.25
"""So often the steps of what is being made are counted anew."""
SHOW_S = 0.05
ABOUT_ROWS = 6


class Surroundings(NamedTuple):
    """What the room needs of the studio: its state and terminal, pictures, the zoom, programs outside."""

    state: StudioState
    terminal: TerminalLink
    fetch: Fetch
    zoom: Callable[[Sight, bool], None]
    open_outside: Callable[[str], None]
    edit: Callable[[str], str]


class WatchView(FramedRoom):
    """A list on the left, the chosen file's picture and what is to be said of it on the right."""

    here: Place = "watching"
    AUTO_FOCUS = "#list"
    DEFAULT_CSS = """
    WatchView #list { width: 50%; }
    WatchView #seen { width: 50%; }
    WatchView Canvas { height: 1fr; background: $background; }
    WatchView #about { height: auto; max-height: 6; border: none; background: $panel; &:focus { border: none; } }
    """

    def __init__(self, shelf: WatchShelf, around: Surroundings, keys: Keys) -> None:
        super().__init__(keys)
        self._shelf = shelf
        self._around = around
        self._rows: list[Row] = []
        self._told: list[Content] = []
        self._following = True
        self._fresh: object = None
        self._showing: Timer | None = None
        self._ends: list[Callable[[], None]] = []
        self._exhibit = Exhibit(around.fetch, self._spawn, self._arrived)

    def compose_panes(self) -> ComposeResult:
        """The list, the picture, and what is to be said."""
        yield WatchRows(self._row, choosable=True, empty=ASKING, id="list")
        with Vertical(id="seen"):
            yield Canvas(id="picture")
            yield AboutRows(lambda row, width: self._told[row], empty="", id="about")

    def on_mount(self) -> None:
        """Ask how everything stands, and count steps from now on."""
        super().on_mount()
        self.query_one(AboutRows).can_focus = False
        self.call_after_refresh(self._begin)
        self.set_interval(LOOK_EVERY_S, self._count_steps)
        self.run_worker(self._read(), group="read", exclusive=True)

    async def _read(self) -> None:
        await self.said(self._shelf.read())

    def _begin(self) -> None:
        canvas = self.query_one(Canvas)
        self._ends.append(self._around.terminal.serve(canvas.use))
        canvas.ready(self._around.terminal.writes, self._around.terminal.keystrokes)
        self.show_rows()

    def after_display(self, written: Iterable[Region]) -> None:
        """Textual wrote these regions of the screen."""
        self.query_one(Canvas).after_display(written)

    def take(self, event: WatchesChanged | FilesChanged | None) -> None:
        """Something changed; None: anything may have."""
        if event is None:
            self.run_worker(self._read(), group="read", exclusive=True)
            return
        fresh = self._shelf.take(event)
        if fresh:
            self._fresh = fresh[-1].key
        if self._showing is None:
            # Thousands of files may change at once: they are shown together.
            self._showing = self.set_timer(SHOW_S, self._show_changes)

    def _show_changes(self) -> None:
        fresh, self._fresh, self._showing = self._fresh, None, None
        self.show_rows()
        if fresh is not None and self._following and not self.query_one(WatchRows).typing:
            self._go_to(fresh)

    # what is shown

    def show_rows(self) -> None:
        """Show the list anew; the cursor stays on its file."""
        if not self.is_open:
            return
        rows, here = self.query_one(WatchRows), self.chosen
        self._rows = self._shelf.rows(rows.words)
        rows.empty = "Nothing is watched yet." if self._shelf.known else ASKING
        keys = [_key(row) for row in self._rows]
        at = keys.index(_key(here)) if here is not None and _key(here) in keys else None
        if here is None and len(self._rows) > 1:
            at = 1
        rows.update(len(self._rows), at)
        self.title_says(title(len(self._shelf.folders), [*self._shelf.files], following=self._following))
        self.show_here()

    def show_hits(self) -> None:
        """Show what the filter finds; the cursor goes to the first file of it, unless it is on one."""
        self.show_rows()
        hit = next((row for row in self._rows if isinstance(row, WatchedFile)), None)
        if self.query_one(WatchRows).words and hit is not None and not isinstance(self.chosen, WatchedFile):
            self._go_to(_key(hit))

    def show_here(self) -> None:
        """Show the chosen file's picture, and what is to be said of it."""
        here, canvas = self.chosen, self.query_one(Canvas)
        if isinstance(here, WatchedFile):
            shown = self._picture(here)
            canvas.show(shown, _sentence(here) or self._exhibit.refusal(subject(here.latest)))
            said = about_file(here)
        else:
            canvas.show(None, hints(self._keys.shown("add-watched")) if self._shelf.known and here is None else "")
            said = about_folder(here) if here is not None else []
        rows = self.query_one(AboutRows)
        width = max(10, rows.size.width - 2)
        lines = [line for text, colour in said for line in Content.styled(one_line(text), colour).wrap(width)]
        self._told = [Content(" ").append(line) for line in lines[:ABOUT_ROWS]]
        rows.styles.height = len(self._told)
        rows.update(len(self._told))

    def _picture(self, file: WatchedFile) -> Shown | None:
        """What is being made of a file, or its newest picture; asked for when it is not here yet."""
        sketch = self._around.state.sketches.get(file.job_id) if file.state == "rendering" else None
        if sketch is not None:
            return Shown((sketch.render_id, sketch.step), sketch.width_px, sketch.height_px, sketch.rgb, final=False)
        return self._exhibit.want(Part(subject(file.latest), PICTURE_PX)) if file.latest else None

    def _row(self, number: int, width: int) -> Content:
        row = self._rows[number]
        if isinstance(row, WatchedFolder):
            return folder_row(row, sum(file.folder == row.path for file in self._shelf.files))
        return file_row(row, self._around.state.jobs.get(row.job_id), width)

    def _count_steps(self) -> None:
        if any(file.state == "rendering" for file in self._shelf.files):
            self.query_one(WatchRows).refresh()
            here = self.chosen
            if isinstance(here, WatchedFile) and here.state == "rendering":
                self.query_one(Canvas).show(self._picture(here), _sentence(here))

    def _arrived(self) -> None:
        if self.is_open:
            self.show_here()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        self.run_worker(work)

    @property
    def chosen(self) -> Row | None:
        """The line under the cursor."""
        row = self.query_one(WatchRows).cursor
        return self._rows[row] if row is not None and row < len(self._rows) else None

    def _go_to(self, key: object) -> None:
        keys = [_key(row) for row in self._rows]
        if key in keys:
            self.query_one(WatchRows).update(len(self._rows), keys.index(key))
            self.show_here()

    def on_rows_moved(self, message: Rows.Moved) -> None:
        """Another file is looked at, and stays so."""
        self._following = False
        self.show_rows()

    def action_leave(self) -> None:
        """Back to the studio, and nothing is left of the picture."""
        if self.is_current:
            self.query_one(Canvas).take_away()
            for end in self._ends:
                end()
            self._ends = []
        super().action_leave()

    async def said(self, work: Awaitable[str | None]) -> None:
        """Wait for it, and say what came of it, or why not."""
        try:
            said = await work
        except SdtuiError as error:
            self.say(str(error), error=True)
        else:
            if said:
                self.say(said)
        self.show_rows()


class WatchRows(FilteredRows):
    """The list."""

    title = "Files"

    def on_mount(self) -> None:
        """Give it its title."""
        self.say_filter()

    def filter_changed(self) -> None:
        """Show what has all of the words."""
        if isinstance(self.screen, WatchView):
            self.screen.show_hits()


class AboutRows(Rows):
    """What is said of the chosen line, folded to the width that there is."""


def _key(row: Row) -> object:
    return row.path if isinstance(row, WatchedFolder) else row.key


def subject(path: str) -> Subject:
    """A picture as the zoom has it."""
    return Subject(path, name_of(path))


def _sentence(file: WatchedFile) -> str:
    return (
        ""
        if file.latest
        else "There is no picture of it yet."
        if file.error is None
        else "Nothing could be made of it yet."
    )
