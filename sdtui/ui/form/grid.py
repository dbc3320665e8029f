"""Where the fields of the form are: sections that fold, lines of one or two fields, and the order of the Tab key. Knows no widget."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sdtui.spec.params import FIELD

HEADING = -1
FINER = "finer_settings"
"""The section of the fields that not everybody needs."""


class Stop(NamedTuple):
    """What the cursor can be on: a field by its number, or the heading of a section."""

    section: str
    field: int

    @property
    def is_heading(self) -> bool:
        """It folds and unfolds its section."""
        return self.field == HEADING


class FormGrid(NamedTuple):
    """`stops` in the order of the Tab key; `lines` from top to bottom, each with the numbers of its stops from left to right."""

    stops: tuple[Stop, ...]
    lines: tuple[tuple[int, ...], ...]

    def line_of(self, stop: int) -> int:
        """The line that a stop is on."""
        return next(number for number, line in enumerate(self.lines) if stop in line)

    def beside(self, stop: int, by: int) -> int:
        """The stop so many columns further right, the same one where there is none."""
        line = self.lines[self.line_of(stop)]
        at = line.index(stop) + by
        return line[at] if 0 <= at < len(line) else stop

    def nearest(self, wanted: Stop) -> int:
        """The number of a stop; of one that was folded away its heading's."""
        for stop in (wanted, Stop(wanted.section, HEADING)):
            if stop in self.stops:
                return self.stops.index(stop)
        return 0

    def first_seen(self, stop: int, rows: int) -> int:
        """The first line that is seen when so many fit, with the stop among them."""
        return max(0, min(self.line_of(stop) - rows // 2, len(self.lines) - rows))


FINE = frozenset({"refiner"})
"""What stands among the finer fields and is none of FIELDS."""


def section_of(name: str) -> str:
    """The section of a field: what stands before the dot of its name, or FINER; what everybody needs has no heading."""
    section = name.rpartition(".")[0]
    return section or (FINER if name in FINE or (name in FIELD and not FIELD[name].main) else "")


def grid_of(names: Sequence[str], columns: int, folded: Collection[str]) -> FormGrid:
    """The grid for these fields; a section's fields go down one column and then down the next."""
    stops: list[Stop] = []
    lines: list[tuple[int, ...]] = []
    for section in dict.fromkeys(map(section_of, names)):
        if section:
            lines.append((len(stops),))
            stops.append(Stop(section, HEADING))
            if section in folded:
                continue
        fields = [number for number, name in enumerate(names) if section_of(name) == section]
        first, high = len(stops), -(-len(fields) // columns)
        stops += [Stop(section, number) for number in fields]
        lines += [tuple(range(first + row, first + len(fields), high)) for row in range(high)]
    return FormGrid(tuple(stops), tuple(lines))
