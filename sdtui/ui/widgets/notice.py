"""The line above the footer: one sentence about what was just done, or what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from sdtui.ui.text import one_line
from sdtui.ui.widgets.line import Line

if TYPE_CHECKING:
    from textual.timer import Timer


class Notice(Line):
    """A sentence goes after `kept_s` seconds; one about an error stays until there is another one."""

    def __init__(self, *, id: str, kept_s: float = 6.0) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.kept_s = kept_s
        self._ageing: Timer | None = None

    def say(self, text: str, *, error: bool = False) -> None:
        """Show this sentence in place of the one before."""
        if self._ageing is not None:
            self._ageing.stop()
            self._ageing = None
        mark = "✗ " if error else ""
        self.show(Content.styled(f" {mark}{one_line(text)}", "$text-error" if error else ""))
        if not error:
            self._ageing = self.set_timer(self.kept_s, self.clear)

    def clear(self) -> None:
        """Say nothing."""
        self.show("")
