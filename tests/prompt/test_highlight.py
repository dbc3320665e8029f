"""What the editor colours: one letter a character, written below the prompt it belongs to."""

from __future__ import annotations

import pytest

from sdtui.prompt.highlight import spans
from sdtui.prompt.parser import parse, plain

LETTER = {
    "text": ".",
    "escape": "\\",
    "bracket": "(",
    "weight": "w",
    "schedule": "s",
    "alternation": "|",
    "break": "B",
    "and": "A",
    "tag": "t",
    "choice": "{",
    "wildcard": "_",
    "variable": "$",
    "comment": "#",
}

KINDS = [
    r"a (cat:1.3) [b] \(c\) d",
    "..(...wwww(.(.(.\\\\.\\\\..",
    "[a:(b):0.5] [c|d|]",
    "s.s(.(sssss.|.|.||",
    "a BREAK b",
    ".BBBBBBB.",
    "a :0.5 AND b AND c:2",
    ".wwwwwwAAA...AAA..ww",
    "a<lora:x:1>b, [c<lora:y>:2]",
    ".tttttttttt...s.ttttttttsss",
    "(a [b:1.3) c]",
    "(..(.wwww(..(",
    "a) [b:c] |",
    "...(...(..",
    "{2$$, $$a|3:: b} c",
    "{{{{{{{{.{{{{..{..",
    "__c__ ${x=!{a|b}} ${x:d}",
    "_____.$$$$${.{.{$.$$$$.$",
    "a\n# {b\nc",
    "..#####.",
    "__t(x={a|b})__ <lora:{x|y}:1>",
    "______________.tttttt{t{t{ttt",
]


@pytest.mark.parametrize(("text", "letters"), list(zip(KINDS[::2], KINDS[1::2], strict=True)))
def test_each_character_has_its_kind(text: str, letters: str) -> None:
    assert "".join(LETTER[span.kind] * (span.end - span.start) for span in spans(parse(text))) == letters


@pytest.mark.parametrize("text", ["{a|b}", "__c__", "${x:d}", "# c"])
def test_nothing_is_a_wildcard_where_wildcards_are_off(text: str) -> None:
    assert {span.kind for span in spans(parse(text), wildcards=False)} == {"text"}


def test_a_mark_has_the_weight_of_what_it_stands_in() -> None:
    assert [span.weight for span in spans(parse("(__c__:1.5)"))] == [1.5] * 4


WEIGHTS: list[tuple[str, list[tuple[str, float]]]] = [
    ("a (b (c:2) d:0.5) e", [("a ", 1), ("b ", 0.5), ("c", 1), (" d", 0.5), (" e", 1)]),
    ("(a [b:1.3) c]", [("a ", 1.3), ("b", 1.3 / 1.1), (" c", 1 / 1.1)]),
    ("(a [b:c:3]:1.5)", [("a ", 1.5), ("b", 1.5), ("c", 1.5)]),
    ("[(a:1.2)|b]", [("a", 1.2), ("b", 1)]),
    ("(a", [("a", 1.1)]),
    ("((a:9):9)", [("a", 10)]),
    ("(a:1.2.3)", [("a:1.2.3", 1.1)]),
]


@pytest.mark.parametrize(("text", "expected"), WEIGHTS)
def test_words_have_the_weight_they_count_at(text: str, expected: list[tuple[str, float]]) -> None:
    words = [span for span in spans(parse(text)) if span.kind == "text"]
    assert [text[span.start : span.end] for span in words] == [each for each, _ in expected]
    assert [span.weight for span in words] == pytest.approx([weight for _, weight in expected])


def test_brackets_have_no_colour_when_they_are_text() -> None:
    assert {span.kind for span in spans(plain(r"(a:1.3) [b] \x BREAK"))} == {"text"}


def test_an_empty_prompt_has_no_spans() -> None:
    assert spans(parse("")) == ()
