"""The room of watched folders, and what can be done in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from sdtui.spec.watch import WatchedFile, WatchedFolder
from sdtui.ui.commands.bindings import bindings
from sdtui.ui.rooms.asking import AskScreen
from sdtui.ui.rooms.watch_view import WatchRows, WatchView, subject
from sdtui.ui.showing.sight import Sight
from sdtui.ui.widgets.canvas import Canvas


class WatchingRoom(WatchView):
    """One method a command."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("watching")]

    def action_do_edit_watched(self) -> None:
        """Edit the file outside."""
        here = self.chosen
        if not isinstance(here, WatchedFile):
            self.say("This is a folder: its files are below it.")
            return
        canvas = self.query_one(Canvas)
        canvas.take_away()
        said = self._around.edit(str(Path(here.folder, here.name)))
        canvas.paint_again()
        self.say(said, error=bool(said))

    def action_do_add_watched(self) -> None:
        """Ask for a folder."""

        def attempt(path: str) -> Awaitable[str]:
            return self._shelf.add(str(Path(path).expanduser().absolute()))

        def added(said: str | None) -> None:
            if said is not None:
                self.say(said)
                self.show_rows()

        self.app.push_screen(AskScreen("Watch which folder?", "", _wrong_path, attempt=attempt), added)

    def action_do_pause_watched(self) -> None:
        """Pause the folder, or go on."""
        self._with_folder(self._shelf.pause)

    def action_do_deepen_watched(self) -> None:
        """Watch the folders in it, or no longer."""
        self._with_folder(self._shelf.deepen)

    def action_do_remove_watched(self) -> None:
        """Watch the folder no longer."""
        self._with_folder(self._shelf.stop)

    def action_do_undo_watched(self) -> None:
        """Watch the folder again that was stopped last."""
        self._do(self._shelf.undo())

    def action_do_render_watched(self) -> None:
        """Render the file again."""
        here = self.chosen
        if isinstance(here, WatchedFile):
            self._do(self._shelf.again(here))

    def action_do_zoom_watched(self) -> None:
        """The picture over the whole screen."""
        self._zoom(compare=False)

    def action_do_compare_watched(self) -> None:
        """The picture beside the one before."""
        self._zoom(compare=True)

    def action_do_open_watched(self) -> None:
        """Open the picture outside."""
        here = self.chosen
        if isinstance(here, WatchedFile) and here.latest:
            self._around.open_outside(here.latest)
        else:
            self.say("There is no picture of it yet.")

    def action_do_open_home(self) -> None:
        """Open the folder of its pictures outside."""
        here = self.chosen
        if isinstance(here, WatchedFile) and here.home:
            self._around.open_outside(here.home)
        else:
            self.say("There is no picture of it yet.")

    def action_do_follow_watched(self) -> None:
        """Go to each file whose picture is new, or no longer."""
        self._following = not self._following
        self.say("Each new picture is shown." if self._following else "The chosen file stays chosen.")
        self.show_rows()

    def action_do_filter_watched(self) -> None:
        """What is typed next is the filter."""
        self.query_one(WatchRows).start_filter()

    def _zoom(self, *, compare: bool) -> None:
        here = self.chosen
        if not isinstance(here, WatchedFile) or not here.latest:
            self.say("There is no picture of it yet.")
        elif compare and not here.before:
            self.say("There is no picture of an earlier save yet.")
        else:
            before = subject(here.before) if here.before else None
            self._around.zoom(Sight((subject(here.latest),), before=before), compare)

    def _with_folder(self, work: Callable[[WatchedFolder], Awaitable[str]]) -> None:
        here = self.chosen
        folder = self._shelf.folder_of(here) if here is not None else None
        if folder is not None:
            self._do(work(folder))

    def _do(self, work: Awaitable[str | None]) -> None:
        self.run_worker(self.said(work), group="work")


def _wrong_path(typed: str) -> str:
    """The folder is the server's to judge; here only what can be no path is said."""
    try:
        typed.encode()
    except UnicodeEncodeError:
        return "This is no text."
    return "" if "\0" not in typed else "This is no path."
