"""One job, or one of its pictures, as a line of the job list."""

from __future__ import annotations

import math
from collections.abc import Sequence

from textual.content import Content

from sdtui.spec.jobview import JobView, RenderState, RenderView
from sdtui.ui.text import duration, one_line, speed

MARKS: dict[RenderState, tuple[str, str]] = {
    "queued": ("…", ""),
    "running": ("▶", "$success"),
    "done": ("✓", "$success"),
    "failed": ("✗", "$error"),
    "cancelled": ("–", "dim"),
}
BAR_CELLS = 10
PROMPT_CELLS = 24
"""What a prompt is left of a row, at the least, before what went wrong is cut."""
LEAST_PROMPT_CELLS = 12
"""The same before a running job says less about itself."""
EIGHTHS = " ▏▎▍▌▋▊▉█"


def job_row(job: JobView, position: int, width: int, *, held: bool = False) -> Content:
    """Mark, number, where it stands, and as much of the prompt as fits; `position` is its place among the waiting jobs."""
    mark, colour = MARKS[job.state]
    head = f"{mark} #{job.id} "
    prompt = Content(one_line(job.document.prompt) or "(no prompt)")
    room = max(0, width - len(head) - 1)
    said = _standing(job, position, held, room - min(prompt.cell_length, LEAST_PROMPT_CELLS))
    standing = Content.styled(said, "$error" if job.state == "failed" else "")
    kept = min(prompt.cell_length, PROMPT_CELLS, room // 2) if job.state == "failed" else 0
    standing = standing.truncate(room - kept, ellipsis=True)
    middle = prompt.truncate(room - standing.cell_length, ellipsis=True, pad=True)
    return Content.assemble((head, colour), middle, " ", standing)


def picture_row(job: JobView, render: RenderView, width: int) -> Content:
    """A picture of an unfolded job: mark, which one, its seed, and where it stands."""
    mark, colour = MARKS[render.state]
    number = str(render.index + 1).rjust(len(str(len(job.renders))))
    head = f"  {mark} {number} "
    room = max(0, width - len(head) - 1)
    match render.state:
        case "running":
            left = (render.steps - render.step) * render.step_seconds
            said = _running(render, left if render.step_seconds > 0 else None, room - LEAST_PROMPT_CELLS)
        case "done":
            said = f"{render.path.rpartition('/')[2]} {render.seconds:.1f} s"
        case "failed":
            said = f"failed: {one_line(render.error.what)}" if render.error is not None else "failed"
        case "queued":
            said = "cancelling" if render.cancelling else "waits"
        case _:
            said = "cancelled"
    standing = Content.styled(one_line(said), "$error" if render.state == "failed" else "")
    standing = standing.truncate(max(0, room - LEAST_PROMPT_CELLS), ellipsis=True)
    seed = Content(f"seed {render.seed}").truncate(max(0, room - standing.cell_length), ellipsis=True, pad=True)
    return Content.assemble((head, colour), seed, " ", standing)


def bar(progress: float, cells: int = BAR_CELLS) -> str:
    """A bar of so many cells, filled to an eighth of a cell; `progress` 0..1."""
    eighths = round(max(0.0, min(1.0, progress)) * cells * 8)
    full, part = divmod(eighths, 8)
    return ("█" * full + (EIGHTHS[part] if part else "")).ljust(cells, "·")


def seconds_left(job: JobView) -> float | None:
    """How long the job still takes at its present pace; None while it is not known."""
    running = [render for render in job.renders if render.state == "running" and render.step_seconds > 0]
    if not running:
        return None
    pace = sum(render.step_seconds / max(1, render.batch) for render in running) / len(running)
    alone = max((render.steps - render.step) * render.step_seconds for render in running)
    waiting = sum(render.steps for render in job.renders if render.state == "queued")
    return alone + waiting * pace


def _standing(job: JobView, position: int, held: bool, room: int) -> str:
    count = len(job.renders)
    done = sum(render.state == "done" for render in job.renders)
    of_many = f"{done}/{count} " if count > 1 else ""
    match job.state:
        case "running":
            running = next(render for render in job.renders if render.state == "running")
            return of_many + _running(running, seconds_left(job), room - len(of_many), job.progress)
        case "queued" if held:
            return f"{of_many}held"
        case "queued":
            return f"{of_many}waits, {_ordinal(position)} in line" if position else f"{of_many}waits"
        case "done":
            # Pictures that were made together share their time, so it is no sum.
            return of_many.strip() or f"{job.renders[0].seconds:.1f} s"
        case "failed":
            error = next((render.error for render in job.renders if render.error is not None), None)
            return f"{of_many}failed" + (f": {one_line(error.what)}" if error is not None else "")
        case _:
            return f"{of_many}cancelled"


def _running(render: RenderView, left_s: float | None, room: int, progress: float | None = None) -> str:
    """Step and, as far as there is room for it, time left, pace, a bar, how many pictures share the step, the device."""
    step = f"{render.step}/{render.steps}"
    if render.cancelling:
        return _fitting([(0, "cancelling after this step"), (1, step)], room)
    share = render.step / render.steps if render.steps else 0.0
    return _fitting(
        [
            (5, one_line(render.device)),
            (4, f"{render.batch} at once" if render.batch > 1 else ""),
            (3, bar(share if progress is None else progress)),
            (0, step),
            (2, speed(render.step_seconds)),
            (1, duration(math.ceil(left_s)) if left_s is not None else ""),
        ],
        room,
    )


def _fitting(pieces: Sequence[tuple[int, str]], room: int) -> str:
    """The pieces in their order, those of the highest rank left out until the rest fits."""
    for most in range(max(rank for rank, _ in pieces), -1, -1):
        said = " ".join(text for rank, text in pieces if text and rank <= most)
        if len(said) <= room or most == 0:
            return said
    return ""


def _ordinal(number: int) -> str:
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
