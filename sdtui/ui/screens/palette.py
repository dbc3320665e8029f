"""The palette's rows: every command of the table that works where the focus is, and the themes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from functools import partial
from typing import NamedTuple

from textual.command import DiscoveryHit, Hit, Provider
from textual.types import IgnoreReturnCallbackType

from sdtui.ui.commands import COMMANDS
from sdtui.ui.keys import Keys, display


class Row(NamedTuple):
    """A row of the palette."""

    name: str
    about: str
    run: IgnoreReturnCallbackType


class StudioCommands(Provider):
    """Commands in the order of their table."""

    async def discover(self) -> AsyncGenerator[DiscoveryHit, None]:
        """Everything, before anything is typed."""
        for row in self._rows():
            yield DiscoveryHit(row.name, row.run, help=row.about)

    async def search(self, query: str) -> AsyncGenerator[Hit, None]:
        """What fits what is typed."""
        matcher = self.matcher(query)
        for row in self._rows():
            score = matcher.match(row.name)
            if score > 0:
                yield Hit(score, matcher.highlight(row.name), row.run, help=row.about)

    def _rows(self) -> Iterator[Row]:
        keys = getattr(self.app, "keys", None)
        namespaces = [self.app, self.screen, *([self.focused] if self.focused is not None else [])]
        for command in COMMANDS:
            method = "action_" + command.action.partition("(")[0]
            node = next((node for node in namespaces if hasattr(node, method)), None)
            if node is None or command.id == "palette":
                continue
            shown = ", ".join(display(key) for key in keys.by_id[command.id]) if isinstance(keys, Keys) else ""
            run = partial(self.app.run_action, command.action, node)
            yield Row(command.label, f"{command.help}  {shown}  (id {command.id})", run)
        for theme in sorted(self.app.available_themes):
            yield Row(
                f"Theme: {theme}", "Change the colours until the studio is left.", partial(self._use_theme, theme)
            )

    def _use_theme(self, theme: str) -> None:
        self.app.theme = theme
