"""The tree of a prompt: frozen nodes, each with its place in the text it was read from.

Emphasis is a pair of marks (`Open`, `Close`) and no container, because `(` and `[` are two independent stacks and may
overlap: `(a [b:1.3) c]`. Schedules and alternations nest, so they hold their branches.

One more construct: a node here, a row in `parser`, and the type checker names every `match` that has to know it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shape = Literal["round", "square"]
Severity = Literal["error", "warning", "hint"]

MAX_DEPTH = 64
MAX_WEIGHT = 10.0
DEFAULT_FACTOR: dict[Shape, float] = {"round": 1.1, "square": 1 / 1.1}


def clamp(weight: float) -> float:
    """The weight within ±10."""
    return max(-MAX_WEIGHT, min(MAX_WEIGHT, weight))


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of the prompt: characters `start` up to, not including, `end` of its text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Text(Node):
    """Words as they reach the text encoder."""

    value: str


@dataclass(frozen=True, slots=True)
class Escape(Node):
    """A backslash with the bracket or backslash it protects; before anything else the backslash vanishes (empty value)."""

    value: str


@dataclass(frozen=True, slots=True)
class Open(Node):
    """Where an emphasis begins; `close` is the place of its closing mark, -1 when it holds to the end of its part."""

    shape: Shape
    factor: float
    close: int = -1


@dataclass(frozen=True, slots=True)
class Close(Node):
    """Where an emphasis ends: `)`, `]` or `:1.3)`; `weight` is the explicit number, None without one."""

    shape: Shape
    open: int
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Break(Node):
    """The word BREAK with the white space around it: the chunk ends here."""


@dataclass(frozen=True, slots=True)
class Schedule(Node):
    """`[before:after:when]`: `before` up to and including step `when`, then `after`; `when_start` is where the number's text begins."""

    before: tuple[AnyNode, ...]
    after: tuple[AnyNode, ...]
    when: str
    when_start: int

    @property
    def is_fraction(self) -> bool:
        """`when` is a share of the steps, because it is written with a dot; else it counts steps."""
        return "." in self.when


@dataclass(frozen=True, slots=True)
class Alternation(Node):
    """`[a|b|c]`: another branch each step; a branch may be empty."""

    options: tuple[tuple[AnyNode, ...], ...]


AnyNode = Text | Escape | Open | Close | Break | Schedule | Alternation


@dataclass(frozen=True, slots=True)
class Tag(Node):
    """`<kind:a:b:k=v>`, cut out of the text before anything else is read."""

    kind: str
    positional: tuple[str, ...]
    named: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """What the tag names: its first positional argument, or nothing."""
        return self.positional[0] if self.positional else ""


@dataclass(frozen=True, slots=True)
class And(Node):
    """The word AND between two clauses."""


@dataclass(frozen=True, slots=True)
class Clause(Node):
    """What stands between two ANDs: a noise prediction of its own; its text ends at `text_end`, its `:weight` follows."""

    text_end: int
    weight: float
    nodes: tuple[AnyNode, ...]


@dataclass(frozen=True, slots=True)
class Fix:
    """Replace `start` to `end` with `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One sentence about a place in the prompt, in the user's words, and what would mend it where that is known."""

    start: int
    end: int
    severity: Severity
    message: str
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A parsed prompt. `marked` is False when brackets are plain text; `negative` when AND is a word like any other."""

    text: str
    clauses: tuple[Clause, ...]
    ands: tuple[And, ...] = ()
    tags: tuple[Tag, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    marked: bool = True
    negative: bool = False

    def raw(self, start: int, end: int) -> str:
        """The text between two places as it was written, without its tags."""
        if not self.tags:
            return self.text[start:end]
        pieces: list[str] = []
        for tag in self.tags:
            if tag.start >= end:
                break
            if tag.end > start:
                pieces.append(self.text[start : max(start, tag.start)])
                start = tag.end
        pieces.append(self.text[start:end])
        return "".join(pieces)
