"""The library of a workspace: which folders its configuration names, and the workspace's own."""

from __future__ import annotations

from pathlib import Path

from sdtui.library.library import Library
from sdtui.library.trees import home_of
from sdtui.spec.model import ModelKind
from sdtui.weights.hashes import HashStore
from sdtui.workspace.config import Config
from sdtui.workspace.paths import Workspace

OWN = "models"
"""The workspace's own folder of models, in A1111's order; it need not be there."""


def open_library(
    workspace: Workspace, config: Config, hashes: HashStore, *, cache: Path | None = None, settle_s: float = 0.0
) -> Library:
    """The library of the folders that are configured (see `Library`)."""
    named = (config.models.tree, *config.models.folders)
    folders = tuple(workspace.resolve(folder) for folder in named if folder)
    own = workspace.root / OWN
    return Library(folders, hashes, cache=cache, own=None if own in folders else own, settle_s=settle_s)


def home_for(kind: ModelKind, workspace: Workspace, config: Config) -> Path:
    """The folder in which a new model of a kind belongs: in the configured tree, else in the workspace's own."""
    tree = workspace.resolve(config.models.tree) if config.models.tree else workspace.root / OWN
    return home_of(kind, tree)
