"""What is seen of pictures: in the preview, over the whole screen, in a program outside."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from textual.content import Content
from textual.geometry import Region
from textual.style import Style

from sdtui.ui.commands.keys import Keys
from sdtui.ui.commands.table import Place
from sdtui.ui.panes.preview import PreviewPane
from sdtui.ui.screens.commanded import CommandedScreen
from sdtui.ui.terminal.keystrokes import Keystrokes
from sdtui.ui.text import one_line
from sdtui.ui.widgets.canvas import Canvas
from sdtui.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from textual.timer import Timer

    from sdtui.spec.verbs import PictureAnswer
    from sdtui.terminal.probe import Replies
    from sdtui.ui.presenter import StudioPresenter
    from sdtui.ui.showing.exhibit import Part
    from sdtui.ui.showing.outside import Said
    from sdtui.ui.showing.sight import Sight

ASK_AFTER_S = 0.3
"""After the last of several changes the terminal is asked again what it is and how large its cells are."""


@runtime_checkable
class PaintedScreen(Protocol):
    """A screen with pictures that are drawn past Textual; `here` is the place of the commands that work on it."""

    @property
    def here(self) -> Place | None:
        """Where the focus is."""

    def after_display(self, written: Iterable[Region]) -> None:
        """Textual wrote these regions of the screen."""


class ToTerminal(NamedTuple):
    """The ways to the terminal: writing past Textual, whether the user types, and forgetting what it answered."""

    write: Callable[[bytes], None]
    keystrokes: Keystrokes
    forget: Callable[[], None]


class ViewingScreen(CommandedScreen):
    """Knows the terminal, and hands it on to what paints."""

    def __init__(self, keys: Keys, viewer: str, to_terminal: ToTerminal) -> None:
        super().__init__(keys, viewer)
        self._to_terminal = to_terminal
        self._asking: Timer | None = None

    # the terminal

    async def open_terminal(self, protocol: str) -> None:
        """Paint from now on with what works nearly everywhere, or with what is configured, and ask for something better."""
        await asyncio.to_thread(importlib.import_module, "sdtui.ui.terminal.link")
        from sdtui.ui.terminal.link import TerminalLink

        way = self._to_terminal
        self._terminal = TerminalLink(way.write, protocol, keystrokes=way.keystrokes, forget=way.forget)
        preview = self.query_one(PreviewPane)
        self._terminal.serve(preview.use)
        preview.ready(self._terminal.writes, way.keystrokes)
        self._terminal.ask()
        self.grant_sights(self._terminal)

    def terminal_replied(self, replies: Replies, status_reports: int) -> None:
        """The terminal answered something."""
        if self._terminal is not None:
            self._terminal.replied(replies, status_reports)

    def on_resize(self) -> None:
        """Another size may mean another size of the cells, or another terminal around tmux."""
        self.ask_soon()

    def ask_soon(self) -> None:
        """Ask the terminal again, once for several reasons that come together."""
        if self._terminal is not None:
            if self._asking is not None:
                self._asking.stop()
            self._asking = self.set_timer(ASK_AFTER_S, self._terminal.ask)

    def after_display(self, written: Iterable[Region]) -> None:
        """Textual wrote these regions of the screen."""
        self.query_one(PreviewPane).after_display(written)

    def take_pictures_away(self) -> None:
        """Leave nothing of a picture on the terminal, on whatever screen it is."""
        for screen in self.app.screen_stack:
            for canvas in screen.query(Canvas):
                canvas.take_away()

    # over the whole screen

    def action_do_zoom(self) -> None:
        """Show the picture over the whole screen."""
        self._with_presenter(self._zoom)

    def _zoom(self, presenter: StudioPresenter) -> None:
        sight = presenter.sight()
        if sight is None:
            self.say("The selected job has no finished picture yet.")
            return
        self._with_terminal(lambda _: self.zoom(sight, presenter))

    def zoom(self, sight: Sight, presenter: StudioPresenter, *, compare: bool = False) -> None:
        """Show these pictures over the whole screen, or with `compare` the first beside the one before it."""
        from sdtui.ui.screens.zoom import ZoomScreen

        async def fetch(part: Part) -> tuple[PictureAnswer, bytes]:
            client, subject = presenter.connection.demand(), part.subject
            return await client.picture(subject.path, part.max_px, crop=part.crop, outside=subject.outside)

        if self._terminal is not None:
            screen = ZoomScreen(sight, fetch, self._terminal, self._open, self._keys)
            self.app.push_screen(screen)
            if compare:
                screen.call_after_refresh(screen.action_do_zoom_compare)

    # in a program outside

    def action_do_open_outside(self) -> None:
        """Open the picture outside, or give its path to the user's own desktop."""
        self._with_presenter(self._open_shown)

    def _open_shown(self, presenter: StudioPresenter) -> None:
        if presenter.looking.path:
            self._open(presenter.looking.path)
        else:
            self.say("The selected job has no finished picture yet.")

    def _open(self, path: str) -> None:
        self.run_worker(self._open_outside(path))

    async def _open_outside(self, path: str) -> None:
        from sdtui.ui.showing.outside import Surroundings, open_outside

        self.tell(await open_outside(path, self._viewer, Surroundings(write=self._to_terminal.write)))

    def tell(self, said: Said) -> None:
        """Say what was done with a picture; its path is a link. On a screen above, it is said there."""
        self.say(f"{said.path} {said.text}", error=said.error)
        from sdtui.ui.screens.sighted import SightedScreen

        top = self.app.screen
        if isinstance(top, SightedScreen):
            top.say(f"{said.path} {said.text}")
        colour = "$text-error" if said.error else ""
        path = Content.styled(one_line(said.path), Style(link=said.link))
        start = Content.styled(" ✗ " if said.error else " ", colour)
        self.query_one(Notice).show(start.append(path).append(Content.styled(f" {one_line(said.text)}", colour)))
