"""File names from patterns such as `[date]/[number]-[seed].png`, always inside the outputs folder."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

from sdtui.errors import WorkspaceError
from sdtui.spec.job import Render

DEFAULT_PATTERN = "[date]/[number]-[seed].png"
VALUE_CHARACTERS = 128
NAME_BYTES = 200
NUMBER_DIGITS = 5
PROMPT_WORDS = 8

NamesIn = Callable[[Path], Iterable[str]]
"""The names that are taken in a folder: files that exist and paths that are planned."""

_TOKEN = re.compile(r"\[(?P<name>[a-z_]+)(?:<(?P<argument>[^<>\[\]]*)>)?\]")
_FORBIDDEN = re.compile(r'[#<>:"/\\|?*\x00-\x1f\x7f-\x9f\ud800-\udfff]')
_NUMBER = "[number]"

_VALUES: Mapping[str, Callable[[Render, datetime, str], str]] = {
    "seed": lambda render, at, argument: str(render.params.seed),
    "steps": lambda render, at, argument: str(render.params.steps),
    "cfg": lambda render, at, argument: f"{render.params.cfg_scale:.10g}",
    "width": lambda render, at, argument: str(render.params.width),
    "height": lambda render, at, argument: str(render.params.height),
    "sampler": lambda render, at, argument: render.params.sampler,
    "scheduler": lambda render, at, argument: render.params.schedule_type,
    "model_name": lambda render, at, argument: render.checkpoint.name,
    "model_hash": lambda render, at, argument: render.checkpoint.sha256[:10] or "unhashed",
    "date": lambda render, at, argument: f"{at:%Y-%m-%d}",
    "datetime": lambda render, at, argument: _datetime(at, argument),
    "prompt_hash": lambda render, at, argument: _prompt_hash(render.prompt, argument),
    "prompt_words": lambda render, at, argument: _prompt_words(render.prompt, argument),
    "batch_number": lambda render, at, argument: str(render.index % render.params.batch_size + 1),
    "generation_number": lambda render, at, argument: str(render.index + 1),
}
TOKENS = ("number", *_VALUES)
"""Every pattern that is understood; others stay in the name as they are."""


class Naming:
    """Names for the pictures of one plan; what it has given once is taken."""

    def __init__(self, folder: Path, *, names_in: NamesIn, pattern: str = DEFAULT_PATTERN) -> None:
        self._folder = folder
        self._pattern = pattern if pattern.lower().endswith(".png") else f"{pattern}.png"
        self._names_in = names_in
        self._taken: dict[Path, set[str]] = {}
        self._newest: dict[tuple[Path, str], int] = {}

    def name(self, render: Render, at: datetime) -> Path:
        """Where this picture goes, a name that nothing has yet; `at` is local time.

        Raises WorkspaceError when a symbolic link would lead out of the outputs folder.
        """
        place = self._folder
        parts = [part for part in _split(self._pattern) if part not in {"", "."}]
        for part in parts[:-1]:
            place /= self._fill(place, part, "", render, at)
        stem = parts[-1][: -len(".png")] if parts else ""
        name = self._unused(place, self._fill(place, stem, ".png", render, at))
        if not place.resolve().is_relative_to(self._folder.resolve()):
            raise WorkspaceError(
                "A symbolic link leads out of the outputs folder.",
                where=str(place),
                todo="Remove it, or change the pattern.",
            )
        return place / name

    def _fill(self, place: Path, part: str, suffix: str, render: Render, at: datetime) -> str:
        """One part of the path with its patterns filled in."""
        number = f"{self._next(place, part, suffix):0{NUMBER_DIGITS}}" if _NUMBER in part else ""
        return _clean(_TOKEN.sub(lambda match: _value(match, number, render, at), part), suffix)

    def _next(self, place: Path, part: str, suffix: str) -> int:
        key = (place, part)
        if key not in self._newest:
            self._newest[key] = self._highest(place, part, suffix)
        self._newest[key] += 1
        return self._newest[key]

    def _highest(self, place: Path, part: str, suffix: str) -> int:
        """The highest number that a name of this pattern has in the folder, whatever its other values were."""
        before, _, after = part.partition(_NUMBER)
        digits = rf"([0-9]{{{NUMBER_DIGITS},18}})"
        wanted = re.compile(_shape(before) + digits + _shape(after) + r"(?:-[0-9]+)?" + re.escape(suffix), re.DOTALL)
        return max((int(found[1]) for found in map(wanted.fullmatch, self._names(place)) if found), default=0)

    def _unused(self, place: Path, name: str) -> str:
        names = self._names(place)
        stem, number = name.removesuffix(".png"), 2
        while name in names:
            name = _clean(stem, f"-{number}.png")
            number += 1
        names.add(name)
        return name

    def _names(self, place: Path) -> set[str]:
        if place not in self._taken:
            self._taken[place] = set(self._names_in(place))
        return self._taken[place]


def _split(pattern: str) -> list[str]:
    """The pattern's parts; a slash between `<` and `>` is no separator."""
    return re.split(r"/(?![^<>\[\]]*>\])", pattern)


def _value(match: re.Match[str], number: str, render: Render, at: datetime) -> str:
    if match[0] == _NUMBER:
        return number
    value = _VALUES.get(match["name"])
    if value is None:
        return match[0]
    return _FORBIDDEN.sub("_", value(render, at, match["argument"] or ""))[:VALUE_CHARACTERS]


def _shape(part: str) -> str:
    """A regular expression for what a part of a pattern can become."""
    pieces, at = [], 0
    for match in _TOKEN.finditer(part):
        if match["name"] in TOKENS:
            pieces += [re.escape(_FORBIDDEN.sub("_", part[at : match.start()])), ".*"]
            at = match.end()
    pieces.append(re.escape(_FORBIDDEN.sub("_", part[at:])))
    return re.sub(r"(?:\.\*){2,}", ".*", "".join(pieces))


def _clean(text: str, suffix: str) -> str:
    """A name that every file system takes, at most NAME_BYTES with its suffix."""
    name = _FORBIDDEN.sub("_", text).strip()
    room = NAME_BYTES - len(suffix.encode())
    name = name.encode()[:room].decode(errors="ignore").rstrip(" .")
    if name.startswith("."):
        name = "_" + name[1:]
    return (name or "_") + suffix


def _datetime(at: datetime, pattern: str) -> str:
    try:
        return at.strftime(pattern) if pattern else f"{at:%Y%m%d%H%M%S}"
    except ValueError:
        return f"{at:%Y%m%d%H%M%S}"


def _prompt_hash(prompt: str, argument: str) -> str:
    length = int(argument) if argument.isdecimal() else 8
    return hashlib.sha256(prompt.encode("utf-8", "replace")).hexdigest()[: max(1, length)]


def _prompt_words(prompt: str, argument: str) -> str:
    count = int(argument) if argument.isdecimal() else PROMPT_WORDS
    return " ".join(re.findall(r"[^\W_][\w'-]*", prompt)[: max(1, count)]) or "empty"
