"""What the model browser shows: the list, the model under the cursor with its picture, downloads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import DescendantFocus
from textual.geometry import Region
from textual.message import Message

from sdtui.errors import SdtuiError
from sdtui.spec.model import ModelRecord
from sdtui.ui.commands.bindings import bindings
from sdtui.ui.commands.keys import Keys
from sdtui.ui.commands.table import Place
from sdtui.ui.rooms.browser_list import BrowserRows, InUse
from sdtui.ui.rooms.browser_look import about_fetch, details, fetch_row
from sdtui.ui.rooms.browser_shelf import BrowserShelf
from sdtui.ui.rooms.frame import FramedRoom
from sdtui.ui.text import one_line
from sdtui.ui.widgets.canvas import Canvas
from sdtui.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from textual.timer import Timer

    from sdtui.ui.terminal.keystrokes import Keystrokes
    from sdtui.ui.terminal.link import TerminalLink

WIDE_CELLS = 100
"""From so many columns on, the details have their own."""
REST_S = 0.15
"""The cursor rests so long on a model before more is asked about it."""
HASHED_UNASKED = 300_000_000
"""Bytes of a file that is hashed because it is looked at."""
MOST_HASHED_UNASKED = 2000
"""With more models than that, telling every client of one more hash costs more than it is worth."""
HASH_AFTER_S = 1.0
MOST_FETCHES_SEEN = 5


class Studio(NamedTuple):
    """What the room needs of the studio: what is in use, a way to use a model, and the terminal for pictures (None: not yet)."""

    in_use: Callable[[], InUse]
    use: Callable[[ModelRecord, str, bool], None]
    terminal: TerminalLink | None
    keystrokes: Keystrokes


class FetchRows(Rows):
    """Downloads; not there while there are none. What is asked for them is said as `Asked`."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("fetches")]

    class Asked(Message):
        """Something is to be done with the download under the cursor."""

        def __init__(self, what: Literal["stop", "again", "new", "leave", "clear"]) -> None:
            super().__init__()
            self.what = what

    def action_do_fetch_stop(self) -> None:
        """Stop it, or forget it."""
        self.post_message(self.Asked("stop"))

    def action_do_fetches_clear(self) -> None:
        """Forget those that are over."""
        self.post_message(self.Asked("clear"))

    def action_do_fetch_again(self) -> None:
        """Go on with it."""
        self.post_message(self.Asked("again"))

    def action_do_fetch_new(self) -> None:
        """Get another model."""
        self.post_message(self.Asked("new"))

    def action_do_fetches_leave(self) -> None:
        """Back to the models."""
        self.post_message(self.Asked("leave"))


