"""What holds for every template, however it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.errors import SdtuiError
from sdtui.prompt.expand.combinations import count, each
from sdtui.prompt.expand.draw import draw
from sdtui.prompt.expand.lint import lint_template
from sdtui.prompt.expand.marks import marks
from sdtui.prompt.expand.nodes import Access, AnyNode, Assign, Choice, Nodes, Wildcard
from sdtui.prompt.expand.scope import MAX_BYTES
from sdtui.prompt.expand.source import ListedValues
from sdtui.prompt.expand.template import parse
from sdtui.prompt.highlight import spans
from sdtui.prompt.parser import parse as parse_prompt

PIECES = [
    *"{}|()#\n,:=~@! ",
    *("a", "b ", "__", "$", "$$", "${", "x", "=!", "?=", "\n#", "\n  # c\n"),
    *("2$$", "1-2$$", "0-$$", "2$$ and $$", "3::", "{a|b}", "{@a|b|c}", "{~a|b}", "{2$$a|b|c}"),
    *("__c__", "__n__", "__@c__", "__d*__", "__t(x=a, y={b|c})__", "__self__", "__none__"),
    *("${x}", "${x:d}", "${x={a|b}}", "${x=!{a|b}}", "${x?=e}", "__${x}__", "__{c|n}__", "{2$$__c__}", "{-2$$__n__|z}"),
]
VALUES = ListedValues(
    {
        "c": ["red", "green", "3::blue"],
        "n": ["__c__ one", "{x|y}", "${x:free}"],
        "t": ["${x} and ${y}"],
        "d1": ["${x=!{p|q}}${x}${x}"],
        "d2": ["{~p|q}"],
        "self": ["a", "__self__"],
    }
)
ENOUGH = 200

templates = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
anything = st.text(max_size=60) | templates


def below(node: AnyNode) -> Iterator[Nodes]:
    match node:
        case Choice():
            for option in node.options:
                assert node.start < option.start <= option.text_start <= option.end < node.end
                yield option.nodes
        case Wildcard():
            yield node.name
            yield from (argument.nodes for argument in node.arguments)
        case Assign():
            yield node.nodes
        case Access():
            yield node.default or ()


def check_places(nodes: Nodes, start: int, end: int) -> None:
    """Neighbours touch, and children stand inside their parents."""
    place = nodes[0].start if nodes else end
    assert start <= place
    for node in nodes:
        assert node.start == place < node.end <= end
        place = node.end
        for inner in below(node):
            check_places(inner, node.start, node.end)


@given(anything)
def test_every_text_is_a_template_whose_nodes_cover_it(text: str) -> None:
    template = parse(text)
    check_places(template.nodes, 0, len(text))
    assert sum(node.end - node.start for node in template.nodes) == len(text)
    for diagnostic in lint_template(template, VALUES.names()):
        assert 0 <= diagnostic.start <= diagnostic.end <= len(text)
        assert diagnostic.fix is None or 0 <= diagnostic.fix.start <= diagnostic.fix.end <= len(text)
    for reference in template.wildcards:
        assert reference.name in text[reference.start : reference.end]


@given(anything)
def test_marks_are_in_order_and_the_colours_cover_the_text(text: str) -> None:
    place = 0
    for mark in marks(parse(text)):
        assert place <= mark.start < mark.end <= len(text)
        place = mark.end
    covered = spans(parse_prompt(text))
    assert [span.start for span in covered] == [0, *(span.end for span in covered)][: len(covered)]
    assert (covered[-1].end if covered else 0) == len(text)


@given(anything, st.integers(0, 2**32 - 1))
def test_a_seed_always_draws_the_same_within_the_limits(text: str, seed: int) -> None:
    template = parse(text)
    try:
        drawn = draw(template, VALUES, seed)
    except SdtuiError as error:
        with pytest.raises(type(error), match=re.escape(str(error))):
            draw(template, VALUES, seed)
    else:
        assert drawn == draw(parse(text), VALUES, seed)
        assert len(drawn.text.encode("utf-8", "replace")) <= MAX_BYTES
        assert set(drawn.used) <= set(VALUES.names())


@given(templates)
def test_there_are_as_many_combinations_as_are_counted(text: str) -> None:
    template = parse(text)
    try:
        number = count(template, VALUES)
    except SdtuiError:
        with pytest.raises(SdtuiError):
            # what cannot be counted cannot be listed to its end
            for _ in each(template, VALUES):
                pass
        return
    try:
        listed = list(islice(each(template, VALUES), ENOUGH + 1))
    except SdtuiError:
        assert set("~@") & set(text) or "__d" in text  # what is drawn anew for each is not looked at by the count
        return
    assert len(listed) == number if number <= ENOUGH else len(listed) == ENOUGH + 1


@given(templates, st.integers(0, 50))
def test_what_is_drawn_is_one_of_the_combinations(text: str, seed: int) -> None:
    template = parse(text)
    try:
        number = count(template, VALUES)
    except SdtuiError:
        return
    if number <= ENOUGH and "~" not in text and "@" not in text and "d*" not in text:
        assert draw(template, VALUES, seed).text in set(each(template, VALUES))


@given(st.text(st.characters(exclude_characters="{}_#$", exclude_categories=["Cs"]), max_size=80))
def test_a_text_without_marks_stays_as_it_is(text: str) -> None:
    assert draw(parse(text), VALUES, 3).text == text == next(each(parse(text), VALUES))


@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=5), st.integers(0, 2**32 - 1))
def test_several_are_taken_without_repeats(weights: list[float], seed: int) -> None:
    options = "|".join(f"{weight:.3f}::o{place}" for place, weight in enumerate(weights))
    for number in range(len(weights) + 2):
        taken = draw(parse(f"{{{number}$${options}}}"), VALUES, seed).text
        parts = taken.split(",") if taken else []
        assert len(parts) == len(set(parts)) == min(number, len(weights))


def test_weights_are_relative() -> None:
    drawn = [draw(parse("{3::a|b|0::c}"), VALUES, seed).text for seed in range(4000)]
    assert 0.72 < drawn.count("a") / 4000 < 0.78
    assert "c" not in drawn
    heavy = [draw(parse("{2$$8::a|b|c}"), VALUES, seed).text for seed in range(2000)]
    assert sum("a" in pair for pair in heavy) / 2000 > 0.9
    lines = [draw(parse("__c__"), VALUES, seed).text for seed in range(2000)]
    assert 0.55 < lines.count("blue") / 2000 < 0.65


@pytest.mark.parametrize(
    "text",
    [
        *("{" * 100_000, "{a|" * 50_000, "{a|" * 20_000 + "}" * 20_000, "__" * 60_000, "__a(" * 40_000),
        *("__a(" * 30_000 + ")__" * 30_000, "__{" * 40_000 + "}__" * 40_000, "${x=" * 40_000 + "}" * 40_000),
        *("{" + "a|" * 80_000 + "}", "#\n" * 80_000, "{2$$ a" * 30_000, "{" + " " * 200_000 + "|}", "__a " * 50_000),
        *("(" * 100_000 + ")" * 100_000 + "{a}", "{#" * 100_000, "{\n #" * 60_000, "__a(x=," * 40_000 + ")__" * 40_000),
    ],
    ids=range(17),
)
def test_the_largest_templates_are_read(text: str) -> None:
    """Each would take minutes if anything were looked at again and again."""
    template = parse(text)
    check_places(template.nodes, 0, len(text))
    assert len(marks(template)) <= len(text)
