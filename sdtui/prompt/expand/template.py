"""Parses a template: every text gives a tree, oddities give diagnostics, nothing raises, and the time is linear in the text.

The syntax is dynamicprompts'. **Ours**, on purpose: `%`, `$`, `//` and braces that are not balanced are text, and `#` begins a
comment only at the start of a line; variables may be set inside choices; spaces are allowed around the numbers of a range.
"""

from __future__ import annotations

import re

from sdtui.prompt.expand.brackets import COMMENT, Brackets, pair
from sdtui.prompt.expand.nodes import (
    JOINER,
    METHODS,
    Access,
    AnyNode,
    Argument,
    Assign,
    Choice,
    Comment,
    Nodes,
    Option,
    Reference,
    Template,
    Wildcard,
)
from sdtui.prompt.expand.oddities import bracket_oddities, lone_bar
from sdtui.prompt.nodes import MAX_DEPTH, Diagnostic, Text

MAX_WEIGHT = 1e9

_DYNAMIC = re.compile(r"\{|__|^[ \t]*#|\}", re.MULTILINE)
_MARK = re.compile(rf"{COMMENT}|\$?\{{|__|\|", re.MULTILINE)
_HEAD = re.compile(
    r"\s*(?P<method>[~@!]?)"
    r"(?:\s*(?:(?P<low>[0-9]{1,6})\s*-\s*(?P<high>[0-9]{1,6})|-\s*(?P<most>[0-9]{1,6})|(?P<least>[0-9]{1,6})\s*-"
    r"|(?P<exact>[0-9]{1,6}))\s*\$\$(?:(?P<joiner>[^${}]*)\$\$)?)?"
)
_WEIGHT = re.compile(r"\s*(?:(?P<weight>[0-9]+\.?[0-9]*|\.[0-9]+)::)?")
_VARIABLE = re.compile(r"\s*(?P<name>[A-Za-z_-][A-Za-z0-9_-]*)\s*(?P<what>\?=!?|=!?|:|\Z)\s*")
_ARGUMENT = re.compile(r"\s*(?P<name>[A-Za-z_-][A-Za-z0-9_-]*)\s*=\s*")
_NAME = re.compile(r"(?:(?!__)[^\n\r\t,(){}\[\]<>|:#$\"\\])+")
_COMMA = re.compile(r"[,({]")


def parse(text: str) -> Template:
    """The tree of a template."""
    if _DYNAMIC.search(text) is None:
        nodes: Nodes = (Text(0, len(text), text),) if text else ()
        return Template(text, nodes, len(nodes))
    brackets = pair(text)
    parser = _Parser(text, brackets)
    nodes, _ = parser.sequence(0, len(text), bar=False)
    parser.references.sort(key=lambda reference: reference.start)
    diagnostics = [*parser.diagnostics, *bracket_oddities(brackets, len(text))]
    diagnostics.sort(key=lambda diagnostic: diagnostic.start)
    return Template(text, nodes, parser.size, tuple(parser.references), tuple(parser.comments), tuple(diagnostics))


def blanked(text: str) -> str:
    """The text with spaces for its comments, each character at its place: for whoever shows or counts what is typed."""
    if "#" not in text:
        return text
    pieces: list[str] = []
    start = 0
    for comment in parse(text).comments:
        note = text[comment.start : comment.end]
        blank = " " * (len(note) - note.endswith("\n")) + "\n" * note.endswith("\n")
        pieces += text[start : comment.start], blank
        start = comment.end
    return "".join([*pieces, text[start:]])


