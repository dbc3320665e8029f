"""The way from the studio to the watched folders, and what it hears of them meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdtui.ui.screens.shelving import ShelvingScreen
from sdtui.ui.screens.viewing import ViewingScreen

if TYPE_CHECKING:
    from sdtui.spec.event import FilesChanged, WatchesChanged
    from sdtui.spec.verbs import PictureAnswer
    from sdtui.ui.presenter import StudioPresenter
    from sdtui.ui.rooms.watching import WatchingRoom
    from sdtui.ui.showing.exhibit import Part
    from sdtui.ui.showing.outside import Said
    from sdtui.ui.showing.sight import Sight
    from sdtui.ui.terminal.link import TerminalLink


class WatchingScreen(ShelvingScreen, ViewingScreen):
    """Opens the room of watched folders, and tells it what changed."""

    _watching: WatchingRoom | None = None

    def watching_changed(self, event: WatchesChanged | FilesChanged | None) -> None:
        """Watched folders or files stand otherwise than before; None: anything may, the connection is a new one."""
        if self._watching is not None and self._watching.is_attached:
            self._watching.take(event)

    def tell(self, said: Said) -> None:
        """Say what was done with a picture, in the room as well while that is on top."""
        super().tell(said)
        if self._watching is not None and self._watching.is_current:
            self._watching.say(f"{said.path} {said.text}", error=said.error)

    def action_do_watching(self) -> None:
        """Go to the watched folders."""
        self._with_presenter(
            lambda presenter: self._with_terminal(lambda terminal: self._open_watching(presenter, terminal))
        )

    def _open_watching(self, presenter: StudioPresenter, terminal: TerminalLink) -> None:
        from sdtui.ui.rooms.watch_shelf import WatchShelf
        from sdtui.ui.rooms.watch_view import Surroundings
        from sdtui.ui.rooms.watching import WatchingRoom

        if self.app.screen is not self:
            return

        async def fetch(part: Part) -> tuple[PictureAnswer, bytes]:
            return await presenter.connection.demand().picture(part.subject.path, part.max_px)

        def zoom(sight: Sight, compare: bool) -> None:
            self.zoom(sight, presenter, compare=compare)

        around = Surroundings(presenter.state, terminal, fetch, zoom, self._open, self._edit_file)
        self._watching = WatchingRoom(WatchShelf(presenter.connection), around, self._keys)
        self.app.push_screen(self._watching)
