"""The folder of wildcards: which names there are, and their values. A link that leads out of the folder is not followed.

A name is looked up among those that were found, and never made into a path: nothing outside can be named.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sdtui.errors import SdtuiError, WorkspaceError
from sdtui.prompt.expand.source import Values, clean, fitting
from sdtui.spec.wildcard import WildcardName
from sdtui.workspace.wildcard_files import TEXT, TREES, Lists, read_lists

MAX_FILES = 20_000
MAX_DEPTH = 20
MAX_KEPT = 1000
"""So many patterns' values are kept at once."""

Stamp = tuple[int, int, int]


class File(NamedTuple):
    """A file of wildcards: its path without links, its place in the folder without ending, and how it is shown."""

    path: Path
    name: str
    shown: str
    stamp: Stamp


Parts = tuple[tuple[str, File], ...]
"""What a pattern stands for: wildcards' names, each with a file that has it."""


class WildcardFolder:
    """Remembers what it read for as long as the files stay as they are (time, size, inode); threads may share it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._read: dict[tuple[Path, str], tuple[Stamp, Lists | SdtuiError]] = {}
        self._values: dict[Parts, Values] = {}

    def look(self) -> FoundWildcards:
        """What is there now; one job plans with one look. Raises WorkspaceError when the folder cannot be listed."""
        files: list[File] = []
        refused: dict[str, str] = {}
        if self.root.is_dir():
            try:
                for file in _walk(self.root, refused):
                    files.append(file)
            except OSError as error:
                raise WorkspaceError(f"It cannot be read: {error.strerror}.", where=str(self.root)) from None
        with self._lock:
            there = {(file.path, file.name): file.stamp for file in files}
            for key in [key for key, read in self._read.items() if there.get(key) != read[0]]:
                del self._read[key]
                self._values.clear()
        return FoundWildcards(self, files, refused)

    def values(self, parts: Parts) -> Values:
        """The values of wildcards and files together; raises WorkspaceError or UsageError."""
        known = self._values.get(parts)
        if known is None:
            found = [value for name, file in parts for value in self.lists(file)[name]]
            known = Values(found, tuple(dict.fromkeys(file.shown for _, file in parts)))
            with self._lock:
                if len(self._values) >= MAX_KEPT:
                    self._values.clear()
                self._values[parts] = known
        return known

    def lists(self, file: File) -> Lists:
        """A file's wildcards by name; raises WorkspaceError or UsageError."""
        with self._lock:
            read = self._read.get((file.path, file.name))
            if read is None or read[0] != file.stamp:
                lists: Lists | SdtuiError
                try:
                    lists = read_lists(file.path, file.name, file.shown)
                except SdtuiError as error:
                    lists = error
                read = self._read[file.path, file.name] = file.stamp, lists
        if isinstance(read[1], SdtuiError):
            # a new one each time: an error that is raised again drags its old traceback along
            raise type(read[1])(read[1].what, where=read[1].where, todo=read[1].todo)
        return read[1]


class FoundWildcards:
    """The wildcards of one look at the folder (a `Source`). `problems` says what of it cannot be used."""

    def __init__(self, folder: WildcardFolder, files: Sequence[File], refused: dict[str, str]) -> None:
        self._folder = folder
        self._refused = refused
        self._found: dict[str, list[File]] = {}
        self._values: dict[str, Values] = {}
        self.problems: list[SdtuiError] = [_leads_out(shown) for shown in refused.values()]
        for file in files:
            for name in self._names(file):
                self._found.setdefault(name, []).append(file)

    def names(self) -> Sequence[str]:
        """All names, in their order."""
        return sorted(self._found)

    def values(self, pattern: str) -> Values:
        """The values of all wildcards whose names fit.

        Raises WorkspaceError or UsageError for a file that cannot be used, and for a link that leads out of the folder.
        """
        if pattern not in self._values:
            self._values[pattern] = self._collect(pattern)
        return self._values[pattern]

    def exactly(self, name: str) -> Values:
        """The values of the one wildcard that has this name, which is among `names`; raises as `values` does."""
        return self._folder.values(tuple((name, file) for file in self._found[name]))

    def listing(self) -> tuple[WildcardName, ...]:
        """Every wildcard with the number of its values."""
        return tuple(self._listed(name) for name in self.names())

    def _names(self, file: File) -> Sequence[str]:
        if file.path.suffix == TEXT:
            return (file.name,)
        try:
            return tuple(self._folder.lists(file))
        except SdtuiError as error:
            self.problems.append(error)
            return ()

    def _collect(self, pattern: str) -> Values:
        names = fitting(pattern, self._found)
        if not names:
            self._refuse(pattern)
        return self._folder.values(tuple((name, file) for name in names for file in self._found[name]))

    def _refuse(self, pattern: str) -> None:
        """Nothing has this name: raise what may be the reason."""
        name = clean(pattern)
        for link, shown in self._refused.items():
            if name == link or name.startswith(f"{link}/") or fitting(pattern, [link]):
                raise _leads_out(shown)
        broken = [problem for problem in self.problems if problem.where not in self._refused.values()]
        if broken:
            raise broken[0]

    def _listed(self, name: str) -> WildcardName:
        first = self._found[name][0]
        file = first.shown.partition("/")[2]
        try:
            count = len(self.exactly(name))
        except SdtuiError as error:
            return WildcardName(name=name, count=0, path=str(first.path), file=file, problem=str(error))
        return WildcardName(name=name, count=count, path=str(first.path), file=file)


def _leads_out(shown: str) -> SdtuiError:
    return WorkspaceError(
        "This link leads out of the folder of wildcards, and is not followed.",
        where=shown,
        todo="Copy what it leads to into the folder.",
    )


def _walk(root: Path, refused: dict[str, str]) -> Iterator[File]:
    """Every file of wildcards, folder by folder in the order of their names; links out go to `refused`."""
    home = root.resolve()
    waiting: list[tuple[Path, str, tuple[Path, ...]]] = [(root, "", (home,))]
    count = 0
    while waiting:
        folder, prefix, above = waiting.pop()
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=lambda entry: entry.name)
        inner: list[tuple[Path, str, tuple[Path, ...]]] = []
        for entry in entries:
            if entry.name.startswith(".") or not _is_text(entry.name):
                continue
            name, shown = prefix + entry.name, f"{root.name}/{prefix}{entry.name}"
            try:
                path = Path(entry.path).resolve() if entry.is_symlink() else Path(entry.path)
                found = path.stat()
                is_folder = entry.is_dir()
            except (OSError, RuntimeError):
                continue  # gone since it was listed, or a link that leads nowhere
            if entry.is_symlink() and not path.is_relative_to(home):
                refused[name if is_folder else os.path.splitext(name)[0]] = shown  # noqa: PTH122 - a name, no path
            elif is_folder:
                if path.resolve() not in above and len(above) <= MAX_DEPTH:
                    inner.append((path, f"{name}/", (*above, path.resolve())))
            elif entry.name.endswith((TEXT, *TREES)):
                count += 1
                if count > MAX_FILES:
                    raise WorkspaceError(f"There are more than {MAX_FILES:,} files of wildcards.", where=str(root))
                stem = name[: name.rindex(".")]
                yield File(path, stem, shown, (found.st_mtime_ns, found.st_size, found.st_ino))
        waiting.extend(reversed(inner))


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
