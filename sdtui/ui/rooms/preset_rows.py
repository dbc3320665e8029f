"""The two panes of the room of presets."""

from __future__ import annotations

from collections.abc import Callable

from sdtui.ui.widgets.filtered import FilteredRows
from sdtui.ui.widgets.rows import Rows


class PresetRows(FilteredRows):
    """The list; `refilter` shows what has all of the words."""

    title = "Presets"
    refilter: Callable[[], None] | None = None

    def on_mount(self) -> None:
        """Give it its title."""
        self.say_filter()

    def filter_changed(self) -> None:
        """Show what has all of the words."""
        if self.refilter is not None:
            self.refilter()


class ChangeRows(Rows):
    """The changes; `refold` folds them to the width that there is."""

    refold: Callable[[], None] | None = None

    def notify_resize(self) -> None:
        """The room is another one."""
        if self.refold is not None:
            self.refold()
