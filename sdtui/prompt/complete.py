"""What can come next at a place in a prompt: kinds of tags, names, arguments, wildcards, embeddings, words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from sdtui.prompt.catalogue import Catalogue, Entry, Sort, Sources

MOST = 40
"""Items at one place, at most."""
REACH = 200
"""Characters before the place that are looked at."""
LEAST_TYPED = 2
"""Letters of a word after which it is completed unasked."""
TAG_WORDS = 3
"""Words that a tag's beginning may have, at most."""
KINDS = (("lora", "a LoRA: name, weight"), ("hypernet", "a hypernetwork: name, multiplier"))
NAMED_ARGUMENTS = (
    ("te=", "the text encoder's weight"),
    ("unet=", "the UNet's weight"),
    ("dyn=", "the rank that is used"),
)
WEIGHTS = ("1", "0.8", "0.6", "0.4")

_KIND = re.compile(r"[A-Za-z]*")
_TAG = re.compile(r"(lora|lyco|hypernet):([^:]*)((?::[^:]*)*)")
_WHOLE_WILDCARD = re.compile(r"__[~@]?[^\s,<>{}|$()\[\]=]+?(?:\([^()\n]*\))?__")
_BEGUN_WILDCARD = re.compile(r"__[~@]?([^\s,<>{}|$()\[\]=]*)$")
_REST_OF_WILDCARD = re.compile(r"(?:[^\s,<>{}|$()\[\]=_]|_(?!_))*__|")
_REST_OF_NAME = re.compile(r"[^\s,:<>]*(?=[:>])|")
_REST_OF_ARGUMENT = re.compile(r"[^\s,:<>]*(?=[:>])|")
_WORD = re.compile(r"(?:\\[()\[\]]|[^\s,<>{}|()\[\]:\"])+")
_UNESCAPED = re.compile(r"\\([()\[\]\\])")
_BRACKET = re.compile(r"([()\[\]\\])")


class Item(NamedTuple):
    """What can be put in place of what was typed: `label` says it in the list, `about` beside it."""

    label: str
    insert: str
    about: str
    sort: Sort


class Completions(NamedTuple):
    """Items that can stand in place of the characters from `start` to `end`, the likest first."""

    start: int
    end: int
    items: tuple[Item, ...] = ()

    def rest(self, text: str, offset: int, number: int = 0) -> str:
        """What an item adds to what is typed up to the offset; empty where it would change that."""
        if not 0 <= number < len(self.items):
            return ""
        typed, insert = text[self.start : offset], self.items[number].insert
        return insert[len(typed) :] if insert[: len(typed)].casefold() == typed.casefold() else ""


def complete(text: str, offset: int, sources: Sources, *, asked: bool = False) -> Completions:
    """What can come at the offset; a word's first letters are completed only when the user asks. Never raises."""
    offset = max(0, min(offset, len(text)))
    floor = max(text.rfind("\n", 0, offset) + 1, offset - REACH)
    before = text[floor:offset]
    opened = before.rfind("<")
    if opened > before.rfind(">"):
        return _in_tag(text, offset, before[opened + 1 :], sources)
    begun = _BEGUN_WILDCARD.search(_WHOLE_WILDCARD.sub(" ", before))
    if begun is not None:
        return _wildcards(text, offset, begun[1], sources.wildcards)
    return _words(text, offset, before, sources, asked)


def _in_tag(text: str, offset: int, head: str, sources: Sources) -> Completions:
    if _KIND.fullmatch(head):
        items = [Item(f"<{kind}:", f"{kind}:", about, "kind") for kind, about in KINDS if kind.startswith(head.lower())]
        return _changed(text, offset - len(head), offset, items)
    tag = _TAG.fullmatch(head)
    if tag is None:
        return Completions(offset, offset)
    kind: Sort = "hypernetwork" if tag[1] == "hypernet" else "lora"
    catalogue = sources.hypernetworks if kind == "hypernetwork" else sources.loras
    if tag[3]:
        return _arguments(text, offset, tag[3].rpartition(":")[2], catalogue.get(tag[2]), kind)
    rest = _REST_OF_NAME.match(text, offset)
    end = rest.end() if rest else offset
    closed = end < len(text) and text[end] in ":>"
    found = catalogue.find(tag[2], MOST)
    items = [
        Item(entry.name, entry.name if closed else _whole(entry, kind, text, end), entry.about, kind) for entry in found
    ]
    return _changed(text, offset - len(tag[2]), end, items)


