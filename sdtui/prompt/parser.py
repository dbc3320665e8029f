"""The one parser: text → tree with places and diagnostics. It never raises, and takes time linear in the text."""

from __future__ import annotations

from sdtui.prompt.emphasis import Reader, is_plain
from sdtui.prompt.lexer import Cut, split_clauses
from sdtui.prompt.nodes import Alternation, And, AnyNode, Clause, Prompt, Schedule, Text
from sdtui.prompt.places import moved_clause, moved_diagnostic
from sdtui.prompt.structure import Frame, find_frames
from sdtui.prompt.unread import Unclosed, Unread, judge


def parse(text: str, *, negative: bool = False) -> Prompt:
    """The prompt as a tree; a negative prompt is not split at AND."""
    return _parse(text, marked=True, negative=negative)


def plain(text: str, *, negative: bool = False) -> Prompt:
    """The prompt when emphasis is "None": brackets, backslashes and BREAK are text; tags, AND and schedules are not (as A1111)."""
    return _parse(text, marked=False, negative=negative)


def _parse(text: str, *, marked: bool, negative: bool) -> Prompt:
    cut = Cut(text)
    slices = split_clauses(cut.text, negative=negative)
    builders = [_Builder(cut.text, find_frames(cut.text, each.start, each.text_end), marked) for each in slices]
    clauses = [
        Clause(each.start, each.end, each.text_end, each.weight, builder.build(each.start, each.text_end, 0))
        for each, builder in zip(slices, builders, strict=True)
    ]
    ands = [And(piece.end, piece.end + 3) for piece in slices[:-1]]
    diagnostics = judge(cut, slices, [builder.unread for builder in builders])
    if cut.tags:
        clauses = [moved_clause(clause, cut) for clause in clauses]
        ands = [And(cut.start(word.start), cut.end(word.end)) for word in ands]
        diagnostics = [moved_diagnostic(diagnostic, cut) for diagnostic in diagnostics]
    diagnostics.sort(key=lambda diagnostic: diagnostic.start)
    return Prompt(text, tuple(clauses), tuple(ands), cut.tags, tuple(diagnostics), marked, negative)


class _Builder:
    """Builds the nodes of one clause; `frames` come in the order of their opening brackets."""

    def __init__(self, text: str, frames: list[Frame], marked: bool) -> None:
        self._text = text
        self._frames = frames
        self._next = 0
        self._marked = marked
        self.unread = Unread([], [])

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
        for shape, places in reader.open.items():
            self.unread.open.extend(Unclosed(nodes[place].start, end, shape) for place in places)
        self.unread.oddities.extend(reader.oddities)
        return tuple(nodes)

    def _read(self, reader: Reader, start: int, end: int) -> None:
        if start < end and self._marked:
            reader.read(self._text, start, end)
        elif start < end:
            reader.say(self._text[start:end], start)

    def _framed(self, frame: Frame, depth: int) -> AnyNode:
        branches: list[tuple[AnyNode, ...]] = []
        start = frame.start + 1
        for place in frame.parting:
            branches.append(self.build(start, place, depth))
            start = place + 1
        if frame.kind == "alternation":
            branches.append(self.build(start, frame.end - 1, depth))
            return Alternation(frame.start, frame.end, tuple(branches))
        before = branches[0] if len(branches) == 2 else ()
        return Schedule(frame.start, frame.end, before, branches[-1], frame.when, start)
