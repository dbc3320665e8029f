"""Where the values of wildcards come from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import translate
from itertools import accumulate
from typing import NamedTuple, Protocol

_WEIGHT = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)::")
_DYNAMIC = re.compile(r"[{}]|__|^[ \t]*#", re.MULTILINE)


class Value(NamedTuple):
    """One value of a wildcard: a template of its own, its weight (relative, 0 or more), and where it stands (line from 1)."""

    text: str
    weight: float = 1.0
    file: str = ""
    line: int = 0

    @property
    def is_plain(self) -> bool:
        """Its text goes into the prompt as it stands."""
        return _DYNAMIC.search(self.text) is None

    @property
    def where(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}" if self.line else self.file


class Values:
    """What a wildcard stands for: values in the order of their texts, without duplicates (the heaviest of equal ones stays)."""

    def __init__(self, found: Iterable[Value], files: Sequence[str] = ()) -> None:
        unique: dict[str, Value] = {}
        for value in found:
            known = unique.setdefault(value.text, value)
            if value.weight > known.weight:
                unique[value.text] = value
        self.items: tuple[Value, ...] = tuple(unique[text] for text in sorted(unique))
        self.files = tuple(files)
        weights = [value.weight for value in self.items]
        self.sums: tuple[float, ...] = tuple(accumulate(weights if any(weights) else [1.0] * len(weights)))
        self.dynamic: tuple[Value, ...] = tuple(value for value in self.items if not value.is_plain)

    def __len__(self) -> int:
        return len(self.items)


class Source(Protocol):
    """What knows wildcards: a folder, or values in memory."""

    def values(self, pattern: str) -> Values:
        """All values whose wildcard's name fits the pattern, none where no name does.

        Raises WorkspaceError or UsageError for a file that cannot be used.
        """
        ...

    def names(self) -> Sequence[str]:
        """The names of all wildcards, in their order."""
        ...


class ListedValues:
    """Wildcards from lists of lines."""

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self._lists = lists

    def values(self, pattern: str) -> Values:
        """The lines of all lists whose names fit."""
        names = fitting(pattern, self.names())
        found = (weighed(text, name, line) for name in names for line, text in enumerate(self._lists[name], 1) if text)
        return Values(found, names)

    def names(self) -> Sequence[str]:
        """The names of the lists."""
        return sorted(self._lists)


def weighed(text: str, file: str, line: int) -> Value:
    """A value as it is written, with its weight (`3::red`) taken off."""
    match = _WEIGHT.match(text)
    if match is None:
        return Value(text, 1.0, file, line)
    return Value(text[match.end() :].strip(), min(float(match[1]), 1e9), file, line)


def fitting(pattern: str, names: Iterable[str]) -> list[str]:
    """The names that a pattern stands for, case-sensitive: `*` crosses "/"; where nothing fits, the name in any folder."""
    cleaned = clean(pattern)
    if "*" not in cleaned:
        names = list(names)
        return [name for name in names if name == cleaned] or [name for name in names if name.endswith(f"/{cleaned}")]
    found = _matching(cleaned, names)
    return found if found or cleaned.startswith("**") else _matching(f"**/{cleaned}", names)


def clean(pattern: str) -> str:
    """The pattern with single slashes between its parts alone."""
    return re.sub(r"[\\/]+", "/", pattern).strip("/")


def _matching(pattern: str, names: Iterable[str]) -> list[str]:
    # fnmatch's own translation, because it does not go astray in "*a*a*a*b"; only stars are special here.
    fits = re.compile(translate(re.sub(r"([\[?])", r"[\1]", re.sub(r"\*+", "*", pattern)))).match
    return [name for name in names if fits(name)]
