"""The first line of the studio: checkpoint, device and memory, queue, step, what is done in the background; or the server."""

from __future__ import annotations

from textual.content import Content

from sdtui.spec.event import WorkerState
from sdtui.ui.state import StudioState
from sdtui.ui.text import duration, one_line, sizes

STATES = {
    "waiting": "waiting",
    "starting": "starting…",
    "loading": "loading…",
    "ready": "ready",
    "rendering": "rendering",
    "stopped": "stopped",
    "died": "ended, is started again",
}


BUSY = frozenset({"starting", "loading"})
"""States whose progress is worth a figure."""
PATIENCE_S = 2.0
"""What takes longer says how long it has been."""

Parts = list[str | tuple[str, str]]


def status_line(state: StudioState, checkpoint: str, connection: str, now: float = 0.0) -> Content:
    """The line for a state, the name of the document's checkpoint and the sentence about the connection, if any.

    `now` in seconds since the epoch.
    """
    if connection:
        return Content.assemble((" sdtui ", "bold"), (one_line(connection), "$warning"))
    record = state.checkpoint(checkpoint)
    name = record.name if record is not None else checkpoint
    parts: Parts = [(f" {one_line(name) or 'no checkpoint'}", "bold")]
    for worker in state.workers.values():
        parts += ["  ", *_worker(state, worker, now)]
    if not state.workers:
        parts.append("  no worker yet")
    parts += ["  ", _queue(state), *_chores(state)]
    return Content.assemble(*parts)


def is_busy(state: StudioState) -> bool:
    """Something takes time and says so with a figure that grows by itself."""
    return any(worker.state in BUSY for worker in state.workers.values())


def _worker(state: StudioState, worker: WorkerState, now: float) -> Parts:
    colour = "$error" if worker.state == "died" else "$success" if worker.state == "rendering" else ""
    said = one_line(worker.text) or STATES[worker.state]
    if worker.state in BUSY:
        said += _progress(state, worker, now)
    memory = f" {sizes(worker.memory)}" if worker.memory else ""
    return [f"{one_line(worker.device)}{memory} ", (said, colour)]


def _progress(state: StudioState, worker: WorkerState, now: float) -> str:
    """How far, of how many bytes, and for how long; as far as that is known."""
    said = ""
    if worker.progress is not None:
        said += f" {worker.progress:.0%}"
        record = state.checkpoint(worker.checkpoint) if worker.checkpoint else None
        if record is not None and record.size and worker.state == "loading":
            said += f" of {sizes(record.size)}"
    since = state.busy_since.get(worker.device)
    if since is not None and now - since >= PATIENCE_S:
        said += f" {duration(now - since)}"
    return said


def _queue(state: StudioState) -> str:
    unfinished = state.unfinished()
    running = [render for job in unfinished for render in job.renders if render.state == "running"]
    waiting = sum(render.state == "queued" for job in unfinished for render in job.renders)
    if not running:
        return f"{waiting} waiting" if waiting else "queue empty"
    first = running[0]
    step = f"step {first.step}/{first.steps}"
    return f"{len(running)} running, {waiting} waiting  {step}" if waiting else f"{len(running)} running  {step}"


def _chores(state: StudioState) -> Parts:
    """The first of what is done in the background, and how many more there are."""
    chores = list(state.chores.values())
    if not chores:
        return []
    share = f" {chores[0].progress:.0%}" if chores[0].progress is not None else ""
    more = f" (+{len(chores) - 1})" if len(chores) > 1 else ""
    return ["  ", (f"{one_line(chores[0].text)}{share}{more}", "italic")]
