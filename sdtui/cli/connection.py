"""How commands speak to the server: one coroutine on one event loop, and what is said when something was wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sdtui.cli.place import Place, open_place
from sdtui.cli.say import note

if TYPE_CHECKING:
    from sdtui.client.client import Client

T = TypeVar("T")


def ask(folder: Path | None, talk: Callable[[Client], Awaitable[T]], *, start: bool = True) -> T:
    """What a talk with the workspace's server comes to; raises WorkspaceError, ServerError and what the server refuses."""
    import asyncio

    from sdtui.client.client import Client

    place = open_place(folder)
    note_problems(place)

    async def connected() -> T:
        client = await Client.connect(place.workspace, name="cli", start=start, events=False)
        try:
            return await talk(client)
        finally:
            await client.close()

    return asyncio.run(connected())


def note_problems(place: Place) -> None:
    """Say what is wrong in the configuration; the command goes on without it."""
    for problem in place.problems:
        note(f"sdtui: {problem} (passed over)")


def job_number(text: str) -> int:
    """A job's number as users type it: 7 or #7; raises ValueError, which the parser turns into a sentence."""
    number = int(text.removeprefix("#"))
    if number < 1:
        raise ValueError(text)
    return number


job_number.__name__ = "job number"
