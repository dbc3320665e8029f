"""Every pane and dialog as it looks at the three sizes, cell by cell.

`UPDATE_SNAPSHOTS=1 python -m pytest tests/ui/test_snapshots.py` rewrites the files after a wanted change; look at the difference
before it is committed. A test that fails leaves what it saw beside the file, as `NAME.new.svg`.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from sdtui.spec.complaint import Complaint
from sdtui.spec.document import Document
from sdtui.spec.event import Failed, LogLine, Noted, Published, WorkerState
from sdtui.spec.jobview import JobView
from sdtui.ui.commands.table import PANES
from sdtui.ui.presenter import FRAME_S
from tests.ui.fake import DREAM, READY, SHAPES, FakeServer, job_view
from tests.ui.screen import StudioPilot, studio, text, until
from tests.ui.test_models import ANIME, BROKEN, CLEAR, DETAIL, HANDS, XL

FOLDER = Path(__file__).parent / "snapshots"
UPDATE = os.environ.get("UPDATE_SNAPSHOTS", "") not in {"", "0"}
SIZES = ((80, 24), (120, 40), (200, 60))
BALLAST = re.compile(
    r'@font-face \{.*?\}\s*|<clipPath id="[^"]*-line-\d+">.*?</clipPath>\s*| clip-path="url\(#[^"]*-line-\d+\)"',
    re.DOTALL,
)
"""Addresses of fonts, and the lines' own borders: half of a file, and nothing to tell two screens apart by."""
DRAFT = Document(
    prompt="a (red:1.3) circle and a [small] star, <lora:detail:0.8>, [noon:night:0.5] sky",
    negative_prompt="bad-hands, (blurry:1.4)",
    params={"steps": 24, "seed": 1234},
)
WAITING = re.compile(r"[\s┃│]…\s{5}")
"""The place of a small picture that is not here yet."""
QUIET_FRAMES = 6
IDS = re.compile(r"terminal-\d+")
COLOURS = (b"\xc0\x40\x30", b"\x30\x60\xc0", b"\xe0\xc0\x40")


def done(job_id: int, count: int, prompt: str) -> JobView:
    job = job_view(job_id, count, Document(prompt=prompt, params={"batch_count": count}))
    renders = (
        replace(each, state="done", step=20, path=f"/w/outputs/{job_id}-{each.index}.png", seconds=2.5)
        for each in job.renders
    )
    return replace(job, renders=tuple(renders))


def full_server() -> FakeServer:
    """A studio in the middle of its work: jobs in every state, models of every kind, lines of every level."""
    failed = replace(
        job_view(3, document=Document(prompt="an elephant")),
        renders=(replace(job_view(3).renders[0], state="failed", error=Complaint(what="No memory.", todo="Smaller?")),),
    )
    running = job_view(
        4, document=Document(prompt="a green ring"), state="running", step=7, steps=24, step_seconds=0.25, device="cpu"
    )
    jobs = (done(1, 1, "a red circle"), done(2, 4, "a blue star at night"), failed, running, job_view(5), job_view(6))
    noted = (
        LogLine(level="info", text="shapes-64 is loaded (0.4 s)"),
        Published(job_id=1, render_id="r1-0", path="/w/outputs/1-0.png", seconds=2.5),
        LogLine(level="warning", text="The model folders hold one file that cannot be used.", job_id=0),
        Failed(job_id=3, render_id="r3-0", error=Complaint(what="No memory.", where="cpu", todo="Smaller?")),
    )
    server = FakeServer(
        jobs=jobs,
        seq=20,
        draft=DRAFT,
        models=(SHAPES, ANIME, HANDS, BROKEN, CLEAR, DETAIL, DREAM, XL),
        workers=(
            WorkerState(device=READY.device, state="ready", text="ready", memory=600_000_000, checkpoint="shapes-64"),
        ),
        log=tuple(Noted(seq=number, at=1_000_000.0 + number, event=event) for number, event in enumerate(noted, 1)),
    )
    for number, path in enumerate(render.path for job in jobs for render in job.renders if render.path):
        server.pictures[path] = (2, 2, COLOURS[number % len(COLOURS)] * 4)
    return server


