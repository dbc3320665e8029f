"""The one parser: text → tree with places and diagnostics. It never raises, and takes time linear in the text."""

from __future__ import annotations

from itertools import pairwise

from sdtui.prompt.emphasis import Piece, Scanner
from sdtui.prompt.lexer import Cut, Slice, split_clauses
from sdtui.prompt.nodes import (
    DEFAULT_FACTOR,
    Alternation,
    And,
    AnyNode,
    Break,
    Clause,
    Close,
    Diagnostic,
    Escape,
    Fix,
    Open,
    Prompt,
    Schedule,
    Shape,
    Text,
)
from sdtui.prompt.structure import Frame, find_frames


def parse(text: str, *, negative: bool = False) -> Prompt:
    """The prompt as a tree; a negative prompt is not split at AND."""
    return _parse(text, marked=True, negative=negative)


def plain(text: str, *, negative: bool = False) -> Prompt:
    """The prompt when emphasis is "None": brackets, backslashes and BREAK are text; tags, AND and schedules are not (as A1111)."""
    return _parse(text, marked=False, negative=negative)


def _parse(text: str, *, marked: bool, negative: bool) -> Prompt:
    cut = Cut(text)
    slices = split_clauses(cut.text, negative=negative)
    diagnostics: list[Diagnostic] = []
    clauses = tuple(_clause(piece, cut, marked, diagnostics) for piece in slices)
    ands = tuple(And(cut.start(piece.end), cut.end(piece.end + 3)) for piece in slices[:-1])
    diagnostics.sort(key=lambda diagnostic: diagnostic.start)
    return Prompt(text, clauses, ands, cut.tags, tuple(diagnostics), marked, negative)


def _clause(piece: Slice, cut: Cut, marked: bool, diagnostics: list[Diagnostic]) -> Clause:
    frames = find_frames(cut.text, piece.start, piece.text_end)
    builder = _Builder(cut, frames, marked, diagnostics)
    nodes = builder.build(piece.start, piece.text_end, 0)
    start = cut.start(piece.start) if piece.start else 0
    return Clause(start, max(start, cut.end(piece.end)), max(start, cut.end(piece.text_end)), piece.weight, nodes)


class _Builder:
    """Builds the nodes of one clause; `frames` are taken in the order of their opening brackets."""

    def __init__(self, cut: Cut, frames: list[Frame], marked: bool, diagnostics: list[Diagnostic]) -> None:
        self._cut = cut
        self._frames = frames
        self._next = 0
        self._marked = marked
        self._diagnostics = diagnostics

    def build(self, start: int, end: int, depth: int) -> tuple[AnyNode, ...]:
        """The nodes between two places of the text without tags, `depth` brackets deep."""
        line = _Line(self._cut, depth, self._marked, self._diagnostics)
        while self._next < len(self._frames) and self._frames[self._next].start < end:
            frame = self._frames[self._next]
            self._next += 1
            line.read(start, frame.start)
            line.add(self._framed(frame, line.depth + 1))
            start = frame.end
        line.read(start, end)
        return line.finish()

    def _framed(self, frame: Frame, depth: int) -> AnyNode:
        edges = (frame.start, *frame.parting, frame.end - 1)
        start, end = self._cut.start(frame.start), self._cut.end(frame.end)
        if frame.kind == "alternation":
            branches = [self.build(left + 1, right, depth) for left, right in pairwise(edges)]
            return Alternation(start, end, tuple(branches))
        branches = [self.build(left + 1, right, depth) for left, right in pairwise(edges[:-1])]
        before = branches[0] if len(branches) == 2 else ()
        return Schedule(start, end, before, branches[-1], frame.when, self._cut.start(edges[-2] + 1))


class _Line:
    """The nodes of one branch, in which brackets find their partners."""

    def __init__(self, cut: Cut, depth: int, marked: bool, diagnostics: list[Diagnostic]) -> None:
        self._nodes: list[AnyNode] = []
        self._cut = cut
        self._marked = marked
        self._scanner = Scanner(depth)
        self._open: dict[Shape, list[int]] = {"round": [], "square": []}
        self._words: list[Piece] = []
        self._diagnostics = diagnostics

    @property
    def depth(self) -> int:
        """How many brackets are open."""
        return self._scanner.depth

    def read(self, start: int, end: int) -> None:
        """Add what stands between two places of the text without tags."""
        if start >= end:
            return
        if not self._marked:
            self._words.append(Piece("text", start, end, self._cut.text[start:end]))
            return
        for piece in self._scanner.scan(self._cut.text, start, end):
            if piece.kind == "text":
                self._words.append(piece)
                if piece.fault:
                    self._diagnostics.append(_fault(piece, self._cut))
            else:
                self._flush()
                self._mark(piece, self._cut.start(piece.start), self._cut.end(piece.end))

    def add(self, node: AnyNode) -> None:
        """Add a schedule or an alternation."""
        self._flush()
        self._nodes.append(node)

    def finish(self) -> tuple[AnyNode, ...]:
        """The nodes, once everything was read."""
        self._flush()
        for places in self._open.values():
            for place in places:
                self._diagnostics.append(_unclosed(self._nodes[place]))
        return tuple(self._nodes)

    def _flush(self) -> None:
        """Neighbouring words become one node."""
        if self._words:
            start, end = self._cut.start(self._words[0].start), self._cut.end(self._words[-1].end)
            self._nodes.append(Text(start, end, "".join(piece.value for piece in self._words)))
            self._words.clear()

    def _mark(self, piece: Piece, start: int, end: int) -> None:
        match piece.kind:
            case "escape":
                self._nodes.append(Escape(start, end, piece.value))
            case "break":
                self._nodes.append(Break(start, end))
            case "open":
                self._open[piece.shape].append(len(self._nodes))
                self._nodes.append(Open(start, end, piece.shape, DEFAULT_FACTOR[piece.shape]))
            case _:
                place = self._open[piece.shape].pop()
                opened = self._nodes[place]
                factor = DEFAULT_FACTOR[piece.shape] if piece.weight is None else piece.weight
                self._nodes[place] = Open(opened.start, opened.end, piece.shape, factor, start)
                self._nodes.append(Close(start, end, piece.shape, opened.start, piece.weight))


def _unclosed(node: AnyNode) -> Diagnostic:
    mark = "(" if isinstance(node, Open) and node.shape == "round" else "["
    sentence = f'This "{mark}" is never closed: it changes the weight of everything up to the end.'
    return Diagnostic(node.start, node.end, "warning", sentence, Fix(node.start, node.end, "\\" + mark))


def _fault(piece: Piece, cut: Cut) -> Diagnostic:
    start, end = cut.start(piece.start), cut.end(piece.end)
    match piece.fault:
        case "number":
            sentence = f'"{piece.value[1:].strip()}" is no number: it counts as text, and the bracket as ×1.1.'
            return Diagnostic(start, end, "warning", sentence)
        case "deep":
            return Diagnostic(start, end, "warning", "Brackets nest more than 64 deep here: this one counts as text.")
        case _:
            sentence = f'Nothing is open that this "{piece.value[-1]}" could close: it counts as text.'
            return Diagnostic(start, end, "warning", sentence, Fix(end - 1, end, "\\" + piece.value[-1]))
