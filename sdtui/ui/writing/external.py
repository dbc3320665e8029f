"""The user's own editor: which it is, and what comes back from it. Knows no widget."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sdtui.errors import UsageError
from sdtui.ui.text import editable

LONGEST = 256 * 1024
"""Characters of a text that comes back."""
USUAL = ("nano", "vim", "vi")
"""Tried in this order where neither VISUAL nor EDITOR is set."""

Run = Callable[[Sequence[str]], int]
"""Runs a program with the terminal to itself; its exit code."""


def editor_command(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The editor of the environment with its arguments; raises UsageError where there is none."""
    for name in ("VISUAL", "EDITOR"):
        wanted = environ.get(name, "").strip()
        if not wanted:
            continue
        try:
            command = shlex.split(wanted)
        except ValueError:
            command = []
        if not command:
            raise UsageError(f"'{wanted}' is no command.", where=name, todo="Set it to an editor, such as nano.")
        if shutil.which(command[0], path=environ.get("PATH")) is None:
            raise UsageError(f"There is no program '{command[0]}' here.", where=name, todo="Set it to an editor.")
        return command
    for usual in USUAL:
        if shutil.which(usual, path=environ.get("PATH")) is not None:
            return [usual]
    raise UsageError("There is no editor here.", todo="Set EDITOR to one.")


def edit_text(text: str, name: str, command: Sequence[str], run: Run) -> str:
    """The text as it is after editing it in a file of this name; raises UsageError, and the text is as it was.

    A file that cannot be taken over is kept, and said.
    """
    folder = Path(tempfile.mkdtemp(prefix="sdtui-"))
    file = folder / name
    try:
        file.write_text(text + "\n", "utf-8", newline="\n")
        edit_file(file, command, run)
        edited = read_edited(file)
    except OSError as error:
        raise UsageError(f"The text cannot be edited: {error.strerror}.", where=str(file)) from None
    shutil.rmtree(folder, ignore_errors=True)
    return edited


def edit_file(file: Path, command: Sequence[str], run: Run) -> None:
    """Edit a file where it is; raises UsageError when the editor does not start or ends with an error."""
    try:
        code = run([*command, str(file)])
    except OSError as error:
        raise UsageError(f"The editor '{command[0]}' does not start: {error.strerror}.") from None
    if code:
        ended = f"ended with {code}" if code > 0 else f"was killed (signal {-code})"
        raise UsageError(f"'{Path(command[0]).name}' {ended}; nothing was taken over.")


def read_edited(file: Path) -> str:
    """What an editor left, without its byte order mark, carriage returns and last newline; raises UsageError and OSError."""
    data = file.read_bytes()
    if len(data) > 4 * LONGEST:
        raise UsageError(f"The text is longer than {LONGEST // 1024} kB.", where=str(file), todo="It is kept there.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("The text is not UTF-8.", where=str(file), todo="It is kept there.") from None
    return editable(text).removesuffix("\n")


def run_program(command: Sequence[str]) -> int:
    """Run a program and wait for it."""
    return subprocess.run(command, check=False).returncode
