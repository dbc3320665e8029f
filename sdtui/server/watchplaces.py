"""Which folders can be watched, and which of their folders are not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from sdtui.errors import UsageError
from sdtui.spec.watch import WatchedFolder
from sdtui.watch.watcher import Watcher
from sdtui.workspace.paths import Workspace

RESULTS = "watch"
"""The folder of the outputs that holds what is made for watched files."""


@dataclass
class Watched:
    """A folder being watched: how it stands, and who watches.

    `again`: its files are to be rendered whatever they were, until it has `rested`; `seen` are those that were there by then.
    """

    folder: WatchedFolder
    task: asyncio.Task[None]
    watcher: Watcher
    again: bool = False
    rested: bool = False
    seen: set[str] | None = None

    def first(self, name: str) -> bool:
        """This file is there; whether that is new before the folder has rested."""
        if self.seen is None or name in self.seen:
            return False
        self.seen.add(name)
        return True


def checked(path: Path, outputs: Path) -> Path:
    """The folder without links; raises UsageError when it cannot be watched."""
    if not path.is_absolute():
        raise UsageError("A watched folder is named by its whole path.", where=str(path))
    try:
        root = path.resolve()
        there = root.is_dir()
    except (OSError, RuntimeError, ValueError):
        there = False  # too long, a loop of links, or no path at all
    if not there:
        raise UsageError("There is no such folder to watch.", where=str(path))
    if root.is_relative_to((outputs / RESULTS).resolve()):
        raise UsageError("What watching makes cannot be watched.", where=str(path), todo="Watch a folder of prompts.")
    return root


def skipped(root: Path, outputs: Path, workspace: Workspace) -> frozenset[Path]:
    """Folders in a watched one that hold no prompt files: results, and what prompt files use."""
    found = [path.resolve() for path in (outputs / RESULTS, outputs, workspace.wildcards, workspace.presets)]
    return frozenset(path for path in found if path != root and path.is_relative_to(root))
