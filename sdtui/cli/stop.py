"""End the server. Pictures that are running are finished first; what is queued waits for the next server."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from sdtui.cli.place import open_place
from sdtui.cli.say import say


def options(parser: argparse.ArgumentParser) -> None:
    """--now."""
    parser.add_argument("--now", action="store_true", help="do not finish running pictures; they wait, too")


def run(args: argparse.Namespace) -> int:
    """Stop it and wait until it has gone; no server is as good."""
    return asyncio.run(_stop(args.workspace, now=args.now))


async def _stop(folder: Path | None, *, now: bool) -> int:
    from sdtui.client.client import Client

    workspace = open_place(folder).workspace
    if not workspace.socket.exists():
        say("No server is running.")
        return 0
    # Without a hello, so that a server of another version can be ended as well.
    client = await Client.open_unchecked(workspace)
    try:
        await client.stop("now" if now else "drain")
    finally:
        await client.close()
    say("The server has ended.")
    return 0
