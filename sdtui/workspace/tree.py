"""What a file of the user's says, as plain values that know their lines; YAML and JSON both become one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
KeyPath = tuple[str | int, ...]


class Tree(NamedTuple):
    """What a file says, and the line (from 1) on which each value stands."""

    value: Plain
    lines: Mapping[KeyPath, int]
    where: str = ""

    def place(self, path: KeyPath) -> str:
        """`file:line` of a value, or of the nearest thing around it whose line is known."""
        for length in range(len(path), -1, -1):
            line = self.lines.get(path[:length])
            if line is not None:
                return f"{self.where}:{line}" if self.where else f"line {line}"
        return self.where
