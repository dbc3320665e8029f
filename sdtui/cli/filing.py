"""Has a file of weights made by a process of its own, which may import what the command line must not, and shows how far it is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sdtui.cli.say import note, say
from sdtui.errors import ModelError, SdtuiError, ServerError, UsageError, WorkspaceError

PROCESS = "sdtui.engine.files"
KINDS: Mapping[str, type[SdtuiError]] = {
    kind.__name__: kind for kind in (ModelError, UsageError, WorkspaceError, SdtuiError)
}
MOST_PERCENT = 99


def make_file(order: dict[str, object]) -> None:
    """Do an order of `sdtui.engine.files`: the path on standard output, sentences and progress on standard error.

    Raises the error that the process tells, ServerError when it ends without a word.
    """
    command = [sys.executable, "-m", PROCESS, json.dumps(order)]
    told: dict[str, object] = {}
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                told = json.loads(line)
                _show(told)
            complaint = process.stderr.read() if process.stderr else ""
        except BaseException:
            process.terminate()
            raise
        finally:
            _wipe()
    _finish(told, complaint)


def target_for(source: Path, out: Path | None) -> Path:
    """Where a file goes that is made of `source`: `out`, else the name with .safetensors beside it."""
    if out is None:
        return source.with_name(f"{source.name if source.is_dir() else source.stem}.safetensors")
    if out.suffix.lower() not in {".safetensors", ".sft"}:
        raise UsageError(f"'{out.name}' does not end in .safetensors.", todo="Models are written as safetensors.")
    return out


def _finish(told: dict[str, object], complaint: str) -> None:
    match told:
        case {"error": [str(kind), str(what), str(where), str(todo)]}:
            raise KINDS.get(kind, SdtuiError)(what, where=where, todo=todo)
        case {"path": str(path), "notes": [*notes]}:
            for sentence in notes:
                note(str(sentence))
            say(path)
        case _:
            last = (complaint.strip().splitlines() or ["it said nothing"])[-1]
            raise ServerError(f"The process that makes the file ended early: {last}.")


def _show(told: dict[str, object]) -> None:
    match told:
        case {"share": float(share)} if sys.stderr.isatty():
            sys.stderr.write(f"\r{min(int(share * 100), MOST_PERCENT):3d} %")
            sys.stderr.flush()


def _wipe() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r     \r")
        sys.stderr.flush()
