"""One picture, or two side by side, over the whole screen, as much of them as is seen from one point at one scale."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import Region, Size
from textual.screen import Screen

from sdtui.terminal.painter import Box
from sdtui.ui.commands.bindings import bindings
from sdtui.ui.commands.keys import Keys
from sdtui.ui.commands.table import Place
from sdtui.ui.showing.exhibit import Exhibit, Part
from sdtui.ui.showing.sight import Sight
from sdtui.ui.showing.viewport import Span, Viewport, scale_name
from sdtui.ui.text import one_line
from sdtui.ui.widgets.canvas import Canvas
from sdtui.ui.widgets.line import Line
from sdtui.ui.widgets.record import Record

if TYPE_CHECKING:
    from sdtui.ui.showing.exhibit import Fetch
    from sdtui.ui.showing.sight import Subject
    from sdtui.ui.terminal.link import TerminalLink

SAID_S = 4.0
"""Seconds for which a sentence stands in the place of the picture's name."""
HINTS = (
    ("zoom-nearer", "nearer"),
    ("zoom-further", "further"),
    ("zoom-true", "1:1"),
    ("zoom-next", "next"),
    ("zoom-record", "about"),
    ("zoom-compare", "compare"),
    ("zoom-flip", "flip"),
    ("zoom", "back"),
)
"""Commands that are told of, and what is said of them."""


class SightedScreen(Screen[None], inherit_bindings=False):
    """Two canvases, of which the second is seen while pictures are compared; one scale and one point for both."""

    here: Place = "zoom"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen"), *bindings("above")]
    DEFAULT_CSS = """
    SightedScreen {
        overflow: hidden; background: $background; layout: vertical;
        Horizontal { height: 1fr; overflow: hidden; }
        Canvas { width: 1fr; height: 100%; background: $background; }
        #record { background: $panel; }
        #about { background: $panel; }
    }
    """

    def __init__(self, sight: Sight, fetch: Fetch, terminal: TerminalLink, keys: Keys) -> None:
        super().__init__()
        self._sight = sight
        self._at = sight.at
        self._other = sight.before
        self._scale: float | None = None
        self._centre = (0.5, 0.5)
        self._terminal = terminal
        self._keys = keys
        self._ends: list[Callable[[], None]] = []
        self._exhibits = [Exhibit(fetch, self._spawn, self._arrived) for _ in range(2)]
        self._said = ""
        self._rooms: list[Size] = []

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        self.run_worker(work)

    def compose(self) -> ComposeResult:
        """Both places for pictures, what one says of itself, and a line about what is seen."""
        with Horizontal():
            yield Canvas(id="one", best="true")
            yield Canvas(id="two", best="true")
        yield Record()
        yield Line(id="about")

    def on_mount(self) -> None:
        """One picture, and nothing about it."""
        self.query_one("#two").display = False
        self.query_one(Record).display = False
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        for canvas in self.canvases:
            self._ends.append(self._terminal.serve(canvas.use))
            canvas.ready(self._terminal.writes, self._terminal.keystrokes)
        self._update()

    def after_display(self, written: Iterable[Region]) -> None:
        """Textual wrote these regions of the screen."""
        written = list(written)
        rooms = [canvas.size for canvas in self.canvases]
        for canvas in self.canvases:
            canvas.after_display(written)
        if rooms != self._rooms:
            self._rooms = rooms
            self.call_later(self._update)

    @property
    def canvases(self) -> list[Canvas]:
        """Both, in their order."""
        return [*self.query(Canvas)]

    # what is seen

    @property
    def _subject(self) -> Subject:
        return self._sight.subjects[self._at]

    def _arrived(self) -> None:
        if self.is_attached:
            self._update()

    def _update(self) -> None:
        """Show what is to be seen now, or ask for it."""
        one, two = self.canvases
        if not self._ends:
            return
        self._show_on(one, self._exhibits[0], self._subject)
        if two.display and self._other is not None:
            self._show_on(two, self._exhibits[1], self._other)
        record = self.query_one(Record)
        if record.display:
            record.show(self._exhibits[0].record(self._subject), self.size.width, self.size.height // 2)
        self.query_one("#about", Line).show(self._about())

    def _show_on(self, canvas: Canvas, exhibit: Exhibit, subject: Subject) -> None:
        if canvas.terminal is None or min(canvas.size) < 1:
            return
        capabilities, painter = canvas.terminal
        grain = painter.grain(capabilities.cell)
        view = Span(canvas.size.width * grain.width_px, canvas.size.height * grain.height_px)
        whole = exhibit.size(subject)
        part, most = Part(subject, max(view)), None
        if whole is not None and self._scale is not None:
            port = Viewport(whole, view, self._scale, self._centre).settled()
            cells = Box(-(-port.out.width // grain.width_px), -(-port.out.height // grain.height_px))
            ground = Span(cells.width_cells * grain.width_px, cells.height_cells * grain.height_px)
            exact = self._scale == 1 and ground != port.out
            part, most = Part(subject, max(port.out), port.crop, ground if exact else None), cells
        shown = exhibit.want(part)
        refusal = exhibit.refusal(subject)
        if shown is not None or refusal or whole is None:
            canvas.show(
                shown, refusal or f"Reading {subject.name} …", most=most, cell=grain if most is not None else None
            )

    @property
    def _port(self) -> Viewport | None:
        """The first picture's; None before it is known."""
        canvas, whole = self.canvases[0], self._exhibits[0].size(self._subject)
        if canvas.terminal is None or whole is None or min(canvas.size) < 1:
            return None
        capabilities, painter = canvas.terminal
        grain = painter.grain(capabilities.cell)
        view = Span(canvas.size.width * grain.width_px, canvas.size.height * grain.height_px)
        return Viewport(whole, view, self._scale, self._centre)

    def _about(self) -> Content:
        subject, port = self._subject, self._port
        facts = [one_line(subject.name)]
        if len(self._sight.subjects) > 1:
            facts.append(f"{self._at + 1} of {len(self._sight.subjects)}")
        if port is not None:
            facts += [f"{port.picture.width}×{port.picture.height}", scale_name(port.scale, port.fitting)]
            if not port.all_seen:
                facts.append(f"at {port.crop[0]},{port.crop[1]}")
        if self.canvases[1].display and self._other is not None:
            facts.append(f"beside {one_line(self._other.name)}")
        hints = [f"{self._keys.shown(name)} {says}" for name, says in HINTS]
        said = self._said or " · ".join(facts)
        return Content.assemble((f" {said} ", "bold"), ("  " + "  ".join(hints), "dim"))

    def say(self, text: str) -> None:
        """Show a sentence instead of what is seen, for a while or until the next key."""
        self._said = said = one_line(text)
        self._update()
        self.set_timer(SAID_S, lambda: self._unsay(said))

    def _unsay(self, said: str) -> None:
        if self._said == said:
            self._said = ""
            self._update()

    def _look(self, port: Viewport | None) -> None:
        """Look from there."""
        self._said = ""
        if port is not None:
            self._scale, self._centre = port.scale, port.centre
        self._update()

    def action_leave(self) -> None:
        """Back to the screen below, and nothing is left of this one."""
        # Several keys may arrive before the first of them has closed the screen.
        if not self.is_current:
            return
        for canvas in self.canvases:
            canvas.take_away()
        for end in self._ends:
            end()
        self._ends = []
        self.dismiss()
