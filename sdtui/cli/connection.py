"""How commands speak to the server: one coroutine on one event loop, and what is said when something was wrong."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sdtui.cli.place import Place, open_place
from sdtui.cli.say import note
from sdtui.errors import UsageError

if TYPE_CHECKING:
    from sdtui.client.client import Client

T = TypeVar("T")

ALL = 0
"""What stands for every job where a job's number is asked for."""


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
    """A job's number as users type it: 7 or #7; raises UsageError."""
    digits = text.removeprefix("#")
    if not re.fullmatch(r"[0-9]{1,15}", digits) or int(digits) < 1:
        raise UsageError(f"'{text}' is no number of a job.", todo="`sdtui ls` shows them; `all` takes every one.")
    return int(digits)


def job_or_all(text: str) -> int:
    """The same, and 0 for the word all; raises UsageError."""
    return ALL if text.lower() == "all" else job_number(text)


def pictures(count: int) -> str:
    """How many pictures, in words."""
    return "1 picture" if count == 1 else f"{count} pictures"
