"""What the preview says: about the picture it shows, or why there is none."""

from __future__ import annotations

from sdtui.spec.complaint import error_of
from sdtui.spec.jobview import JobView
from sdtui.ui.showing.shown import Shown


def caption(job: JobView | None, shown: Shown | None, generate_key: str, opened: str = "") -> str:
    """A sentence or a name for the selected job's picture, or for a file that was opened."""
    if opened:
        name = opened.rpartition("/")[2]
        return name if shown is not None else f"Reading {name} …"
    if job is None:
        return f"No picture yet. Write a prompt and press {generate_key}."
    name = f"#{job.id}"
    if shown is not None and shown.final:
        return f"{name} {shown.key[0].rpartition('/')[2]}"
    if job.state == "running":
        return f"{name} is being made." if shown is None else f"{name} preview"
    match job.state:
        case "failed":
            error = next((render.error for render in job.renders if render.error is not None), None)
            said = f": {error_of(error)}" if error is not None else "."
            return f"{name} failed{said}"
        case "cancelled":
            return f"{name} was cancelled."
        case "queued":
            return f"{name} waits."
        case _:
            return f"{name} is done."