class BrowserView(FramedRoom):
    """The list on the left, the model's picture and details on the right, or alone in a narrow window."""

    here: Place = "browser"
    AUTO_FOCUS = "#list"
    DEFAULT_CSS = """
    BrowserView {
        #left { width: 1fr; height: 100%; }
        #right { width: 45%; height: 100%; }
        #list { height: 1fr; }
        #fetches { height: auto; max-height: 7; }
        #picture { height: 50%; background: $background; }
        #details { height: 1fr; }
        &.narrow #right { display: none; width: 100%; }
        &.narrow.told #right { display: block; }
        &.narrow.told #left { display: none; }
    }
    """

    def __init__(self, shelf: BrowserShelf, studio: Studio, keys: Keys) -> None:
        super().__init__(keys)
        self._shelf = shelf
        self._studio = studio
        self._told: list[Content] = []
        self._resting: list[Timer] = []
        self._ends: list[Callable[[], None]] = []

    def compose_panes(self) -> ComposeResult:
        """The list above the downloads, the picture above the details."""
        with Vertical(id="left"):
            yield BrowserRows(self._shelf)
            yield FetchRows(self._fetch_row, choosable=True, id="fetches")
        with Vertical(id="right"):
            yield Canvas(id="picture")
            yield Rows(lambda row, width: self._told[row], empty="", id="details")

    def on_mount(self) -> None:
        """Show what is known, and ask for the rest."""
        super().on_mount()
        self.query_one("#details", Rows).border_title = "Details"
        self.query_one(FetchRows).border_title = "Downloads"
        self.query_one(Canvas).display = False
        self.studio_changed()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if self._studio.terminal is not None:
            canvas = self.query_one(Canvas)
            self._ends.append(self._studio.terminal.serve(canvas.use))
            canvas.ready(self._studio.terminal.writes, self._studio.keystrokes)

    async def _read(self) -> None:
        await self._shelf.read()
        self.studio_changed()

    # what is shown

    @property
    def rows(self) -> BrowserRows:
        """The list."""
        return self.query_one(BrowserRows)

    @property
    def _record(self) -> ModelRecord | None:
        return self.rows.showing if self.is_open else None

    def studio_changed(self) -> None:
        """Models, downloads, or what is in use may be others."""
        if not self.is_open:
            return
        if self._shelf.is_stale:
            self.run_worker(self._said(self._read()), group="read", exclusive=True)
        self.rows.show(self._studio.in_use())
        views = self._shelf.fetches
        fetches = self.query_one(FetchRows)
        if fetches.display and not views and fetches.has_focus:
            self.set_focus(self.rows)
        fetches.display = bool(views)
        fetches.styles.height = min(len(views), MOST_FETCHES_SEEN) + 2
        fetches.update(len(views))
        self._say_fetch()
        checkpoint = self._studio.in_use().checkpoint
        used = f" · {one_line(checkpoint.name)} is in use" if checkpoint is not None else ""
        running = sum(view.state == "running" for view in views)
        self.title_says(f"Models{used}{f' · {running} on the way' if running else ''}")

    def on_resize(self) -> None:
        """The details have their own column, or not."""
        narrow = self.size.width < WIDE_CELLS
        self.set_class(narrow, "narrow")
        self.rows.keep_foot(narrow)
        self.call_after_refresh(self._show_details)

    def on_rows_moved(self, message: Rows.Moved) -> None:
        """Tell about the model under the cursor, and more of it when the cursor rests."""
        message.stop()
        if message.rows.id == "fetches":
            self._say_fetch()
        elif message.rows.id == "list":
            self._show_details()
            for timer in self._resting:
                timer.stop()
            self._resting = [self.set_timer(REST_S, self._ask_more), self.set_timer(HASH_AFTER_S, self._hash_unasked)]

    def _show_details(self) -> None:
        rows, record = self.query_one("#details", Rows), self._record
        width = rows.scrollable_content_region.width
        about = self._shelf.known_about(record) if record is not None else None
        self._told = details(record, about, self.rows.reason(record), width) if record is not None else []
        rows.update(len(self._told))
        if about is None or not about.preview:
            self._show_picture(None)

    def _ask_more(self) -> None:
        self.run_worker(self._tell_more(), group="about", exclusive=True)

    async def _tell_more(self) -> None:
        """Ask about the model under the cursor, and for its picture."""
        record = self._record
        if record is None:
            return
        try:
            # again each time: it may have been written to outside
            about = await self._shelf.about(record)
            if record == self._record:
                self._show_details()
            picture = await self._shelf.picture(about.preview) if about.preview else None
        except SdtuiError:
            # the list says what is wrong with a model; a picture that cannot be read is only missing
            return
        if record == self._record:
            self._show_picture(picture)

    def _show_picture(self, picture: object) -> None:
        from sdtui.ui.showing.shown import Shown

        canvas = self.query_one(Canvas)
        shown = picture if isinstance(picture, Shown) else None
        canvas.show(shown)
        if canvas.display != (shown is not None):
            canvas.take_away()
            canvas.display = shown is not None

    def _hash_unasked(self) -> None:
        record = self._record
        if (
            len(self._shelf.models) <= MOST_HASHED_UNASKED
            and record is not None
            and not (record.sha256 or record.builtin or record.problem)
            and 0 < record.size <= HASHED_UNASKED
        ):
            self.run_worker(self._quietly(self._shelf.hash(record)), group="hash")

    def _fetch_row(self, number: int, width: int) -> Content:
        return fetch_row(self._shelf.fetches[number], width)

    def _say_fetch(self) -> None:
        fetches, views = self.query_one(FetchRows), self._shelf.fetches
        if fetches.has_focus and fetches.cursor is not None and fetches.cursor < len(views):
            view = views[fetches.cursor]
            self.say(about_fetch(view), error=view.error is not None)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Other keys count in the other list."""
        self.here = "fetches" if event.widget.id == "fetches" else "browser"
        self.show_footer()
        self._say_fetch()

    def after_display(self, written: Iterable[Region]) -> None:
        """Textual wrote these regions of the screen."""
        self.query_one(Canvas).after_display(written)

    # what goes wrong

    def _spawn(self, work: Awaitable[object]) -> None:
        self.run_worker(self._said(work), group="asked")

    async def _said(self, work: Awaitable[object]) -> None:
        """Do it; what went wrong is said."""
        try:
            await work
        except SdtuiError as error:
            self.say(str(error), error=True)

    async def _quietly(self, work: Awaitable[object]) -> None:
        try:
            await work
        except SdtuiError:
            return

    def action_leave(self) -> None:
        """Back to the studio, and nothing is left of the picture."""
        if not self.is_current:
            return
        self.query_one(Canvas).take_away()
        for end in self._ends:
            end()
        self._ends = []
        super().action_leave()