def _whole(entry: Entry, kind: Sort, text: str, end: int) -> str:
    """The rest of a tag from its name on, with the words that belong to it."""
    words = f" {entry.words}" if entry.words and not text.startswith(entry.words, end + 1) else ""
    return f"{entry.name}:{entry.weight or 1:g}>{words}"


def _arguments(text: str, offset: int, typed: str, entry: Entry | None, kind: Sort) -> Completions:
    preferred = f"{entry.weight:g}" if entry and entry.weight else ""
    numbers = [(preferred, "the weight it is best used with")] if preferred else []
    numbers += [(number, "") for number in WEIGHTS if number != preferred]
    rows = [*numbers, *(NAMED_ARGUMENTS if kind == "lora" else ())]
    key, equals, _ = typed.partition("=")
    if equals:
        rows = [(f"{key}={number}", about) for number, about in numbers]
    rest = _REST_OF_ARGUMENT.match(text, offset)
    end = rest.end() if rest else offset
    closed = end < len(text) and text[end] in ":>"
    items = [
        Item(label, label if closed or label.endswith("=") else f"{label}>", about, "argument")
        for label, about in rows
        if label.startswith(typed)
    ]
    return _changed(text, offset - len(typed), end, items)


def _wildcards(text: str, offset: int, typed: str, wildcards: Catalogue) -> Completions:
    rest = _REST_OF_WILDCARD.match(text, offset)
    end = rest.end() if rest else offset
    items = [
        Item(f"__{entry.name}__", f"{entry.name}__", entry.about, "wildcard") for entry in wildcards.find(typed, MOST)
    ]
    return _changed(text, offset - len(typed), end, items)


def _words(text: str, offset: int, before: str, sources: Sources, asked: bool) -> Completions:
    """Embeddings and tags that begin as the last words do: as many words as something begins with."""
    if not asked and _WORD.match(text, offset):
        # in the middle of a word: whoever mends a letter does not want another word
        return Completions(offset, offset)
    for typed in beginnings(before):
        query = _UNESCAPED.sub(r"\1", typed)
        one = not typed.count(" ")
        found = [*(sources.embeddings.find(query, MOST, scattered=False) if one else ()), *sources.tags(query)][:MOST]
        start = offset - len(typed)
        items = [_item(entry, text, start, offset, sources) for entry in found]
        completions = _changed(text, start, offset, items)
        if completions.items and (asked or len(query) >= LEAST_TYPED):
            return completions
    if asked and not beginnings(before):
        found = [*sources.embeddings.find("", MOST), *sources.tags("")][:MOST]
        items = [_item(entry, text, offset, offset, sources) for entry in found]
        if text[offset : offset + 1].isalnum():
            items = [item._replace(insert=f"{item.insert} ") for item in items]
        return Completions(offset, offset, tuple(items))
    return Completions(offset, offset)


def beginnings(before: str) -> tuple[str, ...]:
    """What a tag's beginning may be at the end of this text: its last words, the most of them first."""
    words: list[str] = []
    typed = ""
    for match in reversed([*_WORD.finditer(before)][-TAG_WORDS:]):
        gap = before[match.end() : len(before) - len(typed)]
        if gap != (" " if words else ""):
            break
        typed = before[match.start() :]
        words.insert(0, typed)
    return tuple(words)


def _item(entry: Entry, text: str, start: int, end: int, sources: Sources) -> Item:
    if entry.sort != "tag":
        return Item(entry.name, entry.name, entry.about, entry.sort)
    name = _BRACKET.sub(r"\\\1", _spaced(entry.name) if sources.habits.spaces else entry.name)
    comma = sources.habits.comma and not text[end:].partition("\n")[0].strip() and _free(text, start)
    return Item(entry.name, f"{name}, " if comma else name, entry.about, "tag")


def _spaced(name: str) -> str:
    """Underscores as spaces, but not in faces such as `^_^`, where they are the mouth."""
    return name.replace("_", " ") if any(letter.isalnum() for letter in name) and len(name) > 3 else name


def _free(text: str, start: int) -> bool:
    """Nothing is open at the place that a comma would be caught in."""
    line = text[max(text.rfind("\n", 0, start) + 1, start - REACH) : start]
    return all(line.count(opening) <= line.count(closing) for opening, closing in ("()", "[]", "{}"))


def _changed(text: str, start: int, end: int, items: list[Item]) -> Completions:
    """The items that would change anything."""
    there = text[start:end]
    return Completions(start, end, tuple(item for item in _distinct(items) if item.insert.rstrip(", ") != there))


def _distinct(items: list[Item]) -> Iterator[Item]:
    seen: set[str] = set()
    for item in items:
        if item.insert not in seen:
            seen.add(item.insert)
            yield item
