"""A picture over the whole screen: fitted or in its true pixels, one after the other, or two side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from sdtui.ui.commands.bindings import bindings, bound
from sdtui.ui.commands.keys import Keys
from sdtui.ui.screens.sighted import SightedScreen
from sdtui.ui.widgets.record import Record

if TYPE_CHECKING:
    from sdtui.ui.showing.exhibit import Fetch
    from sdtui.ui.showing.sight import Sight
    from sdtui.ui.terminal.link import TerminalLink

STEP = 1 / 8
"""Of what is seen: so far an arrow key moves."""


class ZoomScreen(SightedScreen):
    """What keys do; `open_outside` is given the picture's path."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("zoom"),
        bound("zoom"),
        bound("open-outside"),
    ]

    def __init__(
        self, sight: Sight, fetch: Fetch, terminal: TerminalLink, open_outside: Callable[[str], None], keys: Keys
    ) -> None:
        super().__init__(sight, fetch, terminal, keys)
        self._open_outside = open_outside

    def action_do_zoom_fit(self) -> None:
        """All of the picture."""
        port = self._port
        self._look(port and port.at(None))

    def action_do_zoom_true(self) -> None:
        """The picture's own pixels."""
        port = self._port
        self._look(port and port.at(1.0))

    def action_do_zoom_nearer(self) -> None:
        """Larger."""
        port = self._port
        self._look(port and port.nearer())

    def action_do_zoom_further(self) -> None:
        """Smaller."""
        port = self._port
        self._look(port and port.further())

    def _move(self, right: float, down: float) -> None:
        port = self._port
        if port is not None and port.all_seen and right:
            self._step(1 if right > 0 else -1)
        elif port is not None:
            self._look(port.moved(right, down))

    def action_do_zoom_left(self) -> None:
        """Move to the left; the picture before when all of this one is seen."""
        self._move(-STEP, 0)

    def action_do_zoom_right(self) -> None:
        """Move to the right; the next picture when all of this one is seen."""
        self._move(STEP, 0)

    def action_do_zoom_up(self) -> None:
        """Move up."""
        self._move(0, -STEP)

    def action_do_zoom_down(self) -> None:
        """Move down."""
        self._move(0, STEP)

    def action_do_zoom_page_up(self) -> None:
        """Move up by what is seen."""
        self._move(0, -1)

    def action_do_zoom_page_down(self) -> None:
        """Move down by what is seen."""
        self._move(0, 1)

    def _step(self, by: int) -> None:
        count = len(self._sight.subjects)
        if count == 1:
            self.say("The job has no other picture.")
            return
        self._other = self._subject
        self._at = (self._at + by) % count
        self._look(None)

    def action_do_zoom_next(self) -> None:
        """The job's next picture."""
        self._step(1)

    def action_do_zoom_previous(self) -> None:
        """The job's picture before."""
        self._step(-1)

    def action_do_zoom_record(self) -> None:
        """What the picture says of itself, or no longer."""
        record = self.query_one(Record)
        record.display = not record.display
        self._look(None)

    def action_do_zoom_compare(self) -> None:
        """Both pictures side by side, or one alone."""
        two = self.canvases[1]
        if self._other is None:
            self.say("There is no other picture to compare this one with.")
            return
        two.display = not two.display
        self._look(None)
        self.call_after_refresh(self._update)

    def action_do_zoom_flip(self) -> None:
        """The other picture in this one's place, seen from the same point."""
        if self._other is None:
            self.say("There is no other picture to compare this one with.")
            return
        subject, other = self._subject, self._other
        known = {each.path: number for number, each in enumerate(self._sight.subjects)}
        if other.path not in known:
            self._sight = self._sight._replace(subjects=[*self._sight.subjects, other])
            known[other.path] = len(self._sight.subjects) - 1
        self._at, self._other = known[other.path], subject
        self._exhibits.reverse()
        self._look(None)

    def action_do_open_outside(self) -> None:
        """Open the picture in a program outside."""
        self._open_outside(self._subject.path)

    def action_do_zoom(self) -> None:
        """Back."""
        self.action_leave()
