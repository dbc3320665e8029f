"""Where pictures go: the outputs folder, and names that nothing on the disk and no waiting render has yet."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from sdtui.errors import WorkspaceError
from sdtui.images.naming import Naming
from sdtui.spec.job import Render


class Outputs:
    """Names pictures by the configured pattern; `planned_in` tells the names that renders have in a folder."""

    folder: Path

    def __init__(self, planned_in: Callable[[Path], Iterable[str]]) -> None:
        self._planned_in = planned_in

    def configure(self, folder: Path, pattern: str) -> None:
        """Where new pictures go and how they are named."""
        self.folder = folder
        self._pattern = pattern

    def name(
        self, renders: tuple[Render, ...], now: float, *, folder: Path | None = None, pattern: str = ""
    ) -> tuple[str, ...]:
        """A final path for each render, in another folder or by another pattern if given; `now` is seconds since the epoch."""
        naming = Naming(folder or self.folder, names_in=self._names_in, pattern=pattern or self._pattern)
        at = datetime.fromtimestamp(now).astimezone()
        return tuple(str(naming.name(render, at)) for render in renders)

    def check_folder(self, folder: Path) -> None:
        """Make the folder and see whether it can be written; raises WorkspaceError with what to do."""
        todo = "Make it writable, or set the key 'outputs.folder' to another folder."
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkspaceError(
                f"Pictures cannot be written here: {error.strerror}.", where=str(folder), todo=todo
            ) from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise WorkspaceError(
                "Pictures cannot be written here: the folder is read-only.", where=str(folder), todo=todo
            )

    def _names_in(self, folder: Path) -> Iterable[str]:
        yield from self._planned_in(folder)
        if folder.is_dir():
            yield from (entry.name for entry in folder.iterdir())
