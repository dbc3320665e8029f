"""Models in the text of a prompt: a LoRA's or hypernetwork's tag, an embedding's word, put in and taken out again."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from sdtui.spec.model import ModelKind, ModelRecord

TAGS: dict[ModelKind, str] = {"lora": "lora", "hypernetwork": "hypernet"}
"""The kinds of models that are named by a tag, with the tag's own kind."""
TAG = re.compile(r"<[^<>\n]*>")
CLOSING = re.compile(r"(?::\s*[-+]?[\d.]+\s*)?\)")
OWN = "_-"
"""What may stand in a word besides letters and digits."""


class Edit(NamedTuple):
    """Characters `start` up to `end` of the text become `text`; `added` says whether the model is in it now."""

    start: int
    end: int
    text: str
    added: bool


def word_of(record: ModelRecord) -> str:
    """The word that an embedding is called by in a prompt: its bare file name."""
    return record.name.rpartition("/")[2]


def names_in(text: str, record: ModelRecord) -> bool:
    """The text names this model."""
    return bool(_places(text, record))


def toggled(text: str, at: int, record: ModelRecord) -> tuple[Edit, ...]:
    """What puts the model into the text at a place, or takes it out where it is in it, its trigger words with it.

    To be made from the last one to the first, so that places before stay right. Never in the middle of a word or a tag.
    """
    places = _places(text, record)
    if places:
        spans = [_with_space(text, *place) for place in [*places, *_triggers_after(text, places, record)]]
        return tuple(Edit(start, end, "", added=False) for start, end in sorted(spans, reverse=True))
    at = _settled(text, at)
    before = "" if not text[:at] or text[:at][-1].isspace() or text[:at][-1] in "([{" else " "
    after = "" if not text[at:] or text[at] in " \t\n,.)]}" else " "
    return (Edit(at, at, before + _written(record) + after, added=True),)


def _written(record: ModelRecord) -> str:
    if record.kind not in TAGS:
        return word_of(record)
    tag = f"<{TAGS[record.kind]}:{record.name}:{_weight(record):g}>"
    return " ".join([tag, ", ".join(_trigger_words(record))]).strip()


def _weight(record: ModelRecord) -> float:
    """The weight that the model's side file prefers, else 1."""
    weight = getattr(record, "preferred_weight", 0.0)
    return float(weight) if isinstance(weight, int | float) and weight else 1.0


def _trigger_words(record: ModelRecord) -> tuple[str, ...]:
    words = getattr(record, "trigger_words", ())
    listed = words.split(",") if isinstance(words, str) else words
    return tuple(word.strip() for word in listed if isinstance(word, str) and word.strip())


def _places(text: str, record: ModelRecord) -> list[tuple[int, int]]:
    find = _finder(TAGS.get(record.kind, ""), record.name if record.kind in TAGS else word_of(record))
    return find(text)


@lru_cache(256)
def _finder(tag: str, name: str) -> Callable[[str], list[tuple[int, int]]]:
    """Finds a tag of this kind and name, or where there is no kind the bare word outside tags."""
    if tag:
        pattern = re.compile(rf"<{tag}:{re.escape(name)}(?::[^<>\n]*)?>")
        return lambda text: [match.span() for match in pattern.finditer(text)]
    word = re.compile(rf"(?<![\w{OWN}]){re.escape(name)}(?![\w{OWN}])", re.IGNORECASE)

    def find(text: str) -> list[tuple[int, int]]:
        if name.lower() not in text.lower():
            return []
        tags = [match.span() for match in TAG.finditer(text)]
        found = [match.span() for match in word.finditer(text)]
        return [place for place in found if not any(start <= place[0] < end for start, end in tags)]

    return find


def _triggers_after(text: str, places: list[tuple[int, int]], record: ModelRecord) -> list[tuple[int, int]]:
    """The trigger words as they were put in, directly behind a tag."""
    words = ", ".join(_trigger_words(record))
    if not words or record.kind not in TAGS:
        return []
    return [(end + 1, end + 1 + len(words)) for _, end in places if text[end : end + 1 + len(words)] == f" {words}"]


def _with_space(text: str, start: int, end: int) -> tuple[int, int]:
    """The place with the brackets that hold nothing else, and with the space that would be left over."""
    closing = CLOSING.match(text, end) if start > 0 and text[start - 1] == "(" else None
    if closing is not None:
        start, end = start - 1, closing.end()
    if start > 0 and text[start - 1] == " ":
        return start - 1, end
    return (start, end + 1) if start == 0 and text[end : end + 1] == " " else (start, end)


def _settled(text: str, at: int) -> int:
    """The place, or the end of the tag or word that it is in the middle of."""
    for match in TAG.finditer(text):
        if match.start() < at < match.end():
            return match.end()
    while 0 < at < len(text) and _in_word(text[at - 1]) and _in_word(text[at]):
        at += 1
    return at


def _in_word(character: str) -> bool:
    return character.isalnum() or character in OWN
