"""What is in a watched folder at one moment: its prompt files, by their stamps; nothing is read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sdtui.errors import SdtuiError, WorkspaceError
from sdtui.watch.names import is_prompt_file, is_text

MOST_FILES = 20_000
MOST_FOLDERS = 5_000
DEEPEST = 20

Stamp = tuple[int, int, int, int]
"""Times of change of content and inode in ns, size in bytes, inode."""


class Found(NamedTuple):
    """A prompt file: its own path without links, and its stamp."""

    path: Path
    stamp: Stamp


class Seen(NamedTuple):
    """The files by their names below the folder (`sub/cat.txt`), those that are not read with the reason, and sentences.

    It is not `whole` where there are more files or folders than can be watched.
    """

    files: dict[str, Found]
    refused: dict[str, SdtuiError]
    notes: tuple[str, ...] = ()
    whole: bool = True


def look(root: Path, *, recursive: bool, skip: frozenset[Path] = frozenset()) -> Seen:
    """What is there now, without the folders in `skip`; raises WorkspaceError when the folder cannot be listed.

    Links to folders are not gone into, links to files only followed where they lead to a file in the folder.
    """
    home = root.resolve()
    seen = Seen({}, {})
    notes: list[str] = []
    waiting: list[tuple[Path, str]] = [(home, "")]
    folders = 0
    while waiting:
        folder, prefix = waiting.pop()
        folders += 1
        inner: list[tuple[Path, str]] = []
        for entry in _listed(folder, notes, top=not prefix):
            name = f"{prefix}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                path = Path(entry.path)
                if recursive and not entry.name.startswith(".") and path not in skip and is_text(entry.name):
                    inner.append((path, f"{name}/"))
            elif is_prompt_file(entry.name):
                if len(seen.files) >= MOST_FILES:
                    said = f"Only the first {MOST_FILES:,} prompt files are watched."
                    return seen._replace(notes=(*notes, said), whole=False)
                _take(entry, name, home, seen)
        if folders + len(waiting) + len(inner) > MOST_FOLDERS or prefix.count("/") >= DEEPEST:
            sentence = f"Not all of its folders are watched: {MOST_FOLDERS:,} at most, {DEEPEST} deep."
            notes += [sentence] if sentence not in notes else []
            inner, seen = [], seen._replace(whole=False)
        waiting.extend(reversed(inner))
    return seen._replace(notes=tuple(notes))


def _listed(folder: Path, notes: list[str], *, top: bool) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        if top:
            raise WorkspaceError(
                f"The folder cannot be watched: {error.strerror}.",
                where=str(folder),
                todo="It is looked for again and again; nothing is to be done when it comes back.",
            ) from None
        if not isinstance(error, FileNotFoundError):
            notes.append(f"{folder.name}/ cannot be looked into: {error.strerror}.")


def _take(entry: os.DirEntry[str], name: str, home: Path, seen: Seen) -> None:
    path = Path(entry.path)
    try:
        if entry.is_symlink():
            path = path.resolve()
            if not path.is_relative_to(home):
                seen.refused[name] = WorkspaceError(
                    "This link leads out of the watched folder, and is not followed.",
                    where=name,
                    todo="Copy what it leads to into the folder, or watch the folder that it is in.",
                )
                return
        status = path.stat()
    except (OSError, RuntimeError):
        return  # gone since it was listed, or a link that leads nowhere
    stamp = (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
    seen.files[name] = Found(path, stamp)
