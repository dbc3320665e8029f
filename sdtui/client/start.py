"""Finds the workspace's server, or starts it in a session of its own, where no terminal's end can reach it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import sdtui
from sdtui.errors import ServerError
from sdtui.workspace.paths import Workspace

PATIENCE_S = 20.0
POLL_S = 0.02
LOG_TAIL_LINES = 3

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def reach(workspace: Workspace, *, start: bool) -> Streams:
    """Streams to the workspace's server; raises ServerError when there is none and `start` is off, or none comes up."""
    path = workspace.make_socket_folder()
    try:
        return await asyncio.open_unix_connection(path)
    except (FileNotFoundError, ConnectionRefusedError):
        if not start:
            raise ServerError(
                "No server is running.", where=str(workspace.root), todo="`sdtui` or `sdtui render` starts one."
            ) from None
    process = _start(workspace)
    for _ in range(int(PATIENCE_S / POLL_S)):
        await asyncio.sleep(POLL_S)
        try:
            return await asyncio.open_unix_connection(path)
        except (FileNotFoundError, ConnectionRefusedError):
            status = process.poll()
            # 0 is a server that found another one at work: that one's socket is about to appear
            if status:
                raise ServerError(f"The server does not start: {_tail(workspace)}", where=str(workspace.log)) from None
            if status == 0:
                process = _start(workspace)
    raise ServerError(f"The server gave no sign within {PATIENCE_S:.0f} s.", where=str(workspace.log))


def _start(workspace: Workspace) -> subprocess.Popen[bytes]:
    workspace.make_state()
    package = str(Path(sdtui.__file__).resolve().parent.parent)
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    with os.fdopen(os.open(workspace.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sdtui.server", str(workspace.root)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=workspace.state,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,
        )
    # the server is meant to outlive this process; should it end earlier, somebody has to take note of it
    threading.Thread(target=process.wait, name="server's end", daemon=True).start()
    return process


def _tail(workspace: Workspace) -> str:
    lines = workspace.log.read_text(errors="replace").splitlines()
    return " / ".join(lines[-LOG_TAIL_LINES:])
