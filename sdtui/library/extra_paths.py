"""ComfyUI's extra_model_paths.yaml: folders of other programs that it looks through, too."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from sdtui.errors import SdtuiError
from sdtui.library.trees import CATEGORIES, Root

NAME = "extra_model_paths.yaml"


def extra_roots(folder: Path, rank: int = 0) -> tuple[tuple[Root, ...], tuple[str, ...]]:
    """The folders that the file in a program's tree names, and what was wrong with it, a sentence each; neither without one.

    As ComfyUI: each section has a `base_path` (relative to the file, `~` and `$NAME` are replaced) and a folder, or several a
    line each, for a kind of model.
    """
    file = folder / NAME
    if not file.is_file():
        return (), ()
    from sdtui.workspace.yaml_reader import read_yaml

    try:
        sections = read_yaml(file).value
    except SdtuiError as error:
        return (), (str(error),)
    roots: dict[Path, Root] = {}
    for section in sections.values() if isinstance(sections, dict) else ():
        for root in _section(section, file.parent) if isinstance(section, dict) else ():
            roots.setdefault(root.path, root._replace(rank=rank))
    # a folder that one of them holds is looked through as itself
    inner = {path: frozenset(other for other in roots if other != path and path in other.parents) for path in roots}
    return tuple(root._replace(skip=inner[root.path]) for root in roots.values()), ()


def _section(section: Mapping[str, object], beside: Path) -> Iterator[Root]:
    base = section.get("base_path")
    start = _path(base, beside) if isinstance(base, str) and base.strip() else beside
    for name, folders in section.items():
        kind = CATEGORIES.get(name.lower())
        if kind is None:
            continue
        lines = folders.splitlines() if isinstance(folders, str) else folders if isinstance(folders, list) else ()
        for line in lines:
            if isinstance(line, str) and line.strip() and (found := _path(line, start)).is_dir():
                yield Root(found, kind)


def _path(text: str, start: Path) -> Path:
    # normalised, so that one folder under two spellings is one; links stay what they are
    return Path(os.path.normpath(start / Path(os.path.expandvars(text.strip())).expanduser()))
