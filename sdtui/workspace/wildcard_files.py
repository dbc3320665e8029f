"""Files of wildcards: a text file is one wildcard, a value a line; a YAML or JSON file is a tree of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec

from sdtui.errors import ConfigError, SdtuiError, UsageError, WorkspaceError
from sdtui.prompt.expand.source import Value, weighed
from sdtui.workspace.tree import KeyPath, Plain, Tree
from sdtui.workspace.yaml_reader import parse_yaml, read_text

MAX_BYTES = 16_000_000
TEXT = ".txt"
TREES = (".yaml", ".yml", ".json")

Lists = dict[str, tuple[Value, ...]]
_LINES = re.compile(r"\r\n|\r|\n")


def read_lists(path: Path, name: str, shown: str) -> Lists:
    """The wildcards of a file, by name: `name` is the file's path in the folder without its ending, `shown` is how errors call it.

    Raises WorkspaceError when it cannot be read, UsageError with its line when it cannot be understood.
    """
    try:
        text = read_text(path, MAX_BYTES, follow=False)
        if path.suffix == TEXT:
            return {name: tuple(_lines(text, shown))}
        return dict(_walk(_tree(text, path.suffix, shown), name))
    except WorkspaceError as error:
        raise WorkspaceError(error.what, where=shown, todo=error.todo) from None
    except ConfigError as error:
        # The readers are the configuration's; wildcards are the prompt's.
        line = error.where.removeprefix(str(path))
        where = error.where if error.where.startswith(shown) else shown + line
        raise UsageError(error.what, where=where, todo=error.todo) from None


def _lines(text: str, shown: str) -> Iterator[Value]:
    for number, line in enumerate(_LINES.split(text), 1):
        stripped = line.strip()
        if "\0" in stripped:
            raise UsageError("There is a zero byte in this line.", where=f"{shown}:{number}", todo="Is it a text file?")
        if stripped and not stripped.startswith("#"):
            yield weighed(stripped, shown, number)


def _tree(text: str, suffix: str, shown: str) -> Tree:
    if suffix != ".json":
        return parse_yaml(text, where=shown, max_bytes=MAX_BYTES)
    try:
        return Tree(cast(Plain, msgspec.json.decode(text)), {(): 1}, shown)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ConfigError(f"This is not JSON: {error}.", where=shown) from None


def _walk(tree: Tree, name: str) -> Iterator[tuple[str, tuple[Value, ...]]]:
    """The lists of a tree, named by the way to each from the file's folder; a list at the top has the file's own name."""
    if not isinstance(tree.value, dict):
        yield name, tuple(_values(tree, tree.value, ()))
        return
    folder = name.rpartition("/")[0]
    waiting: list[tuple[KeyPath, Plain]] = [((key,), value) for key, value in reversed(tree.value.items())]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(((*path, key), inner) for key, inner in reversed(value.items()))
        elif value is not None:
            parts = [str(key).strip("/") for key in path]
            yield "/".join([folder, *parts] if folder else parts), tuple(_values(tree, value, path))


def _values(tree: Tree, value: Plain, path: KeyPath) -> Iterator[Value]:
    items = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
    for place, item in items:
        at = path if place is None else (*path, place)
        where = tree.place(at)
        file, _, line = where.rpartition(":") if ":" in where else (where, "", "0")
        text, weight = _item(item, where)
        if text:
            found = weighed(text, file, int(line))
            yield found if weight is None else found._replace(weight=weight)


def _item(item: Plain, where: str) -> tuple[str, float | None]:
    """The text of an item, and its weight where it is written apart; raises UsageError."""
    if isinstance(item, dict):
        weight = item.get("weight", 1)
        text, _ = _item(item.get("text", item.get("content")), where)
        if not text or isinstance(weight, bool | str) or not isinstance(weight, int | float) or not 0 <= weight < 1e9:
            raise _strange(where)
        return text, float(weight)
    if isinstance(item, list):
        raise _strange(where)
    if isinstance(item, bool):
        return str(item).lower(), None
    return ("" if item is None else str(item).strip()), None


def _strange(where: str) -> SdtuiError:
    return UsageError("This is no value of a wildcard.", where=where, todo="Write a text, or text: and weight:.")
