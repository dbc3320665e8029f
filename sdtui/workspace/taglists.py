"""Lists of words and tags: the built-in model's own, and the files of the user's in tags/, as the tag completion extensions of
web UIs have them (`name,type,count,"alias,alias"`)."""

from __future__ import annotations

import csv
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from sdtui.prompt.matching import Matcher
from sdtui.spec.tag import TagName

FOLDER = "tags"
MOST_TAGS = 500_000
LONGEST_NAME = 200
MOST_BYTES = 64 * 2**20
"""Of one list; a longer file is left out."""

Stamp = tuple[tuple[str, int, int], ...]
Row = tuple[str, str, int, str]


class TagIndex:
    """Tags that are found by the beginning of any of their words or aliases, the most used first."""

    def __init__(self, rows: Iterable[Row], *, listed: bool) -> None:
        """`rows` are name, kind, count and aliases separated by commas."""
        ordered = sorted(rows, key=lambda row: -row[2])[:MOST_TAGS]
        self._rows = ordered
        self._listed = listed
        self._owner = array("L")
        names: list[str] = []
        for number, (name, _, _, aliases) in enumerate(ordered):
            for each in (name, *filter(None, (alias.strip() for alias in aliases.split(",")))):
                names.append(each[:LONGEST_NAME])
                self._owner.append(number)
        self._names = names
        self._matcher = Matcher(names)

    def find(self, query: str, limit: int) -> list[TagName]:
        """At most `limit` tags."""
        found: dict[int, TagName] = {}
        for line in self._matcher.find(query, limit * 3, scattered=False):
            number = self._owner[line]
            if number not in found:
                name, kind, count, _ = self._rows[number]
                alias = self._names[line] if self._names[line] != name else ""
                found[number] = TagName(name=name, kind=kind, count=count, alias=alias, listed=self._listed)
            if len(found) == limit:
                break
        return list(found.values())


class TagLists:
    """The lists of a workspace, read when they are first asked and again when a file is another one. Called on threads."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER
        self._reading = threading.Lock()
        self._stamp: Stamp | None = None
        self._own = TagIndex((), listed=True)
        self._builtin: TagIndex | None = None

    def find(self, queries: Sequence[str], limit: int, *, builtin: bool) -> list[list[TagName]]:
        """What each of the beginnings finds; with `builtin` the built-in model's words come first."""
        with self._reading:
            self._refresh()
            indexes = [self._own]
            if builtin:
                if self._builtin is None:
                    self._builtin = TagIndex(_builtin_rows(), listed=False)
                indexes.insert(0, self._builtin)
        return [[tag for index in indexes for tag in index.find(query, limit)][:limit] for query in queries]

    def _refresh(self) -> None:
        found = sorted(_lists(self._folder))
        stamp = tuple((str(path), state.st_mtime_ns, state.st_size) for path in found for state in [path.stat()])
        if stamp != self._stamp:
            rows: dict[str, Row] = {}
            for path in found:
                for row in read_rows(path):
                    rows.setdefault(row[0], row)
            self._own = TagIndex(rows.values(), listed=True)
            self._stamp = stamp


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a list, those that are none left out; nothing of a file that cannot be read."""
    try:
        text = path.read_text("utf-8-sig", errors="replace") if path.stat().st_size <= MOST_BYTES else ""
    except OSError:
        return
    lines = (line for line in text.replace("\0", "").splitlines() if len(line) < 10_000)
    for number, fields in enumerate(csv.reader(lines)):
        name = fields[0].strip() if fields else ""
        kind, count, aliases = (*(field.strip() for field in fields[1:4]), "", "", "")[:3]
        if not name or len(name) > LONGEST_NAME or (number == 0 and name.lower() in {"name", "tag"}):
            continue
        yield name, kind, int(count) if count.isdecimal() and len(count) < 12 else 0, aliases


def _builtin_rows() -> list[Row]:
    path = Path(str(files("sdtui.data") / "words.csv"))
    return list(read_rows(path)) if path.is_file() else []


def _lists(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.glob("*.csv") if path.is_file()]
    except OSError:
        return []
