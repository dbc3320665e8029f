"""The tree of a template: frozen nodes, each with its place in the text it was read from."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct

from sdtui.prompt.nodes import Diagnostic, Node, Text

Method = Literal["", "random", "cyclic", "combinatorial"]
"""How a choice is made; empty: as what stands around it."""

METHODS: dict[str, Method] = {"": "", "~": "random", "@": "cyclic", "!": "combinatorial"}
JOINER = ","


class Comment(Node, frozen=True):
    """A line that begins with `#`; it is in no prompt."""


class Option(Node, frozen=True):
    """One branch of a choice; its text begins at `text_start`, behind white space and its weight (relative, 0 or more)."""

    text_start: int
    weight: float
    nodes: Nodes


class Choice(Node, frozen=True):
    """`{a|b}`: `low` to `high` of the options, joined; `high` None takes as many as there are. `head_end` ends `{2$$ and $$`."""

    head_end: int
    method: Method
    low: int
    high: int | None
    joiner: str
    options: tuple[Option, ...]

    @property
    def wildcard(self) -> Wildcard | None:
        """The wildcard that is all the choice holds: then its values are the options (`{2$$__colours__}`)."""
        only = self.options[0].nodes if len(self.options) == 1 else ()
        return only[0] if len(only) == 1 and isinstance(only[0], Wildcard) else None


class Argument(Node, frozen=True):
    """`name=value` in the brackets behind a wildcard's name."""

    name: str
    nodes: Nodes


class Wildcard(Node, frozen=True):
    """`__name__`: one of the values that the name, or the pattern, stands for."""

    method: Method
    name: Nodes
    arguments: tuple[Argument, ...] = ()


class Assign(Node, frozen=True):
    """`${name=value}`; `immediate` (`=!`) draws it once, `keeps` (`?=`) leaves a variable that is set."""

    name: str
    nodes: Nodes
    immediate: bool = False
    keeps: bool = False


class Access(Node, frozen=True):
    """`${name}` or `${name:default}`."""

    name: str
    default: Nodes | None = None


AnyNode = Text | Comment | Choice | Wildcard | Assign | Access
Nodes = tuple[AnyNode, ...]


class Reference(NamedTuple):
    """A wildcard as it is written: its name or pattern, and the place of the whole."""

    name: str
    start: int
    end: int


class Template(Struct, frozen=True):
    """A parsed template. `size` is the number of its nodes; `wildcards` and `comments` are in the order of their places."""

    text: str
    nodes: Nodes
    size: int = 0
    wildcards: tuple[Reference, ...] = ()
    comments: tuple[Comment, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def is_plain(self) -> bool:
        """It holds nothing to draw: every seed gives the same text."""
        return all(isinstance(node, Text | Comment) for node in self.nodes)

    @property
    def plain(self) -> str:
        """The text without its comments, and otherwise as it was written."""
        pieces: list[str] = []
        start = 0
        for comment in self.comments:
            pieces.append(self.text[start : comment.start])
            start = comment.end
        pieces.append(self.text[start:])
        return "".join(pieces)
