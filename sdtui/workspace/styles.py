"""A1111's styles.csv: one preset a row, with the columns name, prompt and negative_prompt."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sdtui.errors import ConfigError, SdtuiError, UsageError
from sdtui.spec.document import Document
from sdtui.spec.preset import Preset
from sdtui.workspace.yaml_reader import read_text

STYLES = "styles.csv"
MAX_BYTES = 4_000_000
MOST_BROKEN = 50
"""After so many broken rows the rest is not read: it is no such file."""
SEPARATORS = ",;\t"
COLUMNS = {"name": "name", "prompt": "prompt", "text": "prompt", "negative_prompt": "negative_prompt"}
_DIVIDER = re.compile(r"[\W_]{2,}|[-=~*#]{2,}.*")
"""Rows without a prompt that only divide the list: `--- photo ---`."""


class Row(NamedTuple):
    """A row's cells and the line on which it begins."""

    line: int
    cells: Sequence[str]


class DoubledStyle(UsageError):
    """A style that stands in its file several times; nothing is wrong with the last of them, which counts."""


def style_files(root: Path, tree: Path | None) -> tuple[Path, ...]:
    """Where a styles.csv may lie: in the workspace, and in the folder of A1111 whose models are used."""
    folders = [root]
    if tree is not None:
        folders += [tree, *([tree.parent] if tree.name == "models" else [])]
    return tuple(folder / STYLES for folder in folders)


def read_styles(path: Path) -> tuple[list[Preset], list[SdtuiError]]:
    """The styles of a file, and a problem for each row that cannot be used; never raises SdtuiError."""
    try:
        text = read_text(path, MAX_BYTES)
    except ConfigError as error:
        return [], [UsageError(error.what, where=error.where, todo=error.todo)]
    except SdtuiError as error:
        return [], [error]
    return parse_styles(text, str(path))


def parse_styles(text: str, where: str) -> tuple[list[Preset], list[SdtuiError]]:
    """The same of a text; where a name stands twice the later row counts, as in A1111."""
    problems: list[SdtuiError] = []
    lines = list(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    rows = _rows(lines, where, problems)
    head = next(rows, None)
    if head is None:
        return [], problems
    columns = [COLUMNS.get(cell.strip().lower().replace(" ", "_"), "") for cell in head.cells]
    if "name" not in columns or "prompt" not in columns:
        problems.append(
            UsageError(
                "This is no list of styles.",
                where=f"{where}:{head.line}",
                todo="Its first line names the columns: name,prompt,negative_prompt.",
            )
        )
        return [], problems
    styles: dict[str, Preset] = {}
    for row in rows:
        style = _style(row, columns, where, problems)
        if style is None:
            continue
        if style.name in styles:
            first = styles.pop(style.name).line
            what = f"The style '{style.name}' stands here a second time."
            problems.append(DoubledStyle(what, where=f"{where}:{row.line}", todo=f"It counts; line {first} does not."))
        styles[style.name] = style
    return list(styles.values()), problems


def _rows(lines: Sequence[str], where: str, problems: list[SdtuiError]) -> Iterator[Row]:
    """The rows; one that is broken costs its first line, and the next line begins another."""
    separator = _separator(lines[0]) if lines else ","
    at = broken = 0
    while at < len(lines):
        reader = csv.reader(iter(lines[at:]), delimiter=separator, strict=True)
        start = at
        try:
            for cells in reader:
                first, start = start, at + reader.line_num
                if any(cell.strip() for cell in cells):
                    yield Row(first + 1, cells)
            return
        except csv.Error as error:
            broken += 1
            problems.append(_broken(error, f"{where}:{start + 1}", last=broken == MOST_BROKEN))
            if broken == MOST_BROKEN:
                return
            at = start + 1


def _separator(head: str) -> str:
    return max(SEPARATORS, key=head.count)


def _broken(error: csv.Error, where: str, *, last: bool) -> SdtuiError:
    said = str(error)
    what = "A quote is opened here and never closed." if "end of data" in said else f"This row cannot be read: {said}."
    if "limit" in said:
        what = "This row has a cell of more than 128 kB."
    todo = "The rest of the file is not read." if last else "The row is passed over."
    return UsageError(what, where=where, todo=todo)


def _style(row: Row, columns: Sequence[str], where: str, problems: list[SdtuiError]) -> Preset | None:
    at = f"{where}:{row.line}"
    cells = {column: cell.strip() for column, cell in zip(columns, row.cells, strict=False) if column}
    name, prompt, negative = (cells.get(column, "") for column in ("name", "prompt", "negative_prompt"))
    if any(cell.strip() for cell in row.cells[len(columns) :]):
        todo = "Put quotes around a prompt with commas. The row is passed over."
        problems.append(
            UsageError(f"There are {len(row.cells)} cells for {len(columns)} columns.", where=at, todo=todo)
        )
        return None
    if "\0" in name + prompt + negative:
        problems.append(UsageError("There is a zero byte in this row.", where=at, todo="The row is passed over."))
        return None
    if not prompt and not negative and (not name or _DIVIDER.fullmatch(name)):
        return None
    if not name:
        problems.append(UsageError("This style has no name.", where=at, todo="The row is passed over."))
        return None
    sets = tuple(field for field, text in (("prompt", prompt), ("negative_prompt", negative)) if text)
    if not sets:
        problems.append(UsageError(f"The style '{name}' has no prompt.", where=at, todo="The row is passed over."))
        return None
    document = Document(prompt=prompt, negative_prompt=negative)
    return Preset(name=name, document=document, sets=sets, path=where, line=row.line, source="styles")
