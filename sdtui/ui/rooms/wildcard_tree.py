"""The tree of wildcards as rows: folders, files, and the wildcards in a file that holds several. Knows no widget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from textual.content import Content

from sdtui.spec.complaint import Complaint, error_of
from sdtui.spec.wildcard import WildcardName
from sdtui.ui.text import one_line

INDENT = 2
FOLDER = "wildcards/"


class Node(NamedTuple):
    """A row: `id` tells it from every other, `file` is what it opens, `wildcard` what it is called in prompts.

    `values` is their number in it, `inner` whether something can be unfolded.
    """

    id: str
    label: str
    depth: int
    kind: Literal["folder", "file", "name"]
    values: int
    file: str = ""
    wildcard: str = ""
    problem: str = ""
    inner: bool = False
    folded: bool = False


class Leaf(NamedTuple):
    """A file with its wildcards, and what is wrong with it."""

    file: str
    names: tuple[WildcardName, ...]
    problem: str


def leaves(wildcards: Iterable[WildcardName], problems: Iterable[Complaint]) -> list[Leaf]:
    """The files, in the order of their names; one that cannot be read has no wildcards, but its problem."""
    files: dict[str, list[WildcardName]] = {}
    for each in wildcards:
        files.setdefault(each.file or each.name, []).append(each)
    wrong: dict[str, str] = {}
    for problem in problems:
        file = problem.where.removeprefix(FOLDER)
        head, _, line = file.rpartition(":")
        file = head if line.isdigit() else file
        wrong.setdefault(file, str(error_of(problem)))
        files.setdefault(file, [])
    return [
        Leaf(file, tuple(names), wrong.get(file, next((each.problem for each in names if each.problem), "")))
        for file, names in sorted(files.items(), key=lambda item: _order(item[0]))
    ]


def _order(file: str) -> list[tuple[bool, str]]:
    *folders, name = file.split("/")
    return [*((False, folder) for folder in folders), (True, name)]


def tree_rows(found: Sequence[Leaf], folded: frozenset[str], words: Sequence[str]) -> list[Node]:
    """The rows that are seen: with words, what has all of them, however it is folded."""
    shown = [leaf for leaf in found if all(word in _searched(leaf) for word in words)]
    return list(_rows(shown, frozenset() if words else folded))


def _rows(found: Sequence[Leaf], folded: frozenset[str]) -> Iterator[Node]:
    counts: dict[str, int] = {}
    for leaf in found:
        for folder in _folders(leaf.file):
            counts[folder] = counts.get(folder, 0) + sum(each.count for each in leaf.names)
    seen: set[str] = set()
    for leaf in found:
        folders = _folders(leaf.file)
        for depth, folder in enumerate(folders):
            if folder not in seen and not any(above in folded for above in folders[:depth]):
                seen.add(folder)
                label = folder.rstrip("/").rpartition("/")[2] + "/"
                yield Node(folder, label, depth, "folder", counts[folder], inner=True, folded=folder in folded)
        if not any(folder in folded for folder in folders):
            yield from _file_rows(leaf, len(folders), folded)


def _file_rows(leaf: Leaf, depth: int, folded: frozenset[str]) -> Iterator[Node]:
    label = leaf.file.rpartition("/")[2]
    several = not leaf.file.endswith(".txt") and bool(leaf.names)
    count = sum(each.count for each in leaf.names)
    wildcard = "" if several or not leaf.names else leaf.names[0].name
    yield Node(
        leaf.file,
        label,
        depth,
        "file",
        count,
        leaf.file,
        wildcard,
        leaf.problem,
        several,
        several and leaf.file in folded,
    )
    if several and leaf.file not in folded:
        for each in leaf.names:
            yield Node(f"{leaf.file}#{each.name}", each.name, depth + 1, "name", each.count, leaf.file, each.name)


def _folders(file: str) -> list[str]:
    parts = file.split("/")[:-1]
    return ["/".join(parts[:end]) + "/" for end in range(1, len(parts) + 1)]


def _searched(leaf: Leaf) -> str:
    return " ".join([leaf.file, *(each.name for each in leaf.names)]).lower()


def tree_row(node: Node, width: int) -> Content:
    """The line of a node: its fold, its name, how many values."""
    sign = ("▸ " if node.folded else "▾ ") if node.inner else "✗ " if node.problem else "  "
    count = "" if node.problem and not node.values else f"{node.values:,}"
    room = max(4, width - len(count) - 2)
    style = "bold" if node.kind == "folder" else "$text-error" if node.problem else ""
    name = Content.styled(f" {' ' * INDENT * node.depth}{sign}{one_line(node.label)}", style)
    return Content.assemble(name.truncate(room, ellipsis=True, pad=True), (f" {count} ", "dim"))


def parent_of(node: Node) -> str:
    """The id of the row that a row belongs to; empty for one at the top."""
    if node.kind == "name":
        return node.file
    return node.id.rstrip("/").rpartition("/")[0] + "/" if "/" in node.id.rstrip("/") else ""
