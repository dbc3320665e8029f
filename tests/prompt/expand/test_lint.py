"""Diagnostics of templates: what is odd, where, and what mends it."""

from __future__ import annotations

import pytest

from sdtui.prompt.expand.lint import lint_template
from sdtui.prompt.expand.template import blanked, parse
from sdtui.prompt.highlight import spans
from sdtui.prompt.lint import lint
from sdtui.prompt.parser import parse as parse_prompt

NAMES = ["animals/tame", "colours", "sizes"]

ODD = [
    ("a __colour__", "__colour__", "error", "no wildcard '__colour__'. Did you mean '__colours__'", "a __colours__"),
    ("__~size__ x", "__~size__", "error", "Did you mean '__sizes__'", "__~sizes__ x"),
    ("__animal/tame(x=1)__", "__animal/tame(x=1)__", "error", "'__animals/tame__'", "__animals/tame(x=1)__"),
    ("__tamed__", "__tamed__", "error", "'__animals/tame__'", "__animals/tame__"),
    ("__zzz__", "__zzz__", "error", "no wildcard '__zzz__'.", None),
    ("{__colour__|x}", "__colour__", "error", "Did you mean", "{__colours__|x}"),
    ("a {b", "{", "hint", "never closed", "a {b}"),
    ("a} b", "}", "hint", "Nothing is open", None),
    ("${x=a|b}${x}", "|", "warning", "parts nothing", "${x={a|b}}${x}"),
    ("${y}", "${y}", "error", "no variable 'y'", None),
    ("${season=x}${seson}", "${seson}", "error", "no variable 'seson'", "${season=x}${season}"),
    ("__colours(red)__", "red", "warning", "name=value", None),
]


@pytest.mark.parametrize(("text", "place", "severity", "sentence", "mended"), ODD)
def test_what_is_odd_has_a_place_a_sentence_and_a_fix(
    text: str, place: str, severity: str, sentence: str, mended: str | None
) -> None:
    (found,) = lint_template(parse(text), NAMES)
    assert (text[found.start : found.end], found.severity) == (place, severity)
    assert sentence in found.message
    assert (found.fix and text[: found.fix.start] + found.fix.text + text[found.fix.end :]) == mended


@pytest.mark.parametrize(
    "text",
    [
        *("__colours__ __tame__ __c*__ __**__ __animals/tame__", "__{a|b}__ __${x}__ __~colours__", "{a|b} {x}"),
        *("${x=a} ${x} ${y:d} ${x?=z}", "__colours(x=${x=1}${x})__", "5% 5$ a_b", "# { __nope__ ${x}\n"),
    ],
)
def test_what_is_fine_is_not_talked_about(text: str) -> None:
    assert lint_template(parse(text), NAMES) == ()


def test_wildcards_are_not_judged_where_their_names_are_not_known() -> None:
    assert lint_template(parse("__nope__")) == ()


def test_the_linter_of_prompts_leaves_comments_alone() -> None:
    text = "# (old:1.9) [a:1.3]\n(a:1.9) # (b:1.9)"
    assert [text[each.start : each.end] for each in lint(parse_prompt(text))] == [":1.9)"] * 2
    assert len(lint(parse_prompt("# (old:1.9)\n"))) == 0


BLANKED = [
    ("a\n# (b\nc", "a\n    \nc"),
    ("  # x", "     "),
    ("a # b", "a # b"),
    ("{\n# a\n|b}", "{\n   \n|b}"),
    ("a", "a"),
]


@pytest.mark.parametrize(("text", "blank"), BLANKED)
def test_comments_can_be_blanked_without_moving_anything(text: str, blank: str) -> None:
    assert blanked(text) == blank


def test_brackets_in_a_blanked_comment_weigh_nothing() -> None:
    text = "# (\na"
    shown = spans(parse_prompt(blanked(text)), typed=text)
    assert [(span.kind, span.weight) for span in shown] == [("comment", 1.0), ("text", 1.0)]