class _Parser:
    """Reads from left to right; whatever cannot be read stays text."""

    def __init__(self, text: str, brackets: Brackets) -> None:
        self._text = text
        self._partner = brackets.partner
        self._hashes = brackets.hashes
        self._depth = 0
        self.size = 0
        self.references: list[Reference] = []
        self.comments: list[Comment] = []
        self.diagnostics: list[Diagnostic] = []

    def sequence(self, start: int, end: int, *, bar: bool) -> tuple[Nodes, int]:
        """The nodes from `start` up to `end`, or to the first `|` that parts options (`bar`), and where they end."""
        nodes: list[AnyNode] = []
        place = words = start
        if start in self._hashes and start < end:  # the white space of its line was skipped with what stands before it
            nodes.append(self._comment(start, min(self._hashes[start], end)))
            place = words = nodes[-1].end
        while match := _MARK.search(self._text, place, end):
            mark, at = match[0], match.start()
            if mark == "|" and bar:
                end = at
                break
            node = self._node(mark, at, end)
            if node is None:
                place = match.end() if mark != "${" or at + 1 not in self._partner else at + 1
                continue
            if words < at:
                nodes.append(Text(words, at, self._text[words:at]))
            nodes.append(node)
            place = words = node.end
        if words < end:
            nodes.append(Text(words, end, self._text[words:end]))
        self.size += len(nodes)
        return tuple(nodes), end

    def _node(self, mark: str, at: int, end: int) -> AnyNode | None:
        if mark == "|":
            return None
        if mark == "__":
            return self._wildcard(at, end)
        if mark == "{":
            return self._choice(at, self._partner[at]) if at in self._partner else None
        if mark == "${":
            return self._variable(at, self._partner[at + 1]) if at + 1 in self._partner else None
        return self._comment(at, min(at + len(mark), end))

    def _comment(self, start: int, end: int) -> Comment:
        self.comments.append(Comment(start, end))
        return self.comments[-1]

    def _choice(self, at: int, close: int) -> Choice:
        head = _HEAD.match(self._text, at + 1, close)
        assert head is not None  # every part of the pattern may be empty
        low, high = _bounds(head)
        options: list[Option] = []
        place = head.end()
        while True:
            weight = _WEIGHT.match(self._text, place, close)
            assert weight is not None
            nodes, end = self.sequence(weight.end(), close, bar=True)
            number = min(float(weight["weight"] or 1), MAX_WEIGHT)
            options.append(Option(place, end, weight.end(), number, nodes))
            if end >= close:
                break
            place = end + 1
        self.size += len(options)
        joiner = JOINER if head["joiner"] is None else head["joiner"]
        return Choice(at, close + 1, head.end(), METHODS[head["method"]], low, high, joiner, tuple(options))

    def _variable(self, at: int, close: int) -> Assign | Access | None:
        match = _VARIABLE.match(self._text, at + 2, close)
        if match is None or (not match["what"] and match.end() < close):
            return None
        if not match["what"]:
            return Access(at, close + 1, match["name"])
        nodes, _ = self.sequence(match.end(), close, bar=False)
        self.diagnostics.extend(lone_bar(self._text, nodes, match.end(), close))
        if match["what"] == ":":
            return Access(at, close + 1, match["name"], nodes)
        return Assign(at, close + 1, match["name"], nodes, "!" in match["what"], "?" in match["what"])

    def _wildcard(self, at: int, end: int) -> Wildcard | None:
        method = METHODS.get(self._text[at + 2 : at + 3], "") if at + 2 < end else ""
        start = at + 3 if method else at + 2
        shape = self._shape(start, end)
        if shape is None or self._depth >= MAX_DEPTH:
            return None
        name_end, opened, close = shape
        self._depth += 1
        name = self._name(start, name_end)
        arguments = self._arguments(opened + 1, self._partner[opened]) if opened >= 0 else ()
        self._depth -= 1
        self.references.append(Reference(self._text[start:name_end], at, close))
        return Wildcard(at, close, method, name, arguments)

    def _shape(self, start: int, end: int) -> tuple[int, int, int] | None:
        """Where a wildcard's name ends, where its arguments open (-1: none) and where it all ends; looks at nothing twice."""
        place = start
        while place < end and not self._text.startswith("__", place):
            words = _NAME.match(self._text, place, end)
            if words is not None:
                place = words.end()
                continue
            brace = place + self._text.startswith("$", place)
            if not self._text.startswith("{", brace) or brace not in self._partner:
                break
            place = self._partner[brace] + 1
        name_end, opened = place, -1
        if self._text.startswith("(", place) and self._partner.get(place, end) < end:
            opened, place = place, self._partner[place] + 1
            name_end = start + len(self._text[start:name_end].rstrip(" "))
        name = self._text[start:name_end]
        if not name or name[0] == " " or name[-1] == " " or not self._text.startswith("__", place) or place + 2 > end:
            return None
        return name_end, opened, place + 2

    def _name(self, start: int, end: int) -> Nodes:
        """A name's nodes: words, choices and variables."""
        nodes: list[AnyNode] = []
        while start < end:
            words = _NAME.match(self._text, start, end)
            brace = start + self._text.startswith("$", start)
            node: AnyNode | None = None
            if words is None:
                close = self._partner[brace]
                node = self._variable(start, close) if brace > start else self._choice(start, close)
            if node is None:
                stop = words.end() if words else self._partner[brace] + 1
                node = Text(start, stop, self._text[start:stop])
            nodes.append(node)
            start = node.end
        self.size += len(nodes)
        return tuple(nodes)

    def _arguments(self, start: int, end: int) -> tuple[Argument, ...]:
        """`x=v, y=w`; a comma inside brackets parts nothing."""
        arguments: list[Argument] = []
        place = start
        while place < end:
            comma = self._comma(place, end)
            match = _ARGUMENT.match(self._text, place, comma)
            if match is None:
                sentence = "What stands in the brackets of a wildcard is written name=value."
                self.diagnostics.append(Diagnostic(place, comma, "warning", sentence))
            else:
                value_end = max(match.end(), place + len(self._text[place:comma].rstrip()))
                nodes, _ = self.sequence(match.end(), value_end, bar=False)
                arguments.append(Argument(place, comma, match["name"], nodes))
            place = comma + 1
        return tuple(arguments)

    def _comma(self, place: int, end: int) -> int:
        """The next comma that no brackets hold, else the end."""
        while match := _COMMA.search(self._text, place, end):
            if match[0] == ",":
                return match.start()
            place = max(match.end(), self._partner.get(match.start(), 0) + 1)
        return end


def _bounds(head: re.Match[str]) -> tuple[int, int | None]:
    """How many options a choice takes, at least and at most; one where it does not say."""
    if head["exact"]:
        return int(head["exact"]), int(head["exact"])
    if head["least"]:
        return int(head["least"]), None
    if head["most"]:
        return min(1, int(head["most"])), int(head["most"])
    if head["low"]:
        low, high = sorted((int(head["low"]), int(head["high"])))
        return low, high
    return 1, 1
