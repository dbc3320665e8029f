"""What rooms of lists and texts have in common: a title, panes side by side, a line of notices, a footer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import Region
from textual.screen import Screen

from sdtui.ui.commands.bindings import bindings, bound
from sdtui.ui.commands.keys import Keys
from sdtui.ui.commands.table import COMMAND, REACHED, Place
from sdtui.ui.widgets.footer import Footer
from sdtui.ui.widgets.line import Line
from sdtui.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from textual.worker import WorkType

READING = ("read", "look", "about")
"""Groups of what is only asked for to be shown: nobody waits for it once the room is left."""


class FramedRoom(Screen[None], inherit_bindings=False):
    """`here` is the place of the commands that work where the focus is. Each room's key leads from one to the other."""

    here: Place
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("screen"),
        *bindings("above"),
        *(bound(room, f"go_room('{room}')") for room in REACHED),
    ]
    DEFAULT_CSS: ClassVar[str] = """
    FramedRoom {
        overflow: hidden; background: $background; layout: vertical;
        #title { background: $panel; }
        #panes { height: 1fr; }
        Rows, PromptEditor {
            border: round $foreground 35%; background: $background; padding: 0; scrollbar-size: 1 1;
            border-title-color: $foreground; border-subtitle-color: $foreground 80%;
            &:focus { border: heavy $primary; border-title-color: $primary; border-title-style: bold; }
        }
    }
    """

    def __init__(self, keys: Keys) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """The frame around the panes."""
        yield Line(id="title")
        with Horizontal(id="panes"):
            yield from self.compose_panes()
        yield Notice(id="notice")
        yield Footer(self._keys)

    def compose_panes(self) -> ComposeResult:
        """The panes, side by side; to be overridden."""
        yield from ()

    @property
    def is_open(self) -> bool:
        """It is not left, though what it has asked may be answered then."""
        return bool(self.children) and self in self.app.screen_stack

    def on_mount(self) -> None:
        """Say what can be done."""
        self.show_footer()

    def show_footer(self) -> None:
        """Say what can be done where the focus is."""
        self.query_one(Footer).show_for(self.here)

    def title_says(self, text: str) -> None:
        """Show this on the first line."""
        self.query_one("#title", Line).show(Content.styled(f" {text}", "bold"))

    def after_display(self, written: Iterable[Region]) -> None:
        """There are no pictures here."""

    def say(self, text: str, *, error: bool = False) -> None:
        """Show a sentence on the notice line."""
        if self.is_open:
            self.query_one(Notice).say(text, error=error)

    def newest(self, work: Callable[[], Coroutine[None, None, None]], group: str) -> None:
        """Run this, and no longer what was begun before in its group."""
        wanted = cast("WorkType[None]", work)
        self.run_worker(wanted, group=group, exclusive=True)

    def folder_changed(self, folder: str) -> None:
        """Files were changed, by whomever; to be overridden."""

    async def settle(self) -> None:
        """Keep what is written here, because the studio ends; to be overridden."""

    async def action_go_room(self, room: str) -> None:
        """Leave this room, if it can be left, for another; for the studio with that one's key or its own."""
        if self.is_current:
            await self.settle()
            self.action_leave()
            if not self.is_current and room != "studio" and not room.startswith(self.here):
                self.app.call_later(self.app.run_action, f"screen.{COMMAND[room].action}")

    def action_leave(self) -> None:
        """Back to the screen below."""
        # Several keys may arrive before the first of them has closed the screen.
        if self.is_current and self.is_mounted:
            for group in READING:
                self.workers.cancel_group(self, group)
            self.dismiss()
