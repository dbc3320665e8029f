"""Walks model folders: every weight file and diffusers folder once, loops and unreadable folders survived."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sdtui.library.trees import Root
from sdtui.spec.model import ModelKind
from sdtui.weights.archive import PICKLE_SUFFIXES
from sdtui.weights.files import describe
from sdtui.weights.folder import INDEX
from sdtui.weights.identify import SAFE_SUFFIXES
from sdtui.weights.stamp import Stamp, stamp

SUFFIXES = SAFE_SUFFIXES + PICKLE_SUFFIXES
SIDE_ENDINGS = (".json", ".yaml")
CONTROL = (".aria2", ".st", ".part")
"""What a program that fills a file of its final size puts beside it until it is whole."""
DEPTH_LIMIT = 32
"""Folders inside folders that are looked through."""


class Found(NamedTuple):
    """A model on disk, not read yet: where it is, where its name begins, and its version.

    `side` is the version of its side file, zeros when it has none; `relative` is its path below its root, without suffix.
    `arriving` says that another program says beside it that it is not whole yet.
    """

    path: Path
    root: Root
    relative: str
    expected: ModelKind
    version: Stamp
    side: Stamp
    arriving: bool = False


class Walk:
    """One walk over several roots; a folder that is reached twice, by a link or by two roots, is looked through once.

    `folders` are those that were looked into, with the time at which each was changed last, in nanoseconds.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.folders: dict[Path, int] = {}
        self._seen: set[tuple[int, int]] = set()

    def models(self, root: Root) -> Iterator[Found]:
        """What lies below a root, in the order of the names; what cannot be read becomes a note."""
        yield from self._folder(root, root.path, 0)

    def _folder(self, root: Root, folder: Path, depth: int) -> Iterator[Found]:
        entries = self._enter(folder)
        names = {entry.name for entry in entries}
        if INDEX in names:
            if found := self._model_folder(root, folder):
                yield found
            return
        for entry in entries:
            path = folder / entry.name
            if _hidden(entry.name) or path in root.skip:
                continue
            try:
                if entry.is_dir():
                    if depth < DEPTH_LIMIT:
                        yield from self._folder(root, path, depth + 1)
                    else:
                        self.notes.append(
                            f"{path}: Folders are nested more than {DEPTH_LIMIT} deep; not looked through."
                        )
                elif entry.name.lower().endswith(SUFFIXES):
                    yield self._file(root, path, entry, names)
            except OSError as error:
                self.notes.append(f"{path}: {describe(error)}")

    def _enter(self, folder: Path) -> list[os.DirEntry[str]]:
        """The entries of a folder by name; none when it was seen already or cannot be listed."""
        try:
            state = folder.stat()
            if (state.st_dev, state.st_ino) in self._seen:
                return []
            self._seen.add((state.st_dev, state.st_ino))
            self.folders[folder] = state.st_mtime_ns
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            what = "The folder may not be read" if isinstance(error, PermissionError) else "The folder cannot be read"
            self.notes.append(f"{folder}: {what}: {(error.strerror or 'unknown error').lower()}.")
            return []
        return [entry for entry in entries if self._speakable(folder, entry.name)]

    def _speakable(self, folder: Path, name: str) -> bool:
        """Whether a name is text; one that is not UTF-8 could not travel on any wire."""
        try:
            name.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(name).decode("utf-8", "replace")
            self.notes.append(f"{folder}: The name '{shown}' is not UTF-8; rename it to use it.")
            return False
        return True

    def _file(self, root: Root, path: Path, entry: os.DirEntry[str], names: set[str]) -> Found:
        state = entry.stat()
        stem, suffix = os.path.splitext(entry.name)  # noqa: PTH122, thousands of times: pathlib is four times slower
        return Found(
            path=path,
            root=root,
            relative=_below(root, path).removesuffix(suffix),
            version=Stamp(state.st_size, state.st_mtime_ns),
            side=_sides(path, stem, names),
            arriving=any(entry.name + ending in names for ending in CONTROL),
            expected="vae" if stem.lower().endswith(".vae") else root.expected,
        )

    def _model_folder(self, root: Root, folder: Path) -> Found | None:
        side = folder.parent / f"{folder.name}.json"
        try:
            return Found(
                path=folder,
                root=root,
                relative=_below(root, folder) or folder.name,
                expected="checkpoint",
                version=stamp(folder),
                side=stamp(side) if side.is_file() else Stamp(0, 0),
            )
        except OSError as error:
            self.notes.append(f"{folder}: {describe(error)}")
            return None


def _below(root: Root, path: Path) -> str:
    return str(path)[len(str(root.path)) :].lstrip("/")


def _hidden(name: str) -> bool:
    return name.startswith(".")


def _sides(path: Path, stem: str, names: set[str]) -> Stamp:
    """The version of a model's side files, all together."""
    found = [stamp(path.with_name(stem + ending)) for ending in SIDE_ENDINGS if stem + ending in names]
    return Stamp(sum(side.size for side in found), max(side.mtime_ns for side in found)) if found else Stamp(0, 0)
