"""Where a command works: the workspace, and the configuration that counts there."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sdtui.errors import ConfigError, WorkspaceError
from sdtui.workspace.config import Config, load_config, load_config_leniently
from sdtui.workspace.paths import Workspace, expand, find_workspace, make_workspace


class Place(NamedTuple):
    """A workspace with its configuration, and what was wrong with its files."""

    workspace: Workspace
    config: Config
    problems: tuple[ConfigError, ...] = ()


def open_place(folder: Path | None) -> Place:
    """The workspace that was named or is nearest, with what of its configuration is fine; raises WorkspaceError."""
    workspace = _find(folder)
    return Place(workspace, *load_config_leniently(workspace.root))


def open_strictly(folder: Path | None) -> Place:
    """The same, but a problem in the configuration is an error; raises ConfigError and WorkspaceError."""
    workspace = _find(folder)
    return Place(workspace, load_config(workspace.root))


def _find(folder: Path | None) -> Workspace:
    if folder is not None:
        root = current_folder() / expand(folder)
        if not root.parent.is_dir():
            # A name with a typo in it should not grow a tree of folders.
            raise WorkspaceError("There is no such folder to make a workspace in.", where=str(root.parent))
        return make_workspace(root)
    users, _ = load_config_leniently()
    return find_workspace(current_folder(), Path(users.workspace))


def current_folder() -> Path:
    """The folder the command was started in; raises WorkspaceError when it is gone."""
    try:
        return Path.cwd()
    except OSError:
        raise WorkspaceError("The current folder does not exist any more.", todo="cd to one that does.") from None
