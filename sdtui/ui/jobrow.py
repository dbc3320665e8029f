"""One job as a line of the job list."""

from __future__ import annotations

import math

from textual.content import Content

from sdtui.spec.jobview import JobView, RenderState
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
EIGHTHS = " ▏▎▍▌▋▊▉█"


def job_row(job: JobView, position: int, width: int) -> Content:
    """Mark, number, where it stands, and as much of the prompt as fits; `position` is its place among the waiting jobs."""
    mark, colour = MARKS[job.state]
    head = f"{mark} #{job.id} "
    prompt = Content(one_line(job.document.prompt) or "(no prompt)")
    standing = Content.styled(_standing(job, position), "$error" if job.state == "failed" else "")
    room = max(0, width - len(head) - 1)
    kept = min(prompt.cell_length, PROMPT_CELLS, room // 2) if job.state == "failed" else 0
    standing = standing.truncate(room - kept, ellipsis=True)
    middle = prompt.truncate(room - standing.cell_length, ellipsis=True, pad=True)
    return Content.assemble((head, colour), middle, " ", standing)


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


def _standing(job: JobView, position: int) -> str:
    count = len(job.renders)
    done = sum(render.state == "done" for render in job.renders)
    of_many = f"{done}/{count} " if count > 1 else ""
    match job.state:
        case "running":
            running = next(render for render in job.renders if render.state == "running")
            left = seconds_left(job)
            pace = f" {speed(running.step_seconds)}" if running.step_seconds > 0 else ""
            eta = f" {duration(math.ceil(left))}" if left is not None else ""
            return f"{of_many}{bar(job.progress)} {running.step}/{running.steps}{pace}{eta}"
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


def _ordinal(number: int) -> str:
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
