"""Open the studio, or come back to it: what `sdtui` does without a command."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sdtui.cli.place import open_place
from sdtui.errors import UsageError

if TYPE_CHECKING:
    from sdtui.ui.client import OnEvent, OnLost, StudioClient

INSTEAD = 'Without one: sdtui render "…".'


def open_studio(folder: Path | None, opened: str = "") -> int:
    """Run it until the user leaves, with a picture file shown first; jobs go on.

    Raises UsageError where there is no terminal to show it in.
    """
    _check_terminal()
    place = open_place(folder)

    async def open_client(on_event: OnEvent, on_lost: OnLost, *, start: bool = True) -> StudioClient:
        from sdtui.client.client import Client

        return await Client.connect(place.workspace, name="studio", on_event=on_event, on_lost=on_lost, start=start)

    from sdtui.ui.app import run

    return run(open_client, place.config, problems=[str(problem) for problem in place.problems], opened=opened)


def _check_terminal() -> None:
    # Keys come from the first; the screen is written to the third. The second tells what the user is after: `sdtui | cat`.
    streams = {"input": sys.stdin, "output": sys.stdout, "error output": sys.stderr}
    away = [name for name, stream in streams.items() if stream is None or not stream.isatty()]
    if away:
        raise UsageError(f"The studio needs a terminal, and its {away[0]} is none.", todo=INSTEAD)
    term = os.environ.get("TERM", "")
    if term in {"", "dumb", "unknown"}:
        said = f"TERM is {term}" if term else "TERM is not set"
        raise UsageError(f"The studio needs a terminal that can move its cursor, and {said}.", todo=INSTEAD)
