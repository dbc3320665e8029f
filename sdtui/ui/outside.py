"""Opens a picture in a program outside the terminal, where there is a desktop to open it on."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping


def open_outside(path: str, viewer: str, environ: Mapping[str, str] = os.environ) -> str:
    """Start the configured viewer, or the desktop's own; a sentence about what was done, with the path in any case."""
    command = shlex.split(viewer) if viewer else _desktop_opener(environ)
    if not command:
        return f"There is no desktop here to open it on: {path}"
    if shutil.which(command[0]) is None:
        return f"There is no program '{command[0]}' here (config key: viewer). The picture: {path}"
    nowhere = subprocess.DEVNULL
    subprocess.Popen([*command, path], stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True)
    return f"Opened: {path}"


def _desktop_opener(environ: Mapping[str, str]) -> list[str]:
    if sys.platform == "darwin":
        return ["open"]
    if (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")) and shutil.which("xdg-open"):
        return ["xdg-open"]
    return []
