"""Every prompt that a template stands for, one after another: the last choice varies fastest (as dynamicprompts).

Weights do not count here, and options or values that are written alike are one. What is marked random or cyclic (`{~a|b}`,
`__@name__`) makes no combinations: it is drawn anew for each prompt. A variable that is set at once (`${x=!{a|b}}`) is one
choice, however often it stands in the prompt (**ours**: dynamicprompts takes its first value alone).
"""

from __future__ import annotations

from collections.abc import Iterator

from sdtui.prompt.expand.counting import count
from sdtui.prompt.expand.draw import Drawing, joined
from sdtui.prompt.expand.nodes import AnyNode, Template
from sdtui.prompt.expand.scope import MAX_BYTES, Page, Reading, Scope
from sdtui.prompt.expand.source import Source
from sdtui.prompt.expand.walk import Joint, Kept, Later, Piece, Pieces, Walk
from sdtui.prompt.nodes import Node

__all__ = ["count", "each"]


def each(template: Template, source: Source, seed: int = 0) -> Iterator[str]:
    """The prompts, as many as `count` says, made as they are asked for; what is drawn in number i is drawn by `seed` + i.

    Raises SdtuiError with file and line when the template cannot be expanded.
    """
    if template.is_plain:
        yield template.plain
        return
    reading = Reading(source)
    page = Page(template.text)
    reading.charge(template.size, Scope(page))
    walk = Walk(reading, lambda pieces: _Writing(reading, seed, 0).write(pieces, Scope(page)))
    for number, pieces in enumerate(walk.sequence(template.nodes, Scope(page, method="combinatorial"))):
        yield _Writing(reading, seed + number, number).write(pieces, Scope(page))
        reading.renew()


class _Writing(Drawing):
    """Writes one combination down: draws what is to be drawn, each thing once."""

    def __init__(self, reading: Reading, seed: int, number: int) -> None:
        super().__init__(reading, seed)
        self._number = number
        self._drawn: dict[int, str] = {}

    def write(self, pieces: Pieces, scope: Scope) -> str:
        """The text of the pieces; raises UsageError above the limit."""
        text = "".join([self._piece(piece, scope) for piece in pieces])
        self._room = MAX_BYTES
        return self.out(text, Node(0, 0), scope.page)

    def node(self, node: AnyNode, scope: Scope, *, in_name: bool = False) -> str:
        """The text of one node, of a variable's kept value too."""
        if isinstance(node, Kept):
            return "".join([self._piece(piece, scope) for piece in node.pieces])
        return super().node(node, scope, in_name=in_name)

    def _piece(self, piece: Piece, scope: Scope) -> str:
        if isinstance(piece, str):
            return piece
        if isinstance(piece, Joint):
            return joined(["".join([self._piece(each, scope) for each in part]) for part in piece.parts], piece.joiner)
        return self._later(piece)

    def _later(self, piece: Later) -> str:
        if id(piece) not in self._drawn:
            self._drawn[id(piece)] = self.node(piece.node, piece.scope._replace(turn=self._number))
        return self._drawn[id(piece)]
