"""What holds for every prompt whatsoever."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sdtui.prompt.highlight import spans
from sdtui.prompt.lint import lint
from sdtui.prompt.names import ListedNames
from sdtui.prompt.nodes import Alternation, AnyNode, Prompt, Schedule
from sdtui.prompt.parser import parse, plain
from sdtui.prompt.printer import canonical
from sdtui.prompt.timeline import timeline
from tests.prompt.wild import WILD, kinds_of_parse

NAMES = ListedNames({"lora": ["y"]})


@settings(max_examples=400, deadline=None)
@given(WILD)
@example("[a<lora:b>|<lora:c>]")
@example("<lora:a>AND<lora:b>")
@example("(a AND <lora:b> :0.5<lora:c>")
@example("\\")
def test_spans_tile_the_text(text: str) -> None:
    for prompt in kinds_of_parse(text):
        tiles = spans(prompt)
        assert "".join(text[tile.start : tile.end] for tile in tiles) == text
        assert all(left.end == right.start for left, right in pairwise(tiles))
        assert all(tile.start < tile.end and -10 <= tile.weight <= 10 for tile in tiles)
        if not any(mark in text for mark in "{$_#"):
            # what is drawn before has colours of its own, in tags too
            painted = [(tile.start, tile.end) for tile in tiles if tile.kind == "tag"]
            assert painted == [(tag.start, tag.end) for tag in prompt.tags]


@settings(max_examples=400, deadline=None)
@given(WILD, st.integers(-1, 12), st.integers(0, 5), st.booleans(), st.booleans())
def test_timeline_covers_every_step_once(text: str, steps: int, hires: int, second: bool, old: bool) -> None:
    for prompt in kinds_of_parse(text):
        for part in timeline(prompt, steps, hires_steps=hires, second_pass=second, old_timelines=old):
            untils = [scheduled.until for scheduled in part.schedule]
            assert untils == sorted(set(untils))
            assert untils[0] >= 1
            assert untils[-1] == (hires or max(1, steps) if second else max(1, steps))
            assert all(left.text != right.text for left, right in pairwise(part.schedule))
            assert all(scheduled.runs for scheduled in part.schedule)
            assert -10 <= part.weight <= 10


def meaning(prompt: Prompt) -> object:
    tags = [(tag.kind, tag.positional, tag.named) for tag in prompt.tags]
    parts = timeline(prompt, 7)
    return tags, [(part.weight, [(each.until, each.runs) for each in part.schedule]) for part in parts]


@settings(max_examples=600, deadline=None)
@given(WILD)
@example(r"[a) b:c:0.5]")
@example(r"(a\:1.2:1.1)")
@example("a:0.5:1 AND b")
@example(r"x\BREAK\y")
@example(r"<\a:> <lora:x>")
@example("[:b:1][a::1][::1]")
@example("(cat:[1.1:1.4:2])")
@example("(a:b:[1|2]c)[(a:[1|2].5):b:3]")
def test_canonical_text_means_the_same(text: str) -> None:
    for read, prompt in (
        (parse, parse(text)),
        (plain, plain(text)),
        (lambda written: parse(written, negative=True), parse(text, negative=True)),
    ):
        written = canonical(prompt)
        again = read(written)
        assert meaning(again) == meaning(prompt)
        assert canonical(again) == written


@settings(max_examples=400, deadline=None)
@given(WILD)
@example("<lora:x> <lora:x:nan> <lora:x:1:2:3:4:5> <xx:>> <lora:x:t=1>")
def test_diagnostics_lie_in_the_text(text: str) -> None:
    for prompt in kinds_of_parse(text):
        for diagnostic in lint(prompt, NAMES, steps=7):
            assert 0 <= diagnostic.start <= diagnostic.end <= len(text)
            assert diagnostic.message.endswith((".", "?"))
            if diagnostic.fix:
                assert 0 <= diagnostic.fix.start <= diagnostic.fix.end <= len(text)


@settings(max_examples=400, deadline=None)
@given(WILD)
def test_nodes_stand_in_order_inside_their_parents(text: str) -> None:
    for prompt in kinds_of_parse(text):
        assert all(left.end <= right.start for left, right in pairwise(prompt.clauses))
        for clause in prompt.clauses:
            assert 0 <= clause.start <= clause.text_end <= clause.end <= len(text)
            check_order(clause.nodes, clause.start, clause.text_end)


def check_order(nodes: tuple[AnyNode, ...], start: int, end: int) -> None:
    for node in nodes:
        assert start <= node.start < node.end <= end
        start = node.end
        if isinstance(node, Schedule):
            check_order(node.before + node.after, node.start, node.end)
        elif isinstance(node, Alternation):
            check_order(tuple(each for option in node.options for each in option), node.start, node.end)


@settings(max_examples=300, deadline=None)
@given(WILD.filter(lambda text: not any(mark in text for mark in "|<{$_#")))
def test_colours_show_the_weights_that_count(text: str) -> None:
    prompt = parse(text, negative=True)
    if any(isinstance(node, Schedule | Alternation) for clause in prompt.clauses for node in clause.nodes):
        return
    (scheduled,) = timeline(prompt, 1)[0].schedule
    counted = [(char, run.weight) for run in scheduled.runs for char in run.text if not run.is_break]
    coloured = [
        (char, tile.weight)
        for tile in spans(prompt)
        if tile.kind in {"text", "escape"}
        for char in (text[tile.start : tile.end] if tile.kind == "text" else text[tile.start + 1 : tile.end])
    ]
    assert [char for char, _ in counted] == [char for char, _ in coloured]
    assert [weight for _, weight in counted] == pytest.approx([weight for _, weight in coloured])


HOSTILE: list[Callable[[int], str]] = [
    lambda n: "(" * n,
    lambda n: "[" * n,
    lambda n: "(a)" * (n // 3),
    lambda n: "(" * 63 + "(a)" * (n // 3),
    lambda n: ("[" * 32 + "(" * 32 + "]a" * 32 + ")a" * 32) * (n // 192),
    lambda n: "(a:1" * (n // 4),
    lambda n: (":" + " " * 100) * (n // 101),
    lambda n: " " * n + "BREAK",
    lambda n: "BREAK " * (n // 6),
    lambda n: "AND " * (n // 4),
    lambda n: "<a:" * (n // 3),
    lambda n: "[a<a:b>:b:1]" * (n // 12),
    lambda n: "\\a" * (n // 2),
    lambda n: "[a|b]" * (n // 5),
    lambda n: "[|" * (n // 2),
    lambda n: "a()" * (n // 3),
    lambda n: ")a" * (n // 2),
    lambda n: "{" * (n // 2) + "}" * (n // 2) + "|",
]


def work(do: Callable[[], object]) -> int:
    """How many lines of Python run: what can be counted the same on every machine."""
    count = 0

    def line(*_: object) -> Callable[..., object]:
        nonlocal count
        count += 1
        return line

    before = sys.gettrace()
    sys.settrace(line)
    try:
        do()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("make", HOSTILE)
def test_work_grows_no_faster_than_the_text(make: Callable[[int], str]) -> None:
    for do in (lambda text: parse(text), lambda text: spans(parse(text)), lambda text: timeline(parse(text), 2)):
        small = work(lambda do=do: do(make(1200)))
        large = work(lambda do=do: do(make(4800)))
        assert large <= 5 * small
