"""Everything about a job or one of its pictures: the whole error first, then what it was made from."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import ModalScreen

from sdtui.spec.jobview import JobView, RenderView
from sdtui.spec.params import FIELD
from sdtui.ui.commands.bindings import bindings, bound
from sdtui.ui.commands.keys import Keys
from sdtui.ui.form.form import shown
from sdtui.ui.text import editable, one_line
from sdtui.ui.widgets.line import Line
from sdtui.ui.widgets.rows import Rows

NAME_CELLS = 16
ERRORS_SHOWN = 20


class DetailsScreen(ModalScreen[None], inherit_bindings=False):
    """Scrolls by the keys of lists; its own key leaves, too."""

    DEFAULT_CSS = """
    DetailsScreen { align: center middle; background: $background 60%; }
    DetailsScreen Rows { width: 90%; max-width: 110; height: 80%; border: round $primary; background: $background; }
    DetailsScreen Line { width: 90%; max-width: 110; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("screen"),
        *bindings("above"),
        *bindings("details"),
        bound("job-details", "leave"),
    ]

    def __init__(self, job: JobView, render_id: str, keys: Keys) -> None:
        super().__init__()
        self._keys = keys
        self._title = f"Job #{job.id}"
        self._facts = list(facts(job, render_id))
        self._folded: list[Content] = []

    def compose(self) -> ComposeResult:
        """What there is to say, and how to leave."""
        yield DetailRows(self._row, empty="")
        yield Line(
            f" {self._keys.shown('list-up')} {self._keys.shown('list-down')} scroll   {self._keys.shown('leave')} closes"
        )

    def on_mount(self) -> None:
        """Give it its title."""
        self.query_one(Rows).border_title = self._title

    def fold(self, width: int) -> int:
        """Fold everything to a width in cells; how many rows that makes."""
        self._folded = []
        for name, text in self._facts:
            room = max(10, width - NAME_CELLS - 1)
            colour = "$text-error" if name in {"Error", "Where", "What to do"} else ""
            lines = [line for part in text.split("\n") for line in (Content(part).wrap(room) if part else [Content()])]
            for number, line in enumerate(lines or [Content()]):
                head = Content.styled(f" {name if number == 0 else ''}", "bold").pad_right(NAME_CELLS)
                head = head.truncate(NAME_CELLS + 1, pad=True)
                self._folded.append(Content.assemble(head, line.stylize(colour)))
        return len(self._folded)

    def action_leave(self) -> None:
        """Back to the screen below."""
        if self.is_current:
            self.dismiss()

    def _row(self, row: int, width: int) -> Content:
        return self._folded[row]


class DetailRows(Rows):
    """The rows of the screen, folded to the width that there is."""

    def notify_resize(self) -> None:
        """The room is another one."""
        if isinstance(self.screen, DetailsScreen):
            self.update(self.screen.fold(self.scrollable_content_region.width))


def facts(job: JobView, render_id: str = "") -> Iterator[tuple[str, str]]:
    """What there is to say about a job, or one of its pictures: names and texts of several lines."""
    chosen = [render for render in job.renders if render.id == render_id]
    renders = chosen or list(job.renders)
    yield from _errors(renders, numbered=len(job.renders) > 1)
    if chosen:
        yield "Picture", f"{chosen[0].index + 1} of {len(job.renders)}"
    yield "State", _state(renders)
    done = [render for render in renders if render.state == "done"]
    if done:
        yield "File" if len(done) == 1 else "Files", "\n".join(one_line(render.path) for render in done[:ERRORS_SHOWN])
    if len(done) == 1:
        yield "Took", f"{done[0].seconds:.1f} s"
    devices = sorted({render.device for render in renders if render.device})
    if devices:
        yield "Device", one_line(", ".join(devices))
    batch = max((render.batch for render in renders if render.state == "running"), default=1)
    if batch > 1:
        yield "Shares", f"{batch} pictures share each step."
    yield "Seed", str(renders[0].seed) + ("" if len(renders) == 1 else f" to {renders[-1].seed}")
    document = job.document
    yield "Prompt", editable(document.prompt) or "(none)"
    if document.negative_prompt:
        yield "Negative", editable(document.negative_prompt)
    yield "Checkpoint", one_line(document.checkpoint) or "(the default one)"
    if document.vae:
        yield "VAE", one_line(document.vae)
    if document.refiner:
        yield "Refiner", one_line(document.refiner)
    for name, value in document.params.items():
        yield FIELD[name].label if name in FIELD else name, one_line(shown(value))
    yield "Queued", time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(job.created_at))


def _errors(renders: list[RenderView], *, numbered: bool) -> Iterator[tuple[str, str]]:
    """Each error once, with the pictures that ended in it."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for render in renders:
        if render.error is not None:
            key = (render.error.what, render.error.where, render.error.todo)
            found.setdefault(key, []).append(render.index + 1)
    for (what, where, todo), numbers in list(found.items())[:ERRORS_SHOWN]:
        yield "Error", editable(what)
        if where:
            yield "Where", editable(where)
        if todo:
            yield "What to do", editable(todo)
        if numbered:
            yield "Pictures", ", ".join(map(str, numbers[:ERRORS_SHOWN])) + ("…" if len(numbers) > ERRORS_SHOWN else "")
        yield "", ""


def _state(renders: list[RenderView]) -> str:
    if len(renders) == 1:
        render = renders[0]
        step = f", step {render.step} of {render.steps}" if render.state == "running" else ""
        return f"{render.state}{step}{', cancelling' if render.cancelling else ''}"
    counts: dict[str, int] = {}
    for render in renders:
        counts[render.state] = counts.get(render.state, 0) + 1
    return ", ".join(f"{count} {state}" for state, count in counts.items())
