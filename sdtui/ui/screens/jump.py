"""Jump mode: a digit on every pane that is seen, and the next key goes there."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Key
from textual.geometry import Region
from textual.screen import ModalScreen

from sdtui.ui.commands import PANES, PaneId
from sdtui.ui.widgets.line import Line


class JumpScreen(ModalScreen[PaneId | None]):
    """Lets the screen below be seen; any key ends it."""

    DEFAULT_CSS = """
    JumpScreen { background: transparent; }
    JumpScreen Line { width: 5; height: 1; position: absolute; background: $warning; color: $background; }
    """

    def __init__(self, places: Mapping[PaneId, Region]) -> None:
        super().__init__()
        self._places = places

    def compose(self) -> ComposeResult:
        """A label on every pane."""
        for number, (pane, _) in enumerate(PANES, 1):
            region = self._places.get(pane)
            if region is not None:
                label = Line(Content.styled(f"  {number}  ", "bold"))
                label.styles.offset = (region.x + region.width // 2 - 2, region.y + region.height // 2)
                yield label

    def on_key(self, event: Key) -> None:
        """Go where the digit says, or nowhere."""
        event.stop()
        event.prevent_default()
        number = int(event.character) if event.character and event.character.isdecimal() else 0
        self.dismiss(PANES[number - 1][0] if 1 <= number <= len(PANES) else None)
