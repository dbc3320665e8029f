"""The studio as a Textual app: paints first, connects after."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual._compositor import ChopsUpdate
from textual.app import App
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.geometry import Region, Size

from sdtui.ui.client import OpenClient
from sdtui.ui.commands import bindings
from sdtui.ui.config import StudioConfig
from sdtui.ui.guard import OutputGuard
from sdtui.ui.keys import keys_in_force
from sdtui.ui.messages import TerminalReplied
from sdtui.ui.screens.studio import Setup, StudioScreen

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.driver import Driver
    from textual.screen import Screen


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
    ) -> None:
        super().__init__(driver_class=driver_class)
        self.animation_level = "none"
        self.keys = keys_in_force(config.keys)
        self.config = config
        self._guard = OutputGuard()
        self._open_client = open_client
        self._problems = [*problems, *self.keys.problems]
        self._leaving = False

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The guard comes first, so that every other filter sees clean text."""
        return [self._guard, *super().get_line_filters()]

    def on_mount(self) -> None:
        """Take the config's theme and keys, and show the studio."""
        self.set_keymap(dict(self.keys.changed))
        self._take_theme()
        self.push_screen(
            StudioScreen(Setup(self._open_client, self.config, self.keys, self._problems, self.write_past))
        )

    def _take_theme(self) -> None:
        wanted = self.config.theme
        if not wanted:
            return
        if wanted in self.available_themes:
            self.theme = wanted
            return
        near = difflib.get_close_matches(wanted, self.available_themes, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        self._problems.append(f"theme: There is no theme '{wanted}'.{hint}")

    def write_past(self, data: bytes) -> None:
        """Write to the terminal past Textual, in order with what it writes."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(data.decode("ascii"))

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Let what is painted past Textual come after what Textual writes there. Overrides Textual 8.2's own writer."""
        super()._display(screen, renderable)
        studio = self._studio
        if studio is not None and renderable is not None:
            studio.after_display(written(renderable, self.size))

    @property
    def _studio(self) -> StudioScreen | None:
        return next((screen for screen in self.screen_stack if isinstance(screen, StudioScreen)), None)

    def on_terminal_replied(self, message: TerminalReplied) -> None:
        """The terminal answered something."""
        studio = self._studio
        if studio is not None:
            studio.terminal_replied(message.replies, message.status_reports)

    def action_do_help(self) -> None:
        """Show every command."""
        from sdtui.ui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.keys, self._studio.here if self._studio is not None else None))

    def action_do_palette(self) -> None:
        """Find a command by its name."""
        from textual.command import CommandPalette

        from sdtui.ui.screens.palette import StudioCommands

        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(providers=[StudioCommands]))

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
            await studio.close()
        self.exit(0)


def written(renderable: RenderableType, size: Size) -> list[Region]:
    """The regions of the screen that an update of Textual's writes."""
    if isinstance(renderable, ChopsUpdate):
        return [Region(left, row, right - left, 1) for row, left, right in renderable.spans]
    return [size.region]


def run(open_client: OpenClient, config: StudioConfig, *, problems: Sequence[str] = ()) -> int:
    """Run the studio until it is left; the exit code. `problems` are sentences to show at the start."""
    from sdtui.ui.driver import StudioDriver

    app = StudioApp(open_client, config, problems=problems, driver_class=StudioDriver)
    code = app.run(mouse=True)
    return app.return_code or 0 if code is None else code
