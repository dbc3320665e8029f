"""The folder of presets: which there are, and what each sets. A file that cannot be used is told, the others still work.

A name is looked up among those that were found, and never made into a path: nothing outside can be named.
"""

from __future__ import annotations

import difflib
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sdtui.errors import ConfigError, SdtuiError, UsageError, WorkspaceError
from sdtui.spec.complaint import complaint_of, error_of
from sdtui.spec.preset import Preset
from sdtui.workspace.preset_text import read_preset
from sdtui.workspace.styles import STYLES, read_styles
from sdtui.workspace.yaml_reader import MAX_BYTES, read_text

ENDINGS = (".yaml", ".yml", ".json")
MAX_FILES = 5000

Stamp = tuple[int, int, int]


class PresetListing(NamedTuple):
    """Every preset in the order of the names, those with a problem among them, and what else cannot be used."""

    presets: tuple[Preset, ...]
    problems: tuple[SdtuiError, ...] = ()


class PresetFolder:
    """Remembers what it read for as long as the files stay as they are (time, size, inode); threads may share it.

    `styles` are files that may be an A1111 styles.csv; where a preset and a style have one name, the preset counts.
    """

    def __init__(self, root: Path, styles: Sequence[Path] = ()) -> None:
        self.root = root
        self._styles = (root / STYLES, *styles)
        self._lock = threading.Lock()
        self._read: dict[Path, tuple[Stamp, PresetListing]] = {}

    def configure(self, styles: Sequence[Path]) -> None:
        """Read these files of styles from now on, besides the folder's own."""
        self._styles = (self.root / STYLES, *styles)

    @property
    def styles(self) -> tuple[Path, ...]:
        """The files of styles that are read if they are there."""
        return self._styles

    def find(self, name: str) -> Preset:
        """The preset of this name; raises UsageError with the nearest names, or the problem of its file."""
        presets = {preset.name: preset for preset in self.look().presets}
        found = presets.get(name)
        if found is None:
            near = difflib.get_close_matches(name, presets, n=1)
            todo = f"Did you mean '{near[0]}'?" if near else f"Presets are files in {self.root}."
            raise UsageError(f"There is no preset '{name}'.", todo=todo)
        if found.problem is not None:
            raise error_of(found.problem)
        return found

    def look(self) -> PresetListing:
        """What there is now; raises WorkspaceError when the folder cannot be listed."""
        with self._lock:
            found: dict[str, Preset] = {}
            problems: list[SdtuiError] = []
            seen: dict[Path, tuple[Stamp, PresetListing]] = {}
            for path, stamp in (*self._files(), *self._style_files()):
                read = self._read.get(path)
                listing = read[1] if read is not None and read[0] == stamp else self._load(path)
                seen[path] = stamp, listing
                problems += listing.problems
                for preset in listing.presets:
                    other = found.setdefault(preset.name, preset)
                    if other is not preset and preset.source == "file":
                        problems.append(_twice(preset, other))
            self._read = seen
        return PresetListing(tuple(found[name] for name in sorted(found)), tuple(problems))

    def _files(self) -> Iterator[tuple[Path, Stamp]]:
        if not self.root.is_dir():
            return
        try:
            with os.scandir(self.root) as listed:
                names = sorted(entry.name for entry in listed if _is_preset(entry.name))
        except OSError as error:
            raise WorkspaceError(f"It cannot be read: {error.strerror}.", where=str(self.root)) from None
        if len(names) > MAX_FILES:
            raise WorkspaceError(f"There are more than {MAX_FILES:,} presets.", where=str(self.root))
        for name in names:
            path = self.root / name
            try:
                found = path.stat()
            except OSError:
                continue  # gone since it was listed, or a link that leads nowhere
            yield path, (found.st_mtime_ns, found.st_size, found.st_ino)

    def _style_files(self) -> Iterator[tuple[Path, Stamp]]:
        for path in dict.fromkeys(self._styles):
            try:
                found = path.stat()
            except OSError:
                continue
            yield path, (found.st_mtime_ns, found.st_size, found.st_ino)

    def _load(self, path: Path) -> PresetListing:
        if path.suffix == ".csv":
            presets, problems = read_styles(path)
            return PresetListing(tuple(presets), tuple(problems))
        shown = f"{self.root.name}/{path.name}"
        try:
            return PresetListing((self._preset(path, shown),))
        except SdtuiError as error:
            # The readers are the configuration's; a preset is what the user asks for.
            kind = UsageError if isinstance(error, ConfigError) else type(error)
            where = error.where.replace(str(path.resolve()), shown)
            told = complaint_of(kind(error.what, where=where, todo=error.todo))
        return PresetListing((Preset(name=path.stem, path=str(path), problem=told),))

    def _preset(self, path: Path, shown: str) -> Preset:
        if path.is_symlink() and not path.resolve().is_relative_to(self.root.resolve()):
            raise WorkspaceError(
                "This link leads out of the folder of presets, and is not followed.",
                where=shown,
                todo="Copy what it leads to into the folder.",
            )
        read = read_preset(read_text(path.resolve(), MAX_BYTES, follow=False), shown, json=path.suffix == ".json")
        return Preset(name=path.stem, document=read.document, sets=read.sets, about=read.about, path=str(path))


def _twice(preset: Preset, other: Preset) -> SdtuiError:
    return UsageError(
        f"A second preset is called '{preset.name}'.",
        where=f"presets/{Path(preset.path).name}",
        todo=f"{Path(other.path).name} counts; rename one.",
    )


def _is_preset(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return name.endswith(ENDINGS) and not name.startswith(".")
