"""Which folders can be watched, and which of their folders are not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from sdtui.errors import ManyError, UsageError
from sdtui.library.opening import OWN
from sdtui.spec.watch import WatchedFolder, WatchWish
from sdtui.watch.look import look
from sdtui.watch.readers import PICTURE
from sdtui.watch.watcher import Watcher
from sdtui.workspace.paths import Workspace

MOST_UNASKED = 200
"""Files that a folder may have to be watched without a second question."""
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


class Around(NamedTuple):
    """Where pictures are made, the workspace, the watched folder of a path, and whether a picture is one of ours."""

    outputs: Path
    workspace: Workspace
    folder: Callable[[str], WatchedFolder | None]
    is_own: Callable[[Path], bool]


def _checked(path: Path, outputs: Path, workspace: Workspace) -> Path:
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
    made = outputs.resolve()
    # where pictures go straight into the home folder, or the workspace, prompts may well lie beside them
    around = workspace.root.resolve().is_relative_to(made)
    if root == made or root.is_relative_to(made / RESULTS) or (not around and root.is_relative_to(made)):
        raise UsageError(
            "Pictures are made into this folder: each would be rendered again, and again.",
            where=str(path),
            todo="Watch a folder of prompts; a picture that is copied there is rendered from what it says.",
        )
    for folder, what, instead in (
        (workspace.presets, "presets", "Watch prompts that use them (`presets: [name]`)"),
        (workspace.wildcards, "wildcards", "Watch prompts that use them (`__name__`)"),
    ):
        if root.is_relative_to(folder.resolve()):
            raise UsageError(
                f"These are {what}, no prompts.",
                where=str(path),
                todo=f"{instead}: those are rendered again whenever one of the {what} changes.",
            )
    return root


async def admitted(wish: WatchWish, around: Around) -> WatchWish:
    """The wish for the folder without links; raises UsageError where it is refused, WorkspaceError where it cannot be listed.

    ManyError where more prompt files are there than are rendered without being asked for twice.
    """
    root = await asyncio.to_thread(_checked, Path(wish.path), around.outputs, around.workspace)
    wish = replace(wish, path=str(root))
    before = around.folder(wish.path)
    if wish.many or (before is not None and before.wish.recursive >= wish.recursive):
        return wish
    skip = skipped(root, around.outputs, around.workspace)
    seen = await asyncio.to_thread(look, root, recursive=wish.recursive, skip=skip)
    if seen.whole and len(seen.files) <= MOST_UNASKED:
        return wish
    count = sum(
        not (name.lower().endswith(PICTURE) and around.is_own(found.path)) for name, found in seen.files.items()
    )
    if count > MOST_UNASKED or not seen.whole:
        more = "" if seen.whole else "more folders or files in it than can be watched, and "
        raise ManyError(
            f"There are {more}{count:,} prompt files{' found' if more else ' in it'}; each would be rendered.",
            where=wish.path,
            todo="Is it the right folder? `sdtui watch --many` watches it all the same.",
        )
    return wish


def skipped(root: Path, outputs: Path, workspace: Workspace) -> frozenset[Path]:
    """Folders in a watched one that hold no prompt files: results, what prompt files use, models with their previews, our own."""
    ours = (workspace.wildcards, workspace.presets, workspace.root / OWN, workspace.state)
    found = [path.resolve() for path in (outputs / RESULTS, outputs, *ours)]
    return frozenset(path for path in found if path != root and path.is_relative_to(root))
