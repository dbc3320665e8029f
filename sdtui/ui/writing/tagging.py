"""Models in the text of a prompt: a LoRA's or hypernetwork's tag, an embedding's word, put in and taken out again."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from sdtui.prompt.calling import Called, stem_of
from sdtui.prompt.names import TAG_KINDS
from sdtui.spec.model import ModelKind, ModelRecord

TAGS: dict[ModelKind, str] = {"lora": "lora", "hypernetwork": "hypernet"}
"""The kinds of models that are named by a tag, with the tag's own kind."""
TAG = re.compile(r"<[^<>\n]*>")
NAMED = re.compile(r"<(\w+):([^:<>\n]+)(?::[^<>\n]*)?>")
CLOSING = re.compile(r"(?::\s*[-+]?[\d.]+\s*)?\)")
OWN = "_-"
"""What may stand in a word besides letters and digits."""


class Edit(NamedTuple):
    """Characters `start` up to `end` of the text become `text`; `added` says whether the model is in it now."""

    start: int
    end: int
    text: str
    added: bool


def names_in(text: str, record: ModelRecord, called: Called) -> bool:
    """The text names this model, by whichever of its names; `called` are all models of its kind."""
    return bool(_places(text, record, called))


def toggled(text: str, at: int, record: ModelRecord, called: Called) -> tuple[Edit, ...]:
    """What puts the model into the text at a place, or takes it out where it is in it, its trigger words with it.

    To be made from the last one to the first, so that places before stay right. Never in the middle of a word or a tag.
    """
    places = _places(text, record, called)
    if places:
        spans = [_with_space(text, *place) for place in [*places, *_triggers_after(text, places, record)]]
        return tuple(Edit(start, end, "", added=False) for start, end in sorted(spans, reverse=True))
    at = _settled(text, at)
    before = "" if not text[:at] or text[:at][-1].isspace() or text[:at][-1] in "([{" else " "
    after = "" if not text[at:] or text[at] in " \t\n,.)]}" else " "
    return (Edit(at, at, before + _written(record, called) + after, added=True),)


def _written(record: ModelRecord, called: Called) -> str:
    if record.kind not in TAGS:
        return stem_of(record)
    tag = f"<{TAGS[record.kind]}:{called.word(record)}:{record.preferred_weight or 1:g}>"
    return " ".join([tag, ", ".join(record.trigger_words)]).strip()


def _places(text: str, record: ModelRecord, called: Called) -> list[tuple[int, int]]:
    if record.kind not in TAGS:
        return _finder(stem_of(record))(text)
    tags = [match for match in NAMED.finditer(text) if TAG_KINDS.get(match[1]) == record.kind]
    return [match.span() for match in tags if (found := called.one(match[2])) and found.path == record.path]


@lru_cache(256)
def _finder(name: str) -> Callable[[str], list[tuple[int, int]]]:
    """Finds the bare word outside tags."""
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
    words = ", ".join(record.trigger_words)
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
