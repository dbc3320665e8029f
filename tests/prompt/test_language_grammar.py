"""The fast parser against a slow one that says the same rules in the plainest way: a grammar tried everywhere."""

from __future__ import annotations

import re
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sdtui.prompt.parser import parse
from sdtui.prompt.timeline import timeline

PROMPTS = st.lists(
    st.sampled_from([*"()[]:|\\", "a", "b ", " ", "0.5", "1", ":2]", ":1.3)", "[", "(", "]", ")", "BREAK", "x"]),
    max_size=24,
).map("".join)


class SlowGrammar:
    """Reads a text by trying every rule at every place; cubic, and easy to believe.

    item   = "(" words ")" | "(" words ":" words ")" | "[" words "]"
           | "[" [words ":"] words ":" number "]" | "[" words ("|" words)+ "]"
    words  = (item | backslash and any character | any character but ( ) [ ] : and, outside round brackets, |)*
    """

    def __init__(self, text: str, steps: int) -> None:
        self.text = text
        self.steps = steps
        self.words = cache(self._words)
        self.item_end = cache(self._item_end)

    def _item_end(self, start: int) -> int:
        """Where the item that begins here ends, 0 without one."""
        return next((end for end in range(start + 2, len(self.text) + 1) if self._item(start, end)), 0)

    def _item(self, start: int, end: int) -> bool:
        return self.branches(start, end) is not None

    def branches(self, start: int, end: int) -> tuple[str, list[tuple[int, int]]] | None:
        text = self.text
        first, last = start + 1, end - 1
        if text[start] == "(" and text[last] == ")":
            if self.words(first, last, True):
                return "round", [(first, last)]
            for colon in range(first, last):
                if text[colon] == ":" and self.words(first, colon, True) and self.words(colon + 1, last, True):
                    return "round", [(first, last)]
        if text[start] == "[" and text[last] == "]":
            if self.words(first, last, False):
                return "square", [(first, last)]
            return self._schedule(first, last) or self._alternation(first, last)
        return None

    def _schedule(self, first: int, last: int) -> tuple[str, list[tuple[int, int]]] | None:
        for colon in range(first, last):
            if self.text[colon] != ":" or not re.fullmatch(
                r"\s*[-+]?(\d+\.?\d*|\.\d+)\s*", self.text[colon + 1 : last]
            ):
                continue
            if self.words(first, colon, False):
                return "schedule", [(first, first), (first, colon), (colon + 1, last)]
            for other in range(first, colon):
                if self.text[other] == ":" and self.words(first, other, False) and self.words(other + 1, colon, False):
                    return "schedule", [(first, other), (other + 1, colon), (colon + 1, last)]
        return None

    def _alternation(self, first: int, last: int) -> tuple[str, list[tuple[int, int]]] | None:
        for bar in range(first, last):
            if self.text[bar] == "|" and self.words(first, bar, False):
                if self.words(bar + 1, last, False):
                    return "alternation", [(first, bar), (bar + 1, last)]
                rest = self._alternation(bar + 1, last)
                if rest:
                    return "alternation", [(first, bar), *rest[1]]
        return None

    def _words(self, start: int, end: int, bars: bool) -> bool:
        """Whether words end exactly at `end`."""
        while start < end:
            mark = self.text[start]
            if mark == "\\":
                start += 2
            elif mark in "([":
                item_end = self.item_end(start)
                if not item_end:
                    return False
                start = item_end
            elif mark in ")]:" or (mark == "|" and not bars):
                return False
            else:
                start += 1
        return start == end

    def at(self, step: int, start: int, end: int) -> str:
        """The text between two places at a step."""
        said = ""
        while start < end:
            mark = self.text[start]
            item_end = self.item_end(start) if mark in "([" else 0
            if mark == "\\":
                said += self.text[start : min(end, start + 2)]
                start += 2
            elif not item_end or item_end > end:
                said += mark
                start += 1
            else:
                said += self.item_at(step, start, item_end)
                start = item_end
        return said

    def item_at(self, step: int, start: int, end: int) -> str:
        read = self.branches(start, end)
        assert read is not None
        kind, branches = read
        if kind == "alternation":
            return self.at(step, *branches[(step - 1) % len(branches)])
        if kind == "schedule":
            when = self.text[slice(*branches[2])].strip()
            last = int(float(when) * self.steps) if "." in when else int(when)
            return self.at(step, *branches[0 if step <= last else 1])
        return self.text[start] + self.at(step, start + 1, end - 1) + self.text[end - 1]


