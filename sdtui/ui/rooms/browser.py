"""The model browser: what its keys do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.binding import BindingType

from sdtui.spec.fetch import FetchView
from sdtui.spec.model import ModelKind, ModelRecord
from sdtui.spec.verbs_models import Describe
from sdtui.ui.commands.bindings import bindings
from sdtui.ui.rooms.browser_view import BrowserView, FetchRows


class BrowserRoom(BrowserView):
    """Every model file, everything about one, and models on their way from an address."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("browser")]

    def action_do_browser_use(self) -> None:
        """Load it, or put it into the prompt."""
        self._use(negative=False)

    def action_do_browser_negative(self) -> None:
        """Put it into the negative prompt."""
        self._use(negative=True)

    def _use(self, *, negative: bool) -> None:
        record = self._record
        if record is not None:
            reason = record.problem or self.rows.reason(record)
            self._studio.use(record, reason, negative)
            if not reason:
                self._spawn(self._shelf.note_use(record.path))
            self.studio_changed()

    def action_do_browser_filter(self) -> None:
        """Type a filter."""
        self.rows.start_filter()

    def action_do_browser_next_kind(self) -> None:
        """Only models of the next kind."""
        self.rows.turn_kind(1)

    def action_do_browser_previous_kind(self) -> None:
        """Only models of the kind before."""
        self.rows.turn_kind(-1)

    def action_do_browser_family(self) -> None:
        """Only models of some families."""
        self.rows.turn_family()

    def action_do_browser_shelf(self) -> None:
        """Favourites, used lately, all."""
        self.rows.turn_view()

    def action_do_browser_order(self) -> None:
        """Another order."""
        self.rows.turn_order()

    def action_do_browser_favourite(self) -> None:
        """A favourite, or no longer."""
        if self._record is not None:
            self._spawn(self._favour(self._record))

    async def _favour(self, record: ModelRecord) -> None:
        added = await self._shelf.toggle_favourite(record.path)
        self.rows.relist(self._record)
        self.say(f"{record.name} is {'a favourite' if added else 'no favourite any more'}.")

    def action_do_browser_details(self) -> None:
        """To the details, which are a page of their own in a narrow window; back again."""
        told = not self.has_class("told")
        self.set_class(told, "told")
        self.call_after_refresh(self._to_details if told else self._to_list)

    def _to_details(self) -> None:
        self.set_focus(self.query_one("#details"))
        self._show_details()

    def _to_list(self) -> None:
        self.set_focus(self.rows)

    def action_do_browser_hash(self) -> None:
        """Find out the SHA-256."""
        record = self._record
        if record is None:
            return
        if record.sha256:
            self.say(f"SHA-256 {record.sha256}")
            return
        self.say(f"The SHA-256 of {record.name} is being found out; the details show it then.")
        self._spawn(self._shelf.hash(record))

    def action_do_browser_rescan(self) -> None:
        """Look through the model folders again."""
        self._spawn(self._shelf.rescan(self.say))

    def action_do_browser_edit(self) -> None:
        """Edit what is written about the model."""
        if self._record is not None:
            self._spawn(self._edit(self._record))

    async def _edit(self, record: ModelRecord) -> None:
        from sdtui.ui.rooms.browser_forms import DescribeScreen

        about = await self._shelf.about(record)

        async def describe(changes: Describe) -> None:
            now = await self._shelf.describe(record, changes)
            self.say(f"It is written into {now.side_path}.")

        self.app.push_screen(DescribeScreen(record.name, about, describe), lambda _: self._ask_more())

    # downloads

    def action_do_browser_get(self) -> None:
        """Ask for an address."""
        from sdtui.ui.rooms.browser_forms import GetScreen

        async def fetch(url: str, kind: ModelKind, name: str, sha256: str) -> None:
            view = await self._shelf.fetch(url, kind, name, sha256)
            self.say(f"It is on its way, and goes on when the studio is left: {view.url}")
            self.studio_changed()

        self.app.push_screen(GetScreen(fetch))

    def action_do_browser_other(self) -> None:
        """To the downloads."""
        fetches = self.query_one(FetchRows)
        if fetches.display:
            self.set_focus(fetches)
        else:
            self.say("Nothing is on its way; a gets a model from an address.")

    def on_fetch_rows_asked(self, message: FetchRows.Asked) -> None:
        """Something is to be done with a download."""
        match message.what:
            case "new":
                self.action_do_browser_get()
            case "leave":
                self.set_focus(self.rows)
            case "stop":
                self._with_fetch(self._shelf.stop)
            case "clear":
                self._spawn(self._clear())
            case "again":
                self._with_fetch(self._shelf.again)

    async def _clear(self) -> None:
        if not await self._shelf.forget_over():
            self.say("No download is over.")

    def _with_fetch(self, act: Callable[[FetchView], Awaitable[object]]) -> None:
        row, views = self.query_one(FetchRows).cursor, self._shelf.fetches
        if row is not None and row < len(views):
            self._spawn(act(views[row]))

    def action_leave(self) -> None:
        """Back from the details to the list, or to the studio."""
        if self.has_class("told"):
            self.action_do_browser_details()
        else:
            super().action_leave()
