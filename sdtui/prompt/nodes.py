"""The tree of a prompt: frozen nodes, each with its place in the text it was read from.

Emphasis is a pair of marks (`Open`, `Close`) and no container, because `(` and `[` are two independent stacks and may
overlap: `(a [b:1.3) c]`. Schedules and alternations nest, so they hold their branches.

One more construct: a node here, a row in `parser`, and the type checker names every `match` that has to know it.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Literal

from msgspec import Struct

Shape = Literal["round", "square"]
Severity = Literal["error", "warning", "hint"]

MAX_DEPTH = 64
MAX_WEIGHT = 10.0
DEFAULT_FACTOR: dict[Shape, float] = {"round": 1.1, "square": 1 / 1.1}


def clamp(weight: float) -> float:
    """The weight within ±10."""
    return max(-MAX_WEIGHT, min(MAX_WEIGHT, weight))


class Node(Struct, frozen=True, gc=False):
    """A piece of the prompt: characters `start` up to, not including, `end` of its text."""

    start: int
    end: int


class Text(Node, frozen=True, gc=False):
    """Words as they reach the text encoder."""

    value: str


class Escape(Node, frozen=True, gc=False):
    """A backslash with the bracket or backslash it protects; before anything else the backslash vanishes (empty value)."""

    value: str


class Open(Node, frozen=True, gc=False):
    """Where an emphasis begins; `close` is the place of its closing mark, -1 when it holds to the end of its part."""

    shape: Shape
    factor: float
    close: int = -1


class Close(Node, frozen=True, gc=False):
    """Where an emphasis ends: `)`, `]` or `:1.3)`; `weight` is the explicit number, None without one."""

    shape: Shape
    open: int
    weight: float | None = None


class Break(Node, frozen=True, gc=False):
    """The word BREAK with the white space around it: the chunk ends here."""


class Schedule(Node, frozen=True, gc=False):
    """`[before:after:when]`: `before` up to and including step `when`, then `after`; `when_start` is where the number's text begins."""

    before: tuple[AnyNode, ...]
    after: tuple[AnyNode, ...]
    when: str
    when_start: int

    @property
    def is_fraction(self) -> bool:
        """`when` is a share of the steps, because it is written with a dot; else it counts steps."""
        return "." in self.when


class Alternation(Node, frozen=True, gc=False):
    """`[a|b|c]`: another branch each step; a branch may be empty."""

    options: tuple[tuple[AnyNode, ...], ...]


AnyNode = Text | Escape | Open | Close | Break | Schedule | Alternation


class Tag(Node, frozen=True, gc=False):
    """`<kind:a:b:k=v>`, cut out of the text before anything else is read."""

    kind: str
    positional: tuple[str, ...]
    named: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """What the tag names: its first positional argument, or nothing."""
        return self.positional[0] if self.positional else ""


class And(Node, frozen=True, gc=False):
    """The word AND between two clauses."""


class Clause(Node, frozen=True, gc=False):
    """What stands between two ANDs: a noise prediction of its own; its text ends at `text_end`, its `:weight` follows."""

    text_end: int
    weight: float
    nodes: tuple[AnyNode, ...]


class Fix(Struct, frozen=True, gc=False):
    """Replace `start` to `end` with `text`."""

    start: int
    end: int
    text: str


class Diagnostic(Struct, frozen=True, gc=False):
    """One sentence about a place in the prompt, in the user's words, and what would mend it where that is known."""

    start: int
    end: int
    severity: Severity
    message: str
    fix: Fix | None = None


class Prompt(Struct, frozen=True, gc=False):
    """A parsed prompt. `marked` is False when brackets are plain text; `negative` when AND is a word like any other."""

    text: str
    clauses: tuple[Clause, ...]
    ands: tuple[And, ...] = ()
    tags: tuple[Tag, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    marked: bool = True
    negative: bool = False

    def raw(self, start: int, end: int) -> str:
        """The text between two places, neither of them inside a tag, as it was written but without its tags."""
        if not self.tags:
            return self.text[start:end]
        pieces: list[str] = []
        for tag in self.tags_between(start, end):
            pieces.append(self.text[start : tag.start])
            start = tag.end
        pieces.append(self.text[start:end])
        return "".join(pieces)

    def tags_between(self, start: int, end: int) -> tuple[Tag, ...]:
        """The tags that begin at `start` or behind it, and before `end`."""
        if not self.tags:
            return ()
        return self.tags[bisect_left(self.tags, start, key=_start) : bisect_left(self.tags, end, key=_start)]


def _start(node: Node) -> int:
    return node.start
