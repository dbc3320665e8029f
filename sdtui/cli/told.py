"""What a running server knows that a shell can complete; nothing where none runs, and nothing is made or started by asking."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sdtui.errors import SdtuiError
from sdtui.spec.document import OWN_VAE
from sdtui.workspace.config import load_config_leniently
from sdtui.workspace.paths import Workspace, expand, is_workspace

if TYPE_CHECKING:
    from sdtui.client.client import Client
    from sdtui.spec.model import ModelKind

PATIENCE_S = 1.0
"""Nobody waits longer for a completion."""
MODELS: Mapping[str, ModelKind] = {"checkpoints": "checkpoint", "vaes": "vae"}
JOBS = 50
WORDS = 60
"""Characters of a prompt beside a job's number."""


def told(what: str, folder: Path | None) -> list[str]:
    """Lines of a value and, behind a tab, what is said of it; never raises a SdtuiError."""
    workspace = find(folder)
    if workspace is None or not workspace.socket.exists():
        return []
    try:
        return asyncio.run(_ask(workspace, what))
    except (SdtuiError, TimeoutError, OSError):
        return []


def find(folder: Path | None) -> Workspace | None:
    """The workspace that a command would use, if it is there."""
    if folder is not None:
        named = expand(folder).absolute()
        return Workspace(named) if is_workspace(named) else None
    users, _ = load_config_leniently()
    try:
        here = Path.cwd()
    except OSError:
        return None
    default = expand(Path(users.workspace))
    return next((Workspace(each) for each in (here, *here.parents, default) if is_workspace(each)), None)


async def _ask(workspace: Workspace, what: str) -> list[str]:
    from sdtui.client.client import Client

    async with asyncio.timeout(PATIENCE_S):
        client = await Client.connect(workspace, name="cli", start=False, events=False)
        try:
            return await (_models(client, MODELS[what]) if what in MODELS else _jobs(client, what))
        finally:
            await client.close()


async def _models(client: Client, kind: ModelKind) -> list[str]:
    usable = [record for record in client.snapshot.models if record.kind == kind and not record.problem]
    lines = [f"{record.name}\t{record.family}" for record in usable if record.name.isprintable()]
    return [*lines, f"{OWN_VAE}\tthe checkpoint's own"] if kind == "vae" else lines


async def _jobs(client: Client, what: str) -> list[str]:
    lines: list[str] = []
    for job in reversed(await client.jobs(JOBS)):
        again = any(render.state in {"failed", "cancelled"} for render in job.renders)
        if (what == "unfinished" and not job.ended) or (what == "again" and again):
            words = "".join(letter for letter in job.document.prompt if letter.isprintable())[:WORDS]
            lines.append(f"{job.id}\t{job.state} {words}".rstrip())
    return [*lines, "all\tevery one"] if lines else []
