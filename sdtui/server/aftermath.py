"""What becomes of the renders of a worker that ended, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from sdtui.errors import RenderError
from sdtui.jobs.queue import Waiting

DEATHS_ALONE = 2
LOG_TAIL_LINES = 5


def decide(one: Waiting, *, cancelled: bool, suspect: bool) -> Literal["cancel", "fail"] | Waiting:
    """Cancel, fail, or run again as the returned Waiting.

    Every render in flight is a suspect (unless its worker never got ready) and runs again, alone; only a death while
    alone counts, and the second one makes the render failed.
    """
    if cancelled:
        return "cancel"
    deaths = one.deaths + (1 if one.alone and suspect else 0)
    if deaths >= DEATHS_ALONE:
        return "fail"
    return replace(one, alone=one.alone or suspect, deaths=deaths)


def killed_its_worker(device: str, log: Path) -> RenderError:
    """The error of a render that was alone twice when its worker died."""
    return RenderError(
        f"Its worker died {DEATHS_ALONE} times while it made this picture alone.",
        where=device,
        todo=f"The end of its log ({log}): {_tail(log)}",
    )


def does_not_start(device: str, log: Path) -> RenderError:
    """The error of every waiting render when no worker can be started."""
    return RenderError(
        f"The worker for {device} does not start.",
        where=str(log),
        todo=f"`sdtui doctor` tells more; a retry tries again. The log ends: {_tail(log)}",
    )


def _tail(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return "(no log)"
    return " / ".join(line.strip() for line in lines[-LOG_TAIL_LINES:]) or "(empty)"
