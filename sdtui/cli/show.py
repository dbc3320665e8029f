"""Open the studio with a picture file in its preview; F9 shows it over the whole screen."""

from __future__ import annotations

import argparse
from pathlib import Path

from sdtui.cli.place import current_folder
from sdtui.cli.studio import open_studio
from sdtui.errors import UsageError, WorkspaceError
from sdtui.workspace.paths import expand


def options(parser: argparse.ArgumentParser) -> None:
    """The file."""
    parser.add_argument("file", metavar="FILE", type=Path, help="a picture: PNG, JPEG, WebP, GIF, BMP or TIFF")


def run(args: argparse.Namespace) -> int:
    """Look whether it is there, and open the studio; raises UsageError and WorkspaceError."""
    path = current_folder() / expand(args.file)
    if not path.is_file():
        what = "This is no file." if path.exists() else "There is no such file."
        raise WorkspaceError(what, where=str(args.file))
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise UsageError(
            "The file's name is not UTF-8, so it cannot be told to the server.", todo="Rename it."
        ) from None
    return open_studio(args.workspace, opened=str(path))
