"""Which bracket belongs to which, and what fixes do to a text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdtui.prompt.brackets import pairs, partner
from sdtui.prompt.fixes import apply, apply_all, fix_at, moved
from sdtui.prompt.nodes import Diagnostic, Fix
from sdtui.prompt.parser import parse
from tests.prompt.wild import WILD

PARTNERS: list[tuple[str, int, str]] = [
    # the prompt, the cursor, and the pair marked with ^
    ("a (b) c", 2, "  ^ ^"),
    ("a (b) c", 3, "  ^ ^"),
    ("a (b) c", 4, "  ^ ^"),
    ("a (b) c", 5, "  ^ ^"),
    ("a (b) c", 6, ""),
    ("((b))", 1, " ^ ^"),
    # between two brackets the one under the cursor counts
    ("(a)[b]", 3, "   ^ ^"),
    ("(a:1.3)", 6, "^     ^"),
    ("[a:(b):0.5]", 0, "^         ^"),
    ("[a:(b):0.5]", 5, "   ^ ^"),
    ("[a|(b)]", 3, "   ^ ^"),
    # two stacks
    ("(a [b:1.3) c]", 0, "^        ^"),
    ("(a [b:1.3) c]", 3, "   ^        ^"),
    ("<lora:x> b", 0, "^      ^"),
    ("{a|{b}}", 3, "   ^ ^"),
    # no partner
    (r"\(a)", 1, ""),
    (r"(a\)", 3, ""),
    ("a)", 1, ""),
    ("(a", 0, ""),
    ("a < b > c", 2, ""),
    ("", 0, ""),
]


@pytest.mark.parametrize(("text", "offset", "marks"), PARTNERS)
def test_partner(text: str, offset: int, marks: str) -> None:
    pair = tuple(place for place, mark in enumerate(marks) if mark == "^")
    assert partner(text, offset) == (pair or None)


@settings(max_examples=200, deadline=None)
@given(WILD)
def test_pairs_are_brackets_that_fit_and_no_bracket_has_two_partners(text: str) -> None:
    found = pairs(parse(text))
    assert all(text[left] + text[right] in {"()", "[]", "<>", "{}"} and left < right for left, right in found)
    in_tags = {place for tag in parse(text).tags for place in range(tag.start, tag.end)}
    places = [place for pair in found if pair[0] not in in_tags for place in pair]
    assert len(places) == len(set(places))


def test_a_fix_replaces_its_stretch() -> None:
    assert apply("a (cat", Fix(6, 6, ")")) == "a (cat)"
    assert apply("(cat:9)", Fix(4, 7, ":1.5)")) == "(cat:1.5)"


def test_all_fixes_are_made_but_those_that_overlap_an_earlier_one() -> None:
    assert apply_all("abcdef", [Fix(4, 5, "E"), Fix(0, 2, "X"), Fix(1, 3, "Y")]) == "XcdEf"


@pytest.mark.parametrize(("offset", "expected"), [(0, 0), (2, 2), (3, 5), (4, 5), (5, 6)])
def test_the_cursor_stays_with_its_character(offset: int, expected: int) -> None:
    assert moved(offset, Fix(2, 4, "XYZ")) == expected


def test_the_key_applies_the_shortest_fix_at_the_cursor() -> None:
    wide = Diagnostic(0, 9, "warning", "Wide.", Fix(0, 1, ""))
    narrow = Diagnostic(2, 4, "warning", "Narrow.", Fix(2, 3, ""))
    without = Diagnostic(3, 4, "warning", "Nothing to do.")
    assert fix_at([wide, narrow, without], 3) == narrow
    assert fix_at([wide, narrow, without], 8) == wide
    assert fix_at([without], 3) is None
    assert fix_at([wide], 12) is None


@given(st.text(max_size=8), st.integers(0, 8), st.integers(0, 8), st.text(max_size=3))
def test_a_moved_cursor_lies_in_the_fixed_text(text: str, start: int, length: int, new: str) -> None:
    start = min(start, len(text))
    fix = Fix(start, min(len(text), start + length), new)
    assert all(0 <= moved(offset, fix) <= len(apply(text, fix)) for offset in range(len(text) + 1))
