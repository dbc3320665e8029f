"""The way in and the way out: find the command, run it, turn every error into a sentence and an exit code."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sdtui.errors import SdtuiError, WorkspaceError


def run(argv: Sequence[str]) -> int:
    """Run one command line; returns its exit code."""
    from sdtui.cli.exits import FAILED, INTERRUPTED, OK, exit_code
    from sdtui.cli.say import complain, note

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal's encoding does not have must not end a listing.
            stream.reconfigure(errors="backslashreplace")
    try:
        return _dispatch(argv)
    except SdtuiError as error:
        complain(error)
        return exit_code(error)
    except KeyboardInterrupt:
        note("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough (`sdtui ls | head`).
        _let_output_go()
        return OK
    except OSError as error:
        _trace()
        _let_output_go()
        sentence = WorkspaceError(f"{error.strerror or error}.", where=os.fsdecode(error.filename or ""))
        complain(sentence)
        return exit_code(sentence)
    except Exception as error:  # noqa: BLE001 - the top of the command line: the last place that can say something
        _trace()
        note(f"sdtui: A fault of our own: {type(error).__name__}: {error}. SDTUI_TRACEBACK=1 shows where.")
        return FAILED


def _trace() -> None:
    if os.environ.get("SDTUI_TRACEBACK"):
        import traceback

        traceback.print_exc()


def _let_output_go() -> None:
    """What could not be written is dropped, else the interpreter tries once more when it ends, and complains."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_studio(argv: Sequence[str]) -> bool:
    """Nothing that a parser would have to be imported for: `sdtui`, `sdtui -C DIR`."""
    return not argv or (len(argv) == 2 and argv[0] in {"-C", "--workspace"} and not argv[1].startswith("-"))


def _open_studio(folder: Path | None) -> int:
    # Nothing made until the first paint is garbage, and looking for it costs a tenth of the start; the studio collects later.
    gc.disable()
    from sdtui.cli import studio

    return studio.open_studio(folder)


def _dispatch(argv: Sequence[str]) -> int:
    if _is_studio(argv):
        return _open_studio(Path(argv[1]) if argv else None)
    from sdtui.cli.parser import command_parser, find_command, load_command, split, top_parser

    before, name, after = split(argv)
    given = top_parser().parse_fully(before)
    if given.config is not None:
        # In the environment, so that a server started by this command reads the same file.
        os.environ["SDTUI_CONFIG"] = str(given.config.absolute())
    if not name:
        return _open_studio(given.workspace)
    command = find_command(name)
    module = load_command(command)
    args = command_parser(command, module).parse_fully(after)
    args.workspace = getattr(args, "workspace", given.workspace)
    if getattr(args, "config", None) is not None:
        os.environ["SDTUI_CONFIG"] = str(args.config.absolute())
    return module.run(args)