def slow_runs(text: str) -> list[tuple[str, float]]:
    """Emphasis read one mark after another, each closing one multiplying all that follows its opening one."""
    said: list[list[str | float]] = []
    stacks: dict[str, list[int]] = {"(": [], "[": []}
    place = 0
    while place < len(text):
        rest = text[place:]
        weight = re.match(r":\s*([-+]?[.\d]+)\s*\)", rest)
        number = weight and re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)", weight[1])
        escape = re.match(r"\\([()\[\]\\]?)", rest)
        if escape:
            said.append([escape[1], 1.0])
            place += escape.end()
            continue
        if rest[0] in "([":
            stacks[rest[0]].append(len(said))
        elif weight and number and stacks["("]:
            multiply(said, stacks["("].pop(), float(weight[1]))
            place += weight.end() - 1
        elif rest[0] in ")]" and stacks["(" if rest[0] == ")" else "["]:
            mark = "(" if rest[0] == ")" else "["
            multiply(said, stacks[mark].pop(), 1.1 if mark == "(" else 1 / 1.1)
        else:
            said.append([rest[0], 1.0])
        place += 1
    for mark, starts in stacks.items():
        for start in starts:
            multiply(said, start, 1.1 if mark == "(" else 1 / 1.1)
    return merged(said)


def multiply(said: list[list[str | float]], start: int, factor: float) -> None:
    for piece in said[start:]:
        piece[1] = float(piece[1]) * factor


def merged(said: list[list[str | float]]) -> list[tuple[str, float]]:
    result: list[tuple[str, float]] = []
    for words, weight in said:
        clamped = max(-10.0, min(10.0, float(weight)))
        if words and result and result[-1][1] == clamped:
            result[-1] = (result[-1][0] + str(words), clamped)
        elif words:
            result.append((str(words), clamped))
    return result or [("", 1.0)]


@settings(max_examples=600, deadline=None)
@given(PROMPTS, st.integers(1, 6))
@example("[a:[b|c]:2]", 4)
@example("([a:b:0.5]:1.3)", 4)
@example("[a (b] c:d:1]", 4)
def test_schedules_are_those_of_the_slow_grammar(text: str, steps: int) -> None:
    grammar = SlowGrammar(text.rstrip(), steps)
    (part,) = timeline(parse(text), steps)
    fast = [
        next(scheduled.text for scheduled in part.schedule if step <= scheduled.until) for step in range(1, steps + 1)
    ]
    assert fast == [grammar.at(step, 0, len(grammar.text)) for step in range(1, steps + 1)]


@settings(max_examples=600, deadline=None)
@given(PROMPTS.filter(lambda text: "BREAK" not in text))
@example("(a [b:1.3) c]")
@example(r"(a\:1.3)")
def test_emphasis_is_that_of_the_slow_reading(text: str) -> None:
    for scheduled in timeline(parse(text), 2)[0].schedule:
        assert [(run.text, run.weight) for run in scheduled.runs] == slow_runs(scheduled.text)


def test_the_slow_grammar_itself_knows_a_schedule() -> None:
    assert SlowGrammar("[a:b:2] (c) [d|e]", 4).at(3, 0, 17) == "b (c) d"
    assert slow_runs("(a [b:1.3) c]") == [("a ", 1.3), ("b", pytest.approx(1.3 / 1.1)), (" c", pytest.approx(1 / 1.1))]
