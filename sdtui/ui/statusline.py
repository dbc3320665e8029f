"""The first line of the studio: checkpoint, device and memory, queue, step; or how it stands with the server."""

from __future__ import annotations

from textual.content import Content

from sdtui.spec.event import WorkerState
from sdtui.ui.state import StudioState
from sdtui.ui.text import one_line, sizes

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


def status_line(state: StudioState, checkpoint: str, connection: str) -> Content:
    """The line for a state, the name of the document's checkpoint and the sentence about the connection, if any."""
    if connection:
        return Content.assemble((" sdtui ", "bold"), (one_line(connection), "$warning"))
    record = state.checkpoint(checkpoint)
    name = record.name if record is not None else checkpoint
    parts: list[str | tuple[str, str]] = [(f" {one_line(name) or 'no checkpoint'}", "bold")]
    for worker in state.workers.values():
        parts += ["  ", *_worker(worker)]
    if not state.workers:
        parts.append("  no worker yet")
    parts += ["  ", _queue(state)]
    return Content.assemble(*parts)


def _worker(worker: WorkerState) -> list[str | tuple[str, str]]:
    colour = "$error" if worker.state == "died" else "$success" if worker.state == "rendering" else ""
    said = one_line(worker.text) or STATES[worker.state]
    if worker.progress is not None and worker.state in BUSY:
        said += f" {worker.progress:.0%}"
    memory = f" {sizes(worker.memory)}" if worker.memory else ""
    return [f"{one_line(worker.device)}{memory} ", (said, colour)]


def _queue(state: StudioState) -> str:
    unfinished = state.unfinished()
    running = [render for job in unfinished for render in job.renders if render.state == "running"]
    waiting = sum(render.state == "queued" for job in unfinished for render in job.renders)
    if not running:
        return f"{waiting} waiting" if waiting else "queue empty"
    first = running[0]
    step = f"step {first.step}/{first.steps}"
    return f"{len(running)} running, {waiting} waiting  {step}" if waiting else f"{len(running)} running  {step}"
