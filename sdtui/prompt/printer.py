"""Tree → text: the canonical spelling of a prompt, which is read back with the same meaning.

Brackets that counted as text get their backslash, numbers their shortest form; words, BREAK and the backslashes between
them stay as they were written.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import assert_never

from sdtui.prompt.lexer import AND_WEIGHT
from sdtui.prompt.nodes import (
    Alternation,
    AnyNode,
    Break,
    Clause,
    Close,
    Escape,
    Open,
    Prompt,
    Schedule,
    Shape,
    Tag,
    Text,
)

_NOTHING = re.compile(r"(?!)")
_BRACKET = re.compile(r"[()\[\]]")
_BRACKET_OR_PARTING = re.compile(r"[()\[\]:|]")
_NUMBER_BEGINS = re.compile(r":\s*[-+]?[.\d]*$")
_NUMBER_GOES_ON = re.compile(r"[.\d]*\s*")
_OPENER: dict[Shape, str] = {"round": "(", "square": "["}
_CLOSER: dict[Shape, str] = {"round": ")", "square": "]"}


def canonical(prompt: Prompt) -> str:
    """The prompt's canonical text: parsed again it has the same tags, the same timeline and the same canonical text."""
    return _Printer(prompt).print()


def number(value: float) -> str:
    """The shortest decimal that reads back as the same number, without an exponent."""
    return format(Decimal(repr(value)).normalize(), "f")


def tag_text(tag: Tag) -> str:
    """The tag as it is written: positional arguments before named ones."""
    return f"<{':'.join((tag.kind, *tag.positional, *(f'{key}={value}' for key, value in tag.named)))}>"


class _Printer:
    """Prints one prompt; tags come where they stood, or after the mark they stood in."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self._said: list[str] = []
        self._next_tag = 0

    def print(self) -> str:
        """The whole prompt."""
        clauses = self._prompt.clauses
        for place, clause in enumerate(clauses):
            if place:
                self._said.append(" AND")
            self._clause(clause, alone=len(clauses) == 1)
        self._tags_up_to(len(self._prompt.text))
        return "".join(self._said)

    def _clause(self, clause: Clause, *, alone: bool) -> None:
        self._nodes(clause.nodes, nested=False)
        self._tags_up_to(clause.text_end)
        if alone:
            return
        text = self._prompt.raw(clause.start, clause.text_end)
        looks_weighed = AND_WEIGHT.fullmatch(text, text.rfind(":") + 1) if ":" in text else None
        if clause.weight != 1 or looks_weighed:
            self._said.append(f" :{number(clause.weight)}")

    def _nodes(self, nodes: tuple[AnyNode, ...], *, nested: bool) -> None:
        """Print nodes; `nested` ones stand in brackets, where colons and bars would part them."""
        depth = 1 if nested else 0
        for place, node in enumerate(nodes):
            self._tags_up_to(node.start)
            match node:
                case Text():
                    self._text(node, self._protected(depth), _drawn_weight(nodes, place))
                case Escape():
                    after = nodes[place + 1] if place + 1 < len(nodes) else None
                    parting = depth and isinstance(after, Text) and after.value[0] in ":|"
                    self._said.append("" if parting and not node.value else "\\" + node.value)
                case Open():
                    depth += 1
                    self._said.append(_OPENER[node.shape])
                case Close():
                    depth -= 1
                    weight = "" if node.weight is None else ":" + number(node.weight)
                    self._said.append(weight + _CLOSER[node.shape])
                case Break():
                    self._said.append(self._prompt.raw(node.start, node.end))
                case Schedule():
                    self._schedule(node)
                case Alternation():
                    self._alternation(node)
                case _:
                    assert_never(node)

    def _schedule(self, node: Schedule) -> None:
        self._said.append("[")
        if node.before:
            self._nodes(node.before, nested=True)
            self._said.append(":")
        self._nodes(node.after, nested=True)
        self._said.append(f":{node.when}]")

    def _alternation(self, node: Alternation) -> None:
        for place, option in enumerate(node.options):
            self._said.append("|" if place else "[")
            self._nodes(option, nested=True)
        self._said.append("]")

    def _protected(self, depth: int) -> re.Pattern[str]:
        """Which characters of a text would be read as marks."""
        if not self._prompt.marked:
            return _NOTHING
        return _BRACKET_OR_PARTING if depth else _BRACKET

    def _text(self, node: Text, marks: re.Pattern[str], spared: int) -> None:
        """The words of a node, its marks protected but for the one at `spared`."""
        start, rest = node.start, node.value
        for tag in self._prompt.tags_between(self._next_place, node.end):
            length = tag.start - start
            self._said.append(_protect(rest[:length], marks, spared))
            start, rest, spared = tag.end, rest[length:], spared - length
            self._tags_up_to(tag.start)
        self._said.append(_protect(rest, marks, spared))

    @property
    def _next_place(self) -> int:
        tags = self._prompt.tags
        return tags[self._next_tag].start if self._next_tag < len(tags) else len(self._prompt.text)

    def _tags_up_to(self, place: int) -> None:
        tags = self._prompt.tags
        while self._next_tag < len(tags) and tags[self._next_tag].start <= place:
            self._said.append(tag_text(tags[self._next_tag]))
            self._next_tag += 1


def _protect(words: str, marks: re.Pattern[str], spared: int) -> str:
    return marks.sub(lambda mark: mark[0] if mark.start() == spared else "\\" + mark[0], words)


def _drawn_weight(nodes: tuple[AnyNode, ...], place: int) -> int:
    """Where in a text the colon of a weight stands whose number is drawn, `(cat:[1.1:1.4:2])`; -1 without one."""
    text = nodes[place]
    colon = _NUMBER_BEGINS.search(text.value) if isinstance(text, Text) else None
    if colon is None or place + 1 >= len(nodes) or not isinstance(nodes[place + 1], Schedule | Alternation):
        return -1
    for node in nodes[place + 1 :]:
        match node:
            case Close():
                return colon.start() if node.shape == "round" and node.weight is None else -1
            case Text() if not _NUMBER_GOES_ON.fullmatch(node.value):
                return -1
            case Text() | Schedule() | Alternation():
                pass
            case _:
                return -1
    return -1
