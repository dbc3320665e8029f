"""The studio as a Textual app: paints first, connects after."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual._compositor import ChopsUpdate
from textual.app import App
from textual.binding import BindingType
from textual.events import Event, Key
from textual.filter import LineFilter, NoColor
from textual.geometry import Region, Size

from sdtui.ui.client import OpenClient
from sdtui.ui.commands.bindings import bindings
from sdtui.ui.commands.keys import Keys, keys_in_force
from sdtui.ui.config import StudioConfig
from sdtui.ui.messages import TerminalGone, TerminalReplied
from sdtui.ui.screens.studio import Setup, StudioScreen
from sdtui.ui.screens.viewing import PaintedScreen, ToTerminal
from sdtui.ui.terminal import hangup
from sdtui.ui.terminal.guard import OutputGuard
from sdtui.ui.terminal.keystrokes import Keystrokes
from sdtui.ui.terminal.theme import is_light, theme_for

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.driver import Driver
    from textual.screen import Screen


KEYS_WAIT_S = 0.25
"""The longest that a key waits for those before it."""

OPENING_WAIT_S = 5.0
"""The longest that a key waits for a screen that is being opened: one that is left half open has nothing to close."""

HANG_UP_S = 0.4
"""The same when there is no terminal any more."""

CLOSE_S = 1.5
"""The longest that leaving waits for a server that does not answer."""


class StudioApp(App[int], inherit_bindings=False):
    """One screen for now; what is the same on every screen is here: quit, help, palette, the filter at the way out."""

    TITLE = "sdtui"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app")]

    def __init__(
        self,
        open_client: OpenClient,
        config: StudioConfig,
        *,
        problems: Sequence[str] = (),
        driver_class: type[Driver] | None = None,
        opened: str = "",
    ) -> None:
        super().__init__(driver_class=driver_class)
        self.animation_level = "none"
        self.keys = keys_in_force(config.keys)
        self.config = config
        self.keystrokes = Keystrokes()
        self._guard = OutputGuard()
        self._open_client = open_client
        self._opened = opened
        self._problems = [*problems, *self.keys.problems]
        self._leaving = False
        self._followed = self.theme

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The guard comes first, so that every other filter sees clean text."""
        return [self._guard, *([NoColor()] if self.no_color else super().get_line_filters())]

    def get_default_screen(self) -> StudioScreen:
        """The studio is the first screen, with nothing below it: each screen costs start-up time."""
        setup = Setup(self._open_client, self.config, self.keys, self._problems, self._opened)
        return StudioScreen(setup, ToTerminal(self.write_past, self.keystrokes, self.forget_replies))

    def on_load(self) -> None:
        """Take the config's theme and keys before anything is drawn."""
        self.set_keymap(self.keys.keymap)
        self._take_theme()

    def _take_theme(self) -> None:
        wanted = self.config.theme
        if not wanted:
            self._follow_background(None)
            return
        if wanted in self.available_themes:
            self.theme = wanted
            return
        import difflib

        near = difflib.get_close_matches(wanted, self.available_themes, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        self._problems.append(f"theme: There is no theme '{wanted}'.{hint}")

    def _follow_background(self, background: tuple[int, int, int] | None) -> None:
        """Take the theme that suits the terminal, unless one was chosen."""
        if self.theme != self._followed or self.config.theme:
            return
        light = is_light(background, os.environ)
        self._followed = theme_for(light=light, colour_system=self.console.color_system)
        if self._followed != self.theme:
            self.theme = self._followed

    def use_config(self, config: StudioConfig, keys: Keys) -> None:
        """Let another configuration count: its keys and theme at once, the rest when the studio is opened again."""
        self.config, self.keys = config, keys
        self.set_keymap(keys.keymap)
        if config.theme in self.available_themes:
            self.theme = config.theme
        if self._studio is not None:
            self._studio.use_keys(keys)

    async def on_event(self, event: Event) -> None:
        """Do what keys are bound to in the order in which they came.

        Textual lets a character that follows overtake a key with a binding, which shows when a slow line brings several keys
        at once: the characters before are waited for here, and then the binding is run at once.
        """
        if isinstance(event, Key):
            self.keystrokes.note()
        if not (isinstance(event, Key) and not event.is_forwarded and await self._do_bound(event)):
            await super().on_event(event)

    async def _do_bound(self, event: Key) -> bool:
        target = self.focused or self.screen
        chain = self.screen._modal_binding_chain
        if target.check_consume_key(event.key, event.character) or not any(
            event.key in bound.key_to_bindings for _, bound in chain
        ):
            return False
        done = asyncio.Event()
        target.call_later(done.set)
        with suppress(TimeoutError):
            async with asyncio.timeout(KEYS_WAIT_S if self.screen.is_mounted else OPENING_WAIT_S):
                await done.wait()
        return await self._check_bindings(event.key, priority=True) or await self._check_bindings(event.key)

    def write_past(self, data: bytes) -> None:
        """Write to the terminal past Textual, in order with what it writes."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(data.decode("ascii"))

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Let what is painted past Textual come after what Textual writes there. Overrides Textual 8.2's own writer."""
        super()._display(screen, renderable)
        if renderable is not None:
            regions = written(renderable, self.size)
            for each in self.screen_stack:
                if isinstance(each, PaintedScreen):
                    each.after_display(regions)

    @property
    def _studio(self) -> StudioScreen | None:
        return next((screen for screen in self.screen_stack if isinstance(screen, StudioScreen)), None)

    @property
    def loaded(self) -> bool:
        """Everything that is loaded after the first paint is there."""
        return self._studio is not None and self._studio.loaded

    def on_terminal_replied(self, message: TerminalReplied) -> None:
        """The terminal answered something."""
        if message.replies.background is not None:
            self._follow_background(message.replies.background)
        studio = self._studio
        if studio is not None:
            studio.terminal_replied(message.replies, message.status_reports)

    def forget_replies(self) -> None:
        """What the terminal answered so far may have been another terminal's."""
        sieve = getattr(self._driver, "sieve", None)
        if sieve is not None:
            sieve.forget()

    def on_app_focus(self) -> None:
        """The window has the focus: inside tmux, perhaps on another terminal than before."""
        if self._studio is not None:
            self._studio.ask_soon()

    def action_do_help(self) -> None:
        """Show every command."""
        from sdtui.ui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.action_leave()
        elif isinstance(self.screen, PaintedScreen):
            self.push_screen(HelpScreen(self.keys, self.screen.here))

    def action_do_palette(self) -> None:
        """Find a command by its name."""
        from sdtui.ui.screens.palette import PaletteScreen

        if isinstance(self.screen, PaletteScreen):
            self.screen.action_leave()
        elif isinstance(self.screen, PaintedScreen):
            self.push_screen(PaletteScreen(self, self.keys))

    def on_mount(self) -> None:
        """A hangup, or being told to end, loses nothing of what was typed."""
        for number in (signal.SIGHUP, signal.SIGTERM):
            if signal.getsignal(number) == signal.SIG_DFL:
                with suppress(RuntimeError, ValueError):
                    asyncio.get_running_loop().add_signal_handler(number, self.post_message, TerminalGone())

    async def on_terminal_gone(self) -> None:
        """Leave at once, for good; jobs go on."""
        if not self.is_headless:
            # A write to a terminal that is gone ends the driver's writer, and leaving would wait for it without end.
            hangup.end_in_time()
        if self._studio is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(HANG_UP_S):
                    await self._studio.close()
        self.exit(hangup.STATUS)

    async def action_do_quit(self) -> None:
        """Leave; what would be lost by it is said first."""
        studio = self._studio
        if studio is not None:
            if studio.would_lose and not self._leaving:
                self._leaving = True
                studio.say(
                    "The server has not answered, so what you typed is not kept. Quit again to leave.", error=True
                )
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await studio.close()
        self.exit(0)


def written(renderable: RenderableType, size: Size) -> list[Region]:
    """The regions of the screen that an update of Textual's writes."""
    if isinstance(renderable, ChopsUpdate):
        return [Region(left, row, right - left, 1) for row, left, right in renderable.spans]
    return [size.region]


def run(open_client: OpenClient, config: StudioConfig, *, problems: Sequence[str] = (), opened: str = "") -> int:
    """Run the studio until it is left; the exit code. `problems` are sentences to show at the start, `opened` a picture."""
    from sdtui.ui.terminal.driver import StudioDriver

    app = StudioApp(open_client, config, problems=problems, driver_class=StudioDriver, opened=opened)
    code = app.run(mouse=True)
    return app.return_code or 0 if code is None else code
