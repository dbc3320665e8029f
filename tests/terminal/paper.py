"""A terminal on paper: cells of text, and the cells that pictures cover, by each protocol's own rules of what removes them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rich.cells import cell_len

from sdtui.terminal.kitty import MARKS, PLACEHOLDER
from sdtui.terminal.painter import CellSize

Cell = tuple[int, int]
"""Column and row, from 0."""

_ITEM = re.compile(
    r"\x1b\[(?P<keys>[0-9;?<>= ]*)(?P<final>[@-~])"
    r"|\x1bP(?P<sixel>[^\x1b]*)\x1b\\"
    r"|\x1b_G(?P<kitty>[^\x1b]*)\x1b\\"
    r"|\x1b\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|\x1b(?P<saved>[78])"
    r"|(?P<text>[^\x1b])",
    re.DOTALL,
)


@dataclass
class Paper:
    """`feed` takes what is written; `covered` are the cells on which a picture is to be seen, `text` the others' text."""

    width: int
    height: int
    cell: CellSize
    escapes: list[str] = field(default_factory=list)
    _cursor: Cell = (0, 0)
    _kept: Cell = (0, 0)
    _colour: int = 0
    _cells: dict[Cell, str] = field(default_factory=dict)
    _drawn: set[Cell] = field(default_factory=set)
    _placed: dict[int, set[Cell]] = field(default_factory=dict)
    _data: set[int] = field(default_factory=set)
    _placeholders: dict[Cell, tuple[int, Cell]] = field(default_factory=dict)
    _sending: dict[str, str] | None = None

    def resize(self, width: int, height: int) -> None:
        """Another size; what was on it is written anew by whoever wrote it, but for what kitty placed."""
        self.width, self.height = width, height
        self._cells, self._drawn, self._placeholders = {}, set(), {}

    @property
    def covered(self) -> set[Cell]:
        """Every cell on which a picture is to be seen."""
        return self._drawn | set().union(*self._placed.values()) | set(self._placeholders)

    @property
    def orphans(self) -> set[Cell]:
        """Placeholders of pictures that are not there."""
        return {at for at, (identity, _) in self._placeholders.items() if identity not in self._data}

    @property
    def pictures(self) -> set[int]:
        """The ids that kitty holds data for."""
        return set(self._data)

    def line(self, row: int) -> str:
        """The text of a row."""
        return "".join(self._cells.get((column, row), " ") for column in range(self.width)).rstrip()

    def feed(self, data: str) -> None:
        """Work off what was written."""
        at = 0
        while at < len(data):
            item = _ITEM.match(data, at)
            assert item, f"no terminal understands {data[at : at + 40]!r}"
            at = item.end()
            if item["text"] is not None:
                self._write(item["text"])
            else:
                self.escapes.append(item[0])
                self._obey(item)

    def _obey(self, item: re.Match[str]) -> None:
        if item["saved"]:
            self._cursor, self._kept = (
                (self._kept, self._kept) if item["saved"] == "8" else (self._cursor, self._cursor)
            )
        elif item["sixel"] is not None:
            width, height = map(int, re.search(r'"1;1;(\d+);(\d+)', item["sixel"]).groups())  # type: ignore[union-attr]
            self._draw(-(-width // self.cell.width_px), -(-height // self.cell.height_px))
        elif item["kitty"] is not None:
            self._graphics(item["kitty"])
        elif item["osc"] is not None:
            place = re.search(r"1337;.*;width=(\d+);height=(\d+)", item["osc"])
            if place:
                self._draw(int(place[1]), int(place[2]))
        else:
            self._control(item["keys"], item["final"])

    def _control(self, keys: str, final: str) -> None:
        numbers = [int(number or 0) for number in keys.split(";")] if re.fullmatch(r"[0-9;]*", keys) else []
        column, row = self._cursor
        if final == "H":
            down, right = [*numbers, 1, 1][:2] if numbers != [0] else (1, 1)
            self._cursor = (right - 1, down - 1)
        elif final == "B":
            self._cursor = (column, row + numbers[0])
        elif final == "C":
            self._cursor = (column + numbers[0], row)
        elif (final == "m" and numbers[:2] == [0]) or not numbers:
            self._colour = 0
        elif final == "m" and 38 in numbers and numbers[numbers.index(38) + 1] == 2:
            red, green, blue = numbers[numbers.index(38) + 2 :][:3]
            self._colour = red << 16 | green << 8 | blue

    def _write(self, character: str) -> None:
        column, row = self._cursor
        if character == "\n":
            self._cursor = (0, row + 1)
            return
        if cell_len(character) == 0:
            self._mark(column - 1, row, character)
            return
        if row >= self.height or column >= self.width:
            # On its way while the window became smaller.
            return
        for covered in range(column, column + cell_len(character)):
            self._cells[covered, row] = ""
            self._drawn.discard((covered, row))
            self._placeholders.pop((covered, row), None)
        self._cells[column, row] = character
        if character == PLACEHOLDER:
            self._cells[column, row] = ""
            self._placeholders[column, row] = (self._colour, (-1, -1))
        self._cursor = (column + cell_len(character), row)

    def _mark(self, column: int, row: int, mark: str) -> None:
        found = self._placeholders.get((column, row))
        if found is not None:
            identity, (right, down) = found
            number = MARKS.index(mark)
            self._placeholders[column, row] = (identity, (right, number) if down < 0 else (number, down))

    def _draw(self, width: int, height: int) -> None:
        column, row = self._cursor
        assert row + height < self.height, "a picture touches the last row: the terminal would scroll"
        assert column + width <= self.width
        self._drawn |= {(column + right, row + down) for right in range(width) for down in range(height)}

    def _graphics(self, said: str) -> None:
        keys = dict(pair.split("=") for pair in said.partition(";")[0].split(","))
        if keys.get("a") == "q":
            return
        if keys.get("a") == "d":
            self._placed.pop(int(keys["i"]), None)
            self._data.discard(int(keys["i"]))
            return
        if keys.get("a") == "p":
            self._place(keys)
            return
        if "i" in keys:
            self._sending = keys
            self._data.discard(int(keys["i"]))
            self._placed.pop(int(keys["i"]), None)
        if keys.get("m", "0") == "0" and self._sending is not None and ("i" in keys or said.partition(";")[2]):
            self._data.add(int(self._sending["i"]))
            if self._sending["a"] == "T" and "U" not in self._sending:
                self._place(self._sending)
            self._sending = None

    def _place(self, keys: dict[str, str]) -> None:
        column, row = self._cursor
        assert int(keys["i"]) in self._data
        cells = {(column + right, row + down) for right in range(int(keys["c"])) for down in range(int(keys["r"]))}
        self._placed[int(keys["i"])] = cells
