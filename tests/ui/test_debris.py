"""What is on the terminal after each key, in every protocol: the pictures that are to be seen, all of them, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from PIL import Image
from textual._compositor import CompositorUpdate

from sdtui.terminal.painter import CellSize
from sdtui.terminal.probe import STATUS_QUERY, Replies
from sdtui.ui.messages import TerminalReplied
from sdtui.ui.widgets.canvas import Canvas
from tests.terminal.paper import Cell, Paper
from tests.ui.fake import FakeConfig, FakePreview, FakeServer, job_view
from tests.ui.screen import StudioApp, StudioPilot, lines, studio, until

PROTOCOLS = ("kitty", "kitty-direct", "iterm", "sixel", "half", "ascii")
PAST_TEXTUAL = frozenset({"kitty-direct", "iterm", "sixel"})
USUAL = CellSize(10, 20)


class OnPaper(StudioApp):
    """The studio on a terminal on paper, which answers at once."""

    def __init__(self, server: FakeServer, protocol: str, size: tuple[int, int]) -> None:
        super().__init__(server.open, FakeConfig(preview=FakePreview(protocol)))
        self.paper = Paper(*size, USUAL)
        self.reports = 0

    def write_past(self, data: bytes) -> None:
        self.paper.feed(data.decode())
        if data.endswith(STATUS_QUERY):
            self.reports += 1
            self.post_message(TerminalReplied(Replies(), self.reports))

    def _display(self, screen: object, renderable: object) -> None:
        if isinstance(renderable, CompositorUpdate) and not self._batch_count:
            if (self.paper.width, self.paper.height) != self.size:
                self.paper.resize(*self.size)
            self.paper.feed(renderable.render_segments(self.console))
        super()._display(screen, renderable)  # type: ignore[arg-type]

    @property
    def wanted(self) -> set[Cell]:
        """The cells on which a picture is to be seen."""
        found: set[Cell] = set()
        for canvas in self.screen.query(Canvas):
            if canvas._seen and canvas._laid is not None and canvas._laid.painting.size.width_cells:
                region = canvas._region
                found |= {(x, y) for x in range(region.x, region.right) for y in range(region.y, region.bottom)}
        return found

    @property
    def whole(self) -> bool:
        """Every canvas has what it is to have in the end, for the room that it has."""
        canvases = [canvas for canvas in self.screen.query(Canvas) if canvas._seen and canvas._shown is not None]
        return all(
            canvas._laid is not None
            and canvas._laid.whole
            and canvas._sending is None
            and canvas.content_region.contains_region(canvas._region)
            and canvas._easel is not None
            and canvas._easel._wanted is not None
            and canvas._easel._wanted[1].box.width_cells <= canvas.size.width
            for canvas in canvases
        )


def gallery(count: int = 3) -> FakeServer:
    renders = job_view(1, count, state="done")
    server = FakeServer(jobs=(job_view(1, state="done", path="/o/0.png"), named(2, count)), seq=1)
    assert renders
    for number in range(count + 1):
        picture = Image.linear_gradient("L").rotate(90 * number).resize((300, 200 + number)).convert("RGB")
        server.pictures[f"/o/{number}.png"] = (*picture.size, picture.tobytes())
    server.record = "a \x1b[31mred cat\nSteps: 20, Seed: 7\u202e"
    return server


def named(job_id: int, count: int) -> object:
    from msgspec.structs import replace

    job = job_view(job_id, count, state="done")
    renders = tuple(replace(render, path=f"/o/{number}.png") for number, render in enumerate(job.renders, 1))
    return replace(job, renders=renders)


@asynccontextmanager
async def on_paper(protocol: str, size: tuple[int, int]) -> AsyncIterator[tuple[StudioPilot, OnPaper]]:
    server = gallery()
    app = OnPaper(server, protocol, size)
    async with studio(server, size, app=app) as pilot:
        yield pilot, app


async def clean(pilot: StudioPilot, app: OnPaper, protocol: str, step: str) -> None:
    """In the end, pictures are where they are to be, whole, and nowhere else; the text is what Textual thinks it is."""

    def settled() -> bool:
        if not app.whole:
            return False
        if protocol in {"half", "ascii"}:
            return True
        return app.paper.covered == app.wanted and not app.paper.orphans

    try:
        await until(pilot, settled, step)
    except AssertionError as error:
        over, lost = app.paper.covered - app.wanted, app.wanted - app.paper.covered
        raise AssertionError(f"{step}: left over {sorted(over)[:5]}, lost {sorted(lost)[:5]}\n{error}") from None
    if protocol != "kitty":
        await until(pilot, lambda: not torn(app), f"{step}: the text {torn(app)}")


def torn(app: OnPaper) -> list[int]:
    """The rows whose text on the terminal is not what Textual thinks it is."""
    return [row for row, line in enumerate(lines(app)) if app.paper.line(row) != line]


STEPS: tuple[tuple[str, ...], ...] = (
    ("f9",),
    ("1",),
    ("plus", "plus", "l", "j"),
    ("pagedown",),
    ("i",),
    ("c",),
    ("space",),
    ("n",),
    ("0",),
    ("f1",),
    ("escape",),
    ("c", "i"),
    ("f9",),
    ("f1", *"zoom"),
    ("escape",),
    ("ctrl+p", "down", "down"),
    ("escape",),
    ("ctrl+o", "escape"),
    ("alt+6",),
    ("alt+3",),
    ("alt+5",),
    ("f9", "escape", "f9", "q"),
    ("f9", "f9"),
)


@pytest.mark.parametrize(
    ("protocol", "size"), [*((protocol, (80, 24)) for protocol in PROTOCOLS), ("kitty-direct", (120, 40))]
)
async def test_no_key_leaves_anything_of_a_picture_behind(protocol: str, size: tuple[int, int]) -> None:
    async with on_paper(protocol, size) as (pilot, app):
        await pilot.press("alt+5")
        await until(pilot, lambda: app.wanted, "a picture")
        await clean(pilot, app, protocol, "start")
        for keys in STEPS:
            await pilot.press(*keys)
            await clean(pilot, app, protocol, " ".join(keys))


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_no_change_of_size_leaves_anything_behind(protocol: str) -> None:
    async with on_paper(protocol, (80, 24)) as (pilot, app):
        await pilot.press("alt+5")
        await until(pilot, lambda: app.wanted, "a picture")
        for zoomed in (False, True):
            if zoomed:
                await pilot.press("f9")
            for size in ((60, 16), (50, 10), (110, 34), (80, 24)):
                await pilot.resize_terminal(*size)
                await asyncio.sleep(0)
                await clean(pilot, app, protocol, f"{size} zoomed {zoomed}")


@pytest.mark.parametrize("protocol", ["kitty", "kitty-direct"])
async def test_kitty_keeps_no_picture_after_the_studio(protocol: str) -> None:
    async with on_paper(protocol, (120, 40)) as (pilot, app):
        await pilot.press("alt+5", "f9")
        await until(pilot, lambda: app.wanted, "a picture")
        await clean(pilot, app, protocol, "zoom")
        await pilot.press("ctrl+q")
    assert app.paper.pictures == set()
    assert protocol == "kitty" or app.paper.covered == set()
