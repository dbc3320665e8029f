"""The one parser: text → tree with places and diagnostics. It never raises, and takes time linear in the text."""

from __future__ import annotations

from itertools import pairwise

from sdtui.prompt.emphasis import Oddity, Reader, is_plain
from sdtui.prompt.lexer import Cut, Slice, split_clauses
from sdtui.prompt.nodes import Alternation, And, AnyNode, Clause, Diagnostic, Fix, Open, Prompt, Schedule, Text
from sdtui.prompt.places import moved_clause, moved_diagnostic
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
    clauses = [_clause(piece, cut.text, marked, diagnostics) for piece in slices]
    ands = [And(piece.end, piece.end + 3) for piece in slices[:-1]]
    if cut.tags:
        clauses = [moved_clause(clause, cut) for clause in clauses]
        ands = [And(cut.start(word.start), cut.end(word.end)) for word in ands]
        diagnostics = [moved_diagnostic(diagnostic, cut) for diagnostic in diagnostics]
    diagnostics.sort(key=lambda diagnostic: diagnostic.start)
    return Prompt(text, tuple(clauses), tuple(ands), cut.tags, tuple(diagnostics), marked, negative)


def _clause(piece: Slice, text: str, marked: bool, diagnostics: list[Diagnostic]) -> Clause:
    frames = find_frames(text, piece.start, piece.text_end)
    builder = _Builder(text, frames, marked, diagnostics, torn=piece.end < len(text))
    nodes = builder.build(piece.start, piece.text_end, 0)
    return Clause(piece.start, piece.end, piece.text_end, piece.weight, nodes)


class _Builder:
    """Builds the nodes of one clause; `frames` come in the order of their opening brackets, `torn` if an AND ends it."""

    def __init__(
        self, text: str, frames: list[Frame], marked: bool, diagnostics: list[Diagnostic], *, torn: bool
    ) -> None:
        self._text = text
        self._frames = frames
        self._next = 0
        self._marked = marked
        self._torn = torn
        self._diagnostics = diagnostics

    def build(self, start: int, end: int, depth: int) -> tuple[AnyNode, ...]:
        """The nodes between two places of the text without tags, `depth` brackets deep."""
        if is_plain(self._text, start, end):
            return (Text(start, end, self._text[start:end]),) if start < end else ()
        reader = Reader(depth)
        while self._next < len(self._frames) and self._frames[self._next].start < end:
            frame = self._frames[self._next]
            self._next += 1
            self._read(reader, start, frame.start)
            reader.add(self._framed(frame, reader.depth), frame.start)
            start = frame.end
        self._read(reader, start, end)
        nodes = reader.finish(end)
        unclosed = [nodes[place] for places in reader.open.values() for place in places]
        self._diagnostics.extend(_unclosed(node, end, self._torn) for node in unclosed)
        self._diagnostics.extend(_odd(oddity) for oddity in reader.oddities)
        return tuple(nodes)

    def _read(self, reader: Reader, start: int, end: int) -> None:
        if start < end and self._marked:
            reader.read(self._text, start, end)
        elif start < end:
            reader.say(self._text[start:end], start)

    def _framed(self, frame: Frame, depth: int) -> AnyNode:
        edges = (frame.start, *frame.parting, frame.end - 1)
        if frame.kind == "alternation":
            options = [self.build(left + 1, right, depth) for left, right in pairwise(edges)]
            return Alternation(frame.start, frame.end, tuple(options))
        branches = [self.build(left + 1, right, depth) for left, right in pairwise(edges[:-1])]
        before = branches[0] if len(branches) == 2 else ()
        return Schedule(frame.start, frame.end, before, branches[-1], frame.when, edges[-2] + 1)


def _unclosed(node: AnyNode, end: int, torn: bool) -> Diagnostic:
    opener, closer = ("(", ")") if isinstance(node, Open) and node.shape == "round" else ("[", "]")
    sentence = f'This "{opener}" is never closed: it changes the weight of everything up to the end.'
    if torn:
        sentence = f'AND tears these brackets apart: this "{opener}" holds up to the AND and no further.'
    return Diagnostic(node.start, node.end, "warning", sentence, Fix(end, end, closer))


def _odd(oddity: Oddity) -> Diagnostic:
    start, end, mark, fault = oddity
    if fault == "number":
        sentence = f'"{mark[1:].strip()}" is no number: it counts as text, and the bracket as ×1.1.'
        return Diagnostic(start, end, "warning", sentence)
    if fault == "deep":
        return Diagnostic(start, end, "warning", "Brackets nest more than 64 deep here: this one counts as text.")
    sentence = f'Nothing is open that this "{mark[-1]}" could close: it counts as text.'
    return Diagnostic(start, end, "warning", sentence, Fix(end - 1, end, "\\" + mark[-1]))