@pytest.fixture(autouse=True)
def the_same_clock_everywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def picture_of(pilot: StudioPilot) -> str:
    """The screen as SVG."""
    return IDS.sub("terminal", BALLAST.sub("", pilot.app.export_screenshot(title="sdtui")))


async def settled(pilot: StudioPilot) -> str:
    """The screen once everything is there, and nothing has changed it for some frames."""
    await until(pilot, lambda: "Asking the server" not in text(pilot.app), "the data")
    await until(pilot, lambda: not WAITING.search(text(pilot.app)), "thumbnails")
    if len(pilot.app.screen_stack) == 1 and " Negative " in text(pilot.app):
        await until(pilot, lambda: text(pilot.app).count("/75 ") == 2, "the tokens")
    seen: list[object] = []
    while len(seen) < QUIET_FRAMES or any(each != seen[-1] for each in seen[-QUIET_FRAMES:]):
        await asyncio.sleep(FRAME_S)
        await pilot.pause()  # until every widget has handled what it was told: a new screen is empty before
        seen.append([tuple(strip) for strip in pilot.app.screen._compositor.render_strips()])
    return picture_of(pilot)


def compare(name: str, seen: str) -> None:
    """Fail when the screen is another one than the file says; with UPDATE_SNAPSHOTS write the file."""
    file, beside = FOLDER / f"{name}.svg", FOLDER / f"{name}.new.svg"
    if UPDATE:
        file.write_text(seen)
        beside.unlink(missing_ok=True)
        return
    if not file.is_file() or file.read_text() != seen:
        beside.write_text(seen)
        what = "looks different" if file.is_file() else "has no snapshot yet"
        pytest.fail(
            f"{file.name} {what}; what was seen is in {beside}. UPDATE_SNAPSHOTS=1 takes it over.", pytrace=False
        )
    beside.unlink(missing_ok=True)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(("number", "pane"), [(number, pane) for number, (pane, _) in enumerate(PANES, 1)])
async def test_each_pane_looks_as_it_did(number: int, pane: str, size: tuple[int, int]) -> None:
    async with studio(full_server(), size) as pilot:
        await pilot.press(f"alt+{number}")
        await until(pilot, lambda: pilot.app.focused is not None and pilot.app.focused.id == pane)
        compare(f"{pane}-{size[0]}x{size[1]}", await settled(pilot))


DIALOGS = {
    "help": ("alt+4", "f1"),
    "palette": ("ctrl+p",),
    "jump": ("ctrl+o",),
    "details": ("alt+4", "end", "i"),
    "zoom": ("alt+8", "enter", "f9"),
}


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("dialog", DIALOGS)
async def test_each_dialog_looks_as_it_did(dialog: str, size: tuple[int, int]) -> None:
    async with studio(full_server(), size) as pilot:
        below = pilot.app.screen
        await settled(pilot)
        await pilot.press(*DIALOGS[dialog])
        await until(pilot, lambda: pilot.app.screen is not below)
        compare(f"{dialog}-{size[0]}x{size[1]}", await settled(pilot))


async def test_too_small_a_terminal_looks_as_it_did() -> None:
    async with studio(full_server(), (50, 12)) as pilot:
        compare("small-50x12", await settled(pilot))


def test_every_snapshot_is_of_something_that_is_tested() -> None:
    wanted = {f"{pane}-{width}x{height}.svg" for pane, _ in PANES for width, height in SIZES}
    wanted |= {f"{dialog}-{width}x{height}.svg" for dialog in DIALOGS for width, height in SIZES[:2]}
    assert {file.name for file in FOLDER.glob("*.svg") if not file.name.endswith(".new.svg")} == wanted | {
        "small-50x12.svg"
    }
