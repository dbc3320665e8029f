"""A small safe YAML: maps, lists and plain values, no aliases, no tags, no surprises.

Values follow YAML 1.2's core schema, so `off` and `yes` are words, `1:30` is no number and a date is text.
"""

from __future__ import annotations

import math
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from sdtui.errors import ConfigError, WorkspaceError
from sdtui.workspace.tree import KeyPath, Plain, Tree

MAX_BYTES = 1_000_000
MAX_DEPTH = 20

_INT = re.compile(r"[-+]?[0-9]{1,40}\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: Mapping[str, Plain] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TEXT_TAGS = {"!", "tag:yaml.org,2002:str"}


def read_text(path: Path, max_bytes: int = MAX_BYTES, *, follow: bool = True) -> str:
    """A text file in UTF-8; raises WorkspaceError when it cannot be read, ConfigError when it is too large or no text.

    Without `follow` the path itself must be no link.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise WorkspaceError("This is no file that can be read.", where=str(path))
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise WorkspaceError(f"It cannot be read: {error.strerror}.", where=str(path)) from None
    if len(data) > max_bytes:
        raise ConfigError(f"The file is larger than {max_bytes / 1e6:g} MB.", where=str(path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            "The file is not UTF-8 text.", where=f"{path}:{line}", todo="Save it as UTF-8 in your editor."
        ) from None


def read_yaml(path: Path) -> Tree:
    """The tree of a YAML file; raises WorkspaceError when it cannot be read, ConfigError when it cannot be understood."""
    return parse_yaml(read_text(path), where=str(path))


def parse_yaml(text: str, *, where: str = "", max_bytes: int = MAX_BYTES) -> Tree:
    """The tree of a YAML text; raises ConfigError with the line for anything but one plain document."""
    if len(text) > max_bytes:
        raise ConfigError(f"The text is larger than {max_bytes / 1e6:g} MB.", where=where)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    lines: dict[KeyPath, int] = {}
    try:
        # Events, not nodes: the parser hands them out one by one, so that depth and aliases are refused before anything is built.
        value = _Builder(_checked(yaml.parse(text, Loader=loader), where), where, lines).build_document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError(
            f"This is not YAML: {error.problem or error.context}.",
            where=_at(where, line),
            todo="Look at the indentation, the quotes and the brackets there.",
        ) from None
    except yaml.YAMLError as error:
        raise ConfigError(f"This is not YAML: {str(error).splitlines()[0]}.", where=where) from None
    return Tree(value, lines, where)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _at(where: str, line: int) -> str:
    return f"{where}:{line}" if where else f"line {line}"


def _checked(events: Iterable[yaml.Event], where: str) -> Iterator[yaml.Event]:
    """Events, but for what may be abused: aliases, tags, depth."""
    depth = 0
    for event in events:
        line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError(
                f"The alias '*{event.anchor}' is not read here.", where=_at(where, line), todo="Write the value out."
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise ConfigError(f"The file is nested more than {MAX_DEPTH} levels deep.", where=_at(where, line))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        tag = getattr(event, "tag", None)
        if tag is not None and tag not in _TEXT_TAGS:
            raise ConfigError(f"The tag '{tag}' is not read here.", where=_at(where, line), todo="Leave the tag out.")
        yield event


class _Builder:
    """Turns the events of one document into plain values; as deep as MAX_DEPTH at most, so that recursion is safe."""

    def __init__(self, events: Iterator[yaml.Event], where: str, lines: dict[KeyPath, int]) -> None:
        self._events = events
        self._where = where
        self._lines = lines

    def build_document(self) -> Plain:
        value: Plain = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise ConfigError(
                        "A second document starts here.",
                        where=_at(self._where, _line(event)),
                        todo="Keep one, and take the line '---' away.",
                    )
                value = self._build(next(self._events), ())
        return value

    def _build(self, event: yaml.Event, path: KeyPath) -> Plain:
        self._lines.setdefault(path, _line(event))
        if isinstance(event, yaml.ScalarEvent):
            if "\0" in event.value:
                raise ConfigError("There is a zero byte in this text.", where=_at(self._where, _line(event)))
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Plain] = []
            while not isinstance(item := next(self._events), yaml.SequenceEndEvent):
                items.append(self._build(item, (*path, len(items))))
            return items
        found: dict[str, Plain] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise ConfigError("A key must be a word.", where=_at(self._where, line))
            key = event.value
            if key in found:
                raise ConfigError(
                    f"The key '{key}' stands here a second time.",
                    where=_at(self._where, line),
                    todo=f"The first is on line {self._lines[(*path, key)]}; keep one.",
                )
            self._lines[(*path, key)] = line
            found[key] = self._build(next(self._events), (*path, key))
        return found


def _scalar(event: yaml.ScalarEvent) -> Plain:
    text: str = event.value
    return text if event.style or event.tag is not None else plain_value(text)


def plain_value(text: str) -> Plain:
    """What a text without quotes means: nothing, a switch, a number, or itself."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text) and math.isfinite(number := float(text)):
        return number
    return text
