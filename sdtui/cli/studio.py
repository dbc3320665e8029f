"""Open the studio, or come back to it: what `sdtui` does without a command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sdtui.cli.place import open_place
from sdtui.errors import UsageError

if TYPE_CHECKING:
    from sdtui.ui.client import OnEvent, OnLost, StudioClient


def open_studio(folder: Path | None) -> int:
    """Run it until the user leaves; jobs go on."""
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        raise UsageError("The studio needs a terminal.", todo='Without one: sdtui render "…".')
    place = open_place(folder)

    async def open_client(on_event: OnEvent, on_lost: OnLost) -> StudioClient:
        from sdtui.client.client import Client

        return await Client.connect(place.workspace, name="studio", on_event=on_event, on_lost=on_lost)

    from sdtui.ui.app import run

    return run(open_client, place.config, problems=[str(problem) for problem in place.problems])
