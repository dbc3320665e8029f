"""Jump mode: a digit on every pane that is seen, and the next key goes there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.events import Key
from textual.geometry import Region
from textual.screen import ModalScreen

from sdtui.ui.commands.bindings import bindings
from sdtui.ui.commands.keys import Keys
from sdtui.ui.commands.table import PANES, PaneId
from sdtui.ui.widgets.line import Line

LABEL_CELLS = 5


class JumpScreen(ModalScreen[None], inherit_bindings=False):
    """Lets the screen below be seen; any key ends it."""

    DEFAULT_CSS = """
    JumpScreen { background: transparent; }
    JumpScreen Line { width: 5; height: 1; position: absolute; background: $warning; color: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("jump")]

    def __init__(self, places: Mapping[PaneId, Region], go: Callable[[PaneId], None], keys: Keys) -> None:
        super().__init__()
        self._keys = keys
        self._places = places
        self._go = go

    def compose(self) -> ComposeResult:
        """A label on every pane."""
        for number, (pane, _) in enumerate(PANES, 1):
            region = self._places.get(pane)
            if region is not None:
                label = Line(Content.styled(self._keys.shown(f"jump-{number}").center(LABEL_CELLS), "bold"))
                label.styles.offset = (region.x + region.width // 2 - 2, region.y + region.height // 2)
                yield label

    def action_go(self, pane: PaneId) -> None:
        """Leave, and go to a pane."""
        self._leave()
        self._go(pane)

    def on_key(self, event: Key) -> None:
        """Any other key leaves; one that came after it was meant for the screen below."""
        event.stop()
        event.prevent_default()
        if self.is_current:
            self._leave()
        else:
            self.app.post_message(Key(event.key, event.character))

    def _leave(self) -> None:
        # Several keys may arrive before the first of them has closed the screen.
        if self.is_current:
            self.dismiss()
