"""Opens a picture in a program outside the terminal; where there is no desktop, gives its path to the user's own one."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NamedTuple

from sdtui.terminal.clipboard import TMUX_COMMAND, copied, file_link
from sdtui.terminal.filter import clean_line
from sdtui.terminal.probe import Multiplexer, multiplexer

FAILING_S = 1.5
"""So long a viewer is watched: one that ends by then with a complaint has not shown anything."""
TMUX_S = 2.0
COMPLAINT_BYTES = 2000


class Said(NamedTuple):
    """A picture's path, the address that a click on it goes to, and what was done with it, in a sentence."""

    path: str
    link: str
    text: str
    error: bool = False


class Surroundings(NamedTuple):
    """The environment's variables, the way past Textual to the terminal, and this machine's name."""

    environment: Mapping[str, str] = os.environ
    write: Callable[[bytes], None] = lambda data: None
    host: Callable[[], str] = socket.gethostname


async def open_outside(path: str, viewer: str, around: Surroundings) -> Said:
    """Start the configured viewer, or the desktop's own; without a desktop, or when that fails, copy the path."""
    try:
        command = shlex.split(viewer) if viewer else _desktop_opener(around.environment)
    except ValueError as error:
        return await _handed_over(path, f"The key 'viewer' is no command ({error});", around, failed=True)
    if not command:
        return await _handed_over(path, "No desktop here:", around)
    if shutil.which(command[0]) is None:
        return await _handed_over(path, f"There is no program '{command[0]}' (key: viewer);", around, failed=True)
    complaint = await _start([*command, path])
    if complaint:
        return await _handed_over(path, f"{command[0]}: {complaint.rstrip('.')};", around, failed=True)
    return Said(path, file_link(path, around.host()), "is opened outside.")


def _desktop_opener(environment: Mapping[str, str]) -> list[str]:
    far = bool(environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"))
    if sys.platform == "darwin":
        return [] if far else ["open"]
    if (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")) and shutil.which("xdg-open"):
        return ["xdg-open"]
    return []


async def _start(command: list[str]) -> str:
    """Start a program that has no terminal; what went wrong, if it ends at once with an error."""
    nowhere = subprocess.DEVNULL
    with tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(
                command, stdin=nowhere, stdout=nowhere, stderr=complaints, start_new_session=True
            )
        except OSError as error:
            return f"{error.strerror}."
        with suppress(subprocess.TimeoutExpired):
            code = await asyncio.to_thread(process.wait, FAILING_S)
            complaints.seek(0)
            text = complaints.read(COMPLAINT_BYTES).decode(errors="replace").strip()
            said = text.splitlines()[-1] if text else f"ended with code {code}."
            return clean_line(said) if code else ""
    # Whoever starts a program has to hear of its end.
    threading.Thread(target=process.wait, daemon=True).start()
    return ""


async def _handed_over(path: str, why: str, around: Surroundings, *, failed: bool = False) -> Said:
    """Copy the path to the clipboard of the terminal, wherever that is, and say so."""
    in_tmux = multiplexer(around.environment) is Multiplexer.TMUX
    if in_tmux and await asyncio.to_thread(_copied_by_tmux, path):
        done = "the path is in tmux's buffer, and in your clipboard if the terminal takes it."
    elif escape := copied(path):
        around.write(escape)
        done = "the path is in your clipboard if the terminal takes it."
    else:
        done = "the path is too long to be copied."
    return Said(path, file_link(path, around.host()), f"{why} {done}", error=failed)


def _copied_by_tmux(text: str) -> bool:
    try:
        done = subprocess.run(
            TMUX_COMMAND,
            input=clean_line(text).encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TMUX_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
