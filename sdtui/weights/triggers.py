"""How a model is to be used: what its maker called it, the words that trigger it, and the weight it is best used with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from sdtui.errors import ModelError
from sdtui.weights.files import read_small
from sdtui.weights.wishes import SIDE_LIMIT, side_file

NAME_KEY = "ss_output_name"
PHRASE_KEY = "modelspec.trigger_phrase"
MOST_WORDS = 50
LONGEST = 500
"""Characters of a name or a trigger word that are kept."""

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Use(NamedTuple):
    """`preferred_weight` is 0 where nobody says."""

    alias: str = ""
    trigger_words: tuple[str, ...] = ()
    preferred_weight: float = 0.0


def read_use(path: Path, metadata: Mapping[str, str]) -> Use:
    """What the metadata says, overruled by the side file that A1111 writes (`activation text`, `preferred weight`)."""
    alias = metadata.get(NAME_KEY, "").strip()[:LONGEST]
    words = metadata.get(PHRASE_KEY, "")
    side = _side(path)
    words = _text(side, "activation text") or words
    return Use(alias if alias.isprintable() else "", _split(words), _number(side, "preferred weight"))


def _side(path: Path) -> dict[str, msgspec.Raw]:
    file = side_file(path)
    if not file.is_file():
        return {}
    try:
        return _OBJECT.decode(read_small(file, SIDE_LIMIT))
    except (ModelError, msgspec.MsgspecError, UnicodeError, RecursionError):
        # other programs write files of this name too
        return {}


def _text(side: Mapping[str, msgspec.Raw], key: str) -> str:
    try:
        return msgspec.json.decode(side[key], type=str) if key in side else ""
    except (msgspec.MsgspecError, UnicodeError):
        return ""


def _number(side: Mapping[str, msgspec.Raw], key: str) -> float:
    try:
        value = msgspec.json.decode(side[key], type=float) if key in side else 0.0
    except (msgspec.MsgspecError, UnicodeError):
        return 0.0
    return value if math.isfinite(value) and abs(value) <= 10 else 0.0


def _split(words: str) -> tuple[str, ...]:
    found = (" ".join(word.split())[:LONGEST] for word in words.split(","))
    return tuple(word for word in found if word and word.isprintable())[:MOST_WORDS]
