"""What is known of the text in an editor, at its places; it moves with the text until it is known anew. Knows no widget."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sdtui.prompt.chunks import Count
    from sdtui.prompt.highlight import Span
    from sdtui.prompt.nodes import Diagnostic, Prompt
    from sdtui.ui.writing.understanding import Judged, Understood

Stretch = tuple[int, int]


class Marks:
    """Spans, diagnostics, borders of chunks and embeddings; `understood` and `judged` are the texts that they were made from."""

    def __init__(self) -> None:
        self.understood: str | None = None
        self.judged: str | None = None
        self.prompt: Prompt | None = None
        self.tokens: Count | None = None
        self.borders: tuple[int, ...] = ()
        self.embeddings: tuple[Stretch, ...] = ()
        self.diagnostics: tuple[Diagnostic, ...] = ()
        self.step: tuple[int, int] | None = None
        self._silent: tuple[Stretch, ...] = ()
        self._spans: list[Span] = []
        self._length = 0
        self._starts: list[int] = []
        self._pairs: dict[int, Stretch] | None = None

    def understand(self, known: Understood) -> None:
        """The text is read."""
        self.understood, self.prompt = known.text, known.prompt
        self._pairs = None
        self._take_spans(known.spans)
        self._show_step()

    def glance(self, spans: tuple[Span, ...], start: int, length: int) -> None:
        """A part of a text of that length, from `start` on, is read by itself, until the whole is."""
        if not spans:
            return
        part = [span._replace(start=span.start + start, end=span.end + start) for span in spans]
        plain = part[0]._replace(kind="text", weight=1.0)
        around = (
            plain._replace(start=0, end=start),
            *part,
            plain._replace(start=part[-1].end, end=length),
        )
        self._take_spans(tuple(span for span in around if span.start < span.end))

    def judge(self, known: Judged) -> None:
        """The text is judged."""
        self.judged, self.tokens = known.text, known.tokens
        self.borders, self.embeddings, self.diagnostics = known.borders, known.embeddings, known.diagnostics

    def forget(self) -> None:
        """Another text, or another way to read it: what was known is about nothing."""
        self.understood = self.judged = self.prompt = None
        self.borders = self.embeddings = self.diagnostics = self._silent = ()
        self._take_spans(())

    def edited(self, start: int, end: int, length: int) -> None:
        """`length` characters stand in place of `start` to `end`: what lies behind moves, and what was touched is not known."""
        from msgspec.structs import replace

        self.understood = self.judged = self.prompt = None
        shift = start + length - end

        def moved(place: int) -> int:
            return place if place <= start else place + shift if place >= end else start + length

        def kept(first: int, last: int) -> bool:
            return last < start or end < first or (last == start and length == 0)

        self._move_spans(start, end, length)
        self.borders = tuple(moved(place) for place in self.borders if not start < place < end)
        self.embeddings = tuple((moved(a), moved(b)) for a, b in self.embeddings if kept(a, b))
        self._silent = tuple((moved(a), moved(b)) for a, b in self._silent)
        self.diagnostics = tuple(
            replace(
                each,
                start=moved(each.start),
                end=moved(each.end),
                fix=None,
            )
            for each in self.diagnostics
            if kept(each.start, each.end)
        )

    def show_step(self, step: tuple[int, int] | None) -> bool:
        """Tell what holds at (step, of so many steps); with None everything. True when that is another one."""
        if step == self.step:
            return False
        self.step = step
        self._show_step()
        return True

    def _show_step(self) -> None:
        self._silent = ()
        if self.step is None or self.prompt is None:
            return
        from sdtui.prompt.active import active_at

        step, steps = self.step
        silent: list[Stretch] = []
        done = 0
        for start, end in active_at(self.prompt, steps, step):
            if done < start:
                silent.append((done, start))
            done = end
        if done < len(self.prompt.text):
            silent.append((done, len(self.prompt.text)))
        self._silent = tuple(silent)

    def spans(self, start: int, end: int) -> Iterator[Span]:
        """The spans that touch a stretch."""
        for place in range(max(0, bisect_right(self._starts, start) - 1), len(self._spans)):
            first = self._starts[place]
            if first >= end:
                break
            last = self._starts[place + 1] if place + 1 < len(self._starts) else self._length
            yield self._spans[place]._replace(start=first, end=last)

    def silent(self, start: int, end: int) -> Iterator[Stretch]:
        """What of a stretch does not hold at the step that is shown."""
        for first, last in self._silent:
            if first < end and start < last:
                yield first, last

    def pair(self, place: int) -> Stretch | None:
        """The pair of brackets one of which is at the place or, failing that, before it."""
        if self.prompt is None:
            return None
        if self._pairs is None:
            from sdtui.prompt.brackets import pairs

            self._pairs = {at: pair for pair in pairs(self.prompt) for at in pair}
        return self._pairs.get(place) or self._pairs.get(place - 1)

    def chunk(self, place: int) -> tuple[int, int]:
        """In which chunk of its clause the place is, from 1, and how many the clause has."""
        first, last = 0, 1 << 62
        if self.prompt is not None:
            for clause in self.prompt.clauses:
                if clause.start <= place <= clause.end:
                    first, last = clause.start, clause.end
                    break
        inside = [border for border in self.borders if first <= border < last]
        return 1 + bisect_right(inside, place), 1 + len(inside)

    def _take_spans(self, spans: Sequence[Span]) -> None:
        self._spans = [*spans]
        self._starts = [span.start for span in spans]
        self._length = spans[-1].end if spans else 0

    def _move_spans(self, start: int, end: int, length: int) -> None:
        """What was put in looks like what it was put behind; of thousands of spans only the numbers are moved."""
        if not self._spans:
            return
        starts, spans, shift = self._starts, self._spans, start + length - end
        kept, cut = bisect_left(starts, start), bisect_right(starts, end) - 1
        tail = [start + length] if cut >= kept and end < self._length else []
        self._starts = [*starts[:kept], *tail, *(each + shift for each in starts[cut + 1 :])]
        self._spans = [*spans[:kept], *(spans[cut : cut + 1] if tail else ()), *spans[cut + 1 :]]
        self._length += shift
        if self._starts:
            self._starts[0] = 0
