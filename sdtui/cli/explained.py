"""A prompt explained for people: tags, what holds at which steps, tokens, and a caret under whatever is odd."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise

from sdtui.cli.paint import Painter, Style
from sdtui.prompt.explain import BREAK_WEIGHT, Explained, ExplainedPart, ExplainedText
from sdtui.prompt.fixes import apply
from sdtui.prompt.nodes import Diagnostic
from sdtui.terminal.filter import clean_line

PIPE_CELLS = 10_000
MARGIN = 9
CONTEXT = 16
EXCERPT_CELLS = 200
_MARKS = re.compile(r"[()\[\]\\]")
_WORD = re.compile(r"\S+\s*|\s+")

Piece = tuple[str, Style]


class Page:
    """What is printed for one prompt; `text` is the prompt as it was given."""

    def __init__(self, text: str, found: Explained) -> None:
        self._text = text
        self._found = found
        self._painter = Painter()
        seen = sys.stdout is not None and sys.stdout.isatty()
        self._cells = max(30, shutil.get_terminal_size().columns) if seen else PIPE_CELLS

    def print(self) -> None:
        """The whole page."""
        found = self._found
        for tag in found.tags:
            arguments = [*tag.positional[1:], *(f"{key}={value}" for key, value in tag.named.items())]
            self._row(
                "tag", [(f"{tag.kind} ", "dim"), (tag.positional[0] if tag.positional else "", "plain")], arguments
            )
        for number, part in enumerate(found.parts, start=1):
            self._part(number, part)
        self._tokens()
        for diagnostic in found.diagnostics:
            self._diagnostic(diagnostic)

    def _part(self, number: int, part: ExplainedPart) -> None:
        if len(self._found.parts) > 1:
            self._row(f"part {number}", [(f"weight {part.weight:.2f}", "plain")])
        self._schedule(part.schedule, self._found.steps, "steps")
        if part.hires_schedule:
            self._schedule(part.hires_schedule, self._found.hires_steps, "hires")

    def _schedule(self, schedule: Sequence[ExplainedText], steps: int, label: str) -> None:
        """Each text once, with all the steps that it holds at."""
        ranges: dict[str, list[tuple[int, int]]] = {}
        texts = {held.text: held for held in schedule}
        starts = [1, *(held.until + 1 for held in schedule)]
        for start, held in zip(starts, schedule, strict=False):
            ranges.setdefault(held.text, []).append((start, held.until))
        for text, held in texts.items():
            whole = len(texts) == 1
            if whole and label == "steps":
                self._row("text", words(held))
                continue
            self._row(label, [(f"{_steps(ranges[text]) if not whole else f'1–{steps}'}  ", "dim"), *words(held)])

    def _tokens(self) -> None:
        found = self._found
        chunks = f"{found.chunks} chunks" if found.chunks > 1 else "1 chunk"
        self._row("tokens", [(f"{found.tokens}/{found.limit}, {chunks}", "plain")])
        for place in found.borders:
            line, column = _line_of(self._text, place)
            before, behind = line[max(0, column - CONTEXT) : column], line[column : column + CONTEXT]
            self._row("border", [(f"at {place}: ", "dim"), before, ("│", "strong"), behind])

    def _diagnostic(self, diagnostic: Diagnostic) -> None:
        self._row(diagnostic.severity, [diagnostic.message], style=diagnostic.severity)
        line, column = _line_of(self._text, diagnostic.start)
        end = min(len(line), column + max(1, diagnostic.end - diagnostic.start))
        room = min(self._cells, EXCERPT_CELLS) - MARGIN - 2
        before, marked, behind = _window((line[:column], line[column:end], line[end:]), room)
        from rich.cells import cell_len

        indent = " " * MARGIN
        self._painter.line(indent, before, (marked, diagnostic.severity), behind)
        caret = "^" + "~" * (max(1, cell_len(marked)) - 1)
        self._painter.line(indent, " " * cell_len(before), (caret, diagnostic.severity))
        if diagnostic.fix:
            fixed, _ = _line_of(apply(self._text, diagnostic.fix), diagnostic.fix.start)
            if cell_len(shown := clean_line(fixed)) <= room:
                self._painter.line(indent, ("fix: ", "dim"), shown)

    def _row(
        self, head: str, pieces: Iterable[str | Piece], more: Iterable[str] = (), *, style: Style = "head"
    ) -> None:
        """A head and what belongs to it, wrapped at the terminal's width."""
        from rich.cells import cell_len

        styled: list[Piece] = [(piece, "plain") if isinstance(piece, str) else piece for piece in pieces]
        styled += [(f" {clean_line(each)}", "plain") for each in more]
        line: list[Piece] = []
        room = self._cells - MARGIN
        label = f"{head:<{MARGIN}}"
        for text, look in styled:
            for word in _WORD.findall(clean_line(text)):
                if line and cell_len(word.rstrip()) > room:
                    self._painter.line((label, style), *line)
                    label, line, room = " " * MARGIN, [], self._cells - MARGIN
                line.append((word, look))
                room -= cell_len(word)
        self._painter.line((label, style), *line)


def words(held: ExplainedText) -> list[Piece]:
    """What is said, each stretch in brackets with its weight in two decimals unless that is 1."""
    pieces: list[Piece] = []
    for text, weight in held.emphasis:
        if text == "BREAK" and weight == BREAK_WEIGHT:
            pieces.append((" BREAK ", "hint"))
            continue
        shown = _MARKS.sub(r"\\\g<0>", text)
        if weight == 1:
            pieces.append((shown, "plain"))
        else:
            pieces.append((f"({shown}:{weight:.2f})", "strong" if weight > 1 else "weak"))
    if not held.text.strip():
        return [("(nothing)", "dim")]
    first, style = pieces[0]
    return [(first.lstrip(), style), *pieces[1:]]


def _steps(ranges: list[tuple[int, int]]) -> str:
    """`1–5`, `3`, `1, 3, 5`, or `1, 3, … 19` where they are evenly spaced."""
    starts = [start for start, _ in ranges]
    single = all(start == until for start, until in ranges)
    gaps = {right - left for left, right in pairwise(starts)}
    if single and len(starts) > 3 and len(gaps) == 1:
        return f"{starts[0]}, {starts[1]}, … {starts[-1]}"
    return ", ".join(f"{start}" if start == until else f"{start}–{until}" for start, until in ranges)


def _line_of(text: str, place: int) -> tuple[str, int]:
    """The line of a text that a place is in, and the place's column."""
    start = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    return text[start : len(text) if end < 0 else end], place - start


def _window(pieces: tuple[str, str, str], cells: int) -> tuple[str, str, str]:
    """What fits of a line around its marked middle, cleaned; what was cut off is an ellipsis."""
    from rich.cells import cell_len, chop_cells

    before, marked, behind = (clean_line(piece) for piece in pieces)
    if cell_len(before + marked + behind) <= cells:
        return before, marked, behind
    if cell_len(marked) > cells - 2 * CONTEXT:
        marked = chop_cells(marked, max(8, cells - 2 * CONTEXT - 1))[0] + "…"
    room = cells - cell_len(marked)
    if cell_len(before) > room // 2:
        kept = chop_cells(before[::-1], max(1, room // 2 - 1))[0][::-1]
        before = "…" + kept
    room -= cell_len(before)
    if cell_len(behind) > room:
        behind = chop_cells(behind, max(1, room - 1))[0] + "…"
    return before, marked, behind
