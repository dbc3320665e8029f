"""What the linter says, where, and what its fixes make of the prompt."""

from __future__ import annotations

import pytest

from sdtui.prompt.lint import lint
from sdtui.prompt.names import ListedNames
from sdtui.prompt.nodes import Diagnostic
from sdtui.prompt.parser import parse

NAMES = ListedNames({"lora": ["detail", "Film Grain"], "hypernetwork": ["anime"]})

FOUND: list[tuple[str, str, str, str, str | None]] = [
    # prompt, severity, place, words of the sentence, prompt after the fix
    ("a (cat", "warning", "(", "never closed", "a (cat)"),
    ("[cat:dog:0.5", "warning", "[", "never closed", "[cat:dog:0.5]"),
    ("a cat)", "warning", ")", "could close", r"a cat\)"),
    ("cat:1.3)", "warning", ":1.3)", "could close", r"cat:1.3\)"),
    ("(cat:1.2.3)", "warning", ":1.2.3", '"1.2.3" is no number', None),
    ("(cat:.)", "warning", ":.", '"." is no number', None),
    ("(cat:1.8)", "hint", ":1.8)", "A weight of 1.8", "(cat:1.5)"),
    ("(cat:0.2)", "hint", ":0.2)", "A weight of 0.2", "(cat:0.5)"),
    ("(cat:-1)", "hint", ":-1)", "A weight of -1", "(cat:0.5)"),
    ("(((((cat)))))", "hint", "cat", "add up to a weight of 1.61", None),
    ("[cat:1.3]", "warning", "[cat:1.3]", '"cat" never shows', "(cat:1.3)"),
    ("[cat:2]", "hint", "[cat:2]", '"cat" shows after step 2', "(cat:2)"),
    ("[a:cat:1.0]", "warning", "cat", '"cat" never shows', None),
    ("[cat:b:0]", "warning", "cat", '"cat" never shows', None),
    ("[a:b:c:0.5]", "warning", "[a:b:c:0.5]", "no schedule", None),
    ("[from:to:when]", "hint", "[from:to:when]", '"when" is no number', None),
    ("[cat:2.5]", "warning", "[cat:2.5]", '"cat" never shows', None),
    ("(cat:100)", "hint", ":100)", "A weight of 100 is too much: it counts as 10", "(cat:1.5)"),
    ("a AND cat : 30", "hint", ": 30", "A weight of 30 is too much: it counts as 10", None),
    ("a AND cat:-30 AND b", "hint", ":-30", "A weight of -30 is too much: it counts as -10", None),
    ("[a|b:0.5]", "warning", "[a|b:0.5]", "no schedule", None),
    ("(a AND b)", "warning", "(", "AND tears", "(a) AND (b)"),
    ("(a :0.5 AND  b:1.2) c", "warning", "(", "AND tears", "(a:1.2) :0.5 AND  (b:1.2) c"),
    ("((a AND b:1.3):1.2)", "warning", "(", "AND tears", "((a:1.3):1.2) AND ((b:1.3):1.2)"),
    ("([a AND b) c] d", "warning", "(", "AND tears", "([a)] AND [(b) c] d"),
    ("((a AND b)", "warning", "(", "AND tears", "((a) AND b)"),
    ("(a AND b)", "warning", ")", "AND stands between", None),
    ("(a<lora:detail> AND b)", "warning", "(", "AND tears", "(a)<lora:detail> AND b)"),
    ("(a AND b AND c)", "warning", "(", "AND tears", "(a) AND b AND c)"),
    ("(cat:1,3)", "warning", ":1,3", "because it has a comma", "(cat:1.3)"),
    ("(cat:1e1)", "warning", ":1e1", '"1e1" is no number', None),
    ("(cat:+-1)", "warning", ":+-1", '"+-1" is no number', None),
    ("(cat:)", "hint", ":", "No weight follows", None),
    ("[(a:1.2):1.3]", "warning", "[(a:1.2):1.3]", '"(a:1.2)" never shows', "((a:1.2):1.3)"),
    ("[[a:b:5]:c:3]", "warning", "b", '"b" never shows: what is around it has ended', None),
    ("[a:[b:c:3]:5]", "warning", "b", '"b" never shows: what is around it begins when it has ended', None),
    ("[a:[b::0]:5]", "warning", "b", '"b" never shows: what follows it begins before the first step', None),
    ("(a BREAK b:1.2)", "hint", " BREAK ", "BREAK stands inside brackets", None),
    ("a | b", "warning", "|", "parts nothing", r"a \| b"),
    ("(a|b)", "warning", "|", "parts nothing", r"(a\|b)"),
    ("<lora:detial:0.5>", "error", "<lora:detial:0.5>", 'Did you mean "detail"?', "<lora:detail:0.5>"),
    ("<lora:film grain>", "error", "<lora:film grain>", 'Did you mean "Film Grain"?', "<lora:Film Grain>"),
    ("<lora:xyzzy>", "error", "<lora:xyzzy>", 'no LoRA named "xyzzy".', None),
    ("<hypernet:anim>", "error", "<hypernet:anim>", 'Did you mean "anime"?', "<hypernet:anime>"),
    ("<lorra:detail>", "error", "<lorra:detail>", 'no tag "lorra"', "<lora:detail>"),
    ("<lora:detail:high>", "error", "high", '"high" is no number', None),
    ("<lora:detail:te=x>", "error", "x", '"x" is no number', None),
    ("<lora:detail:1:1:8.5>", "error", "8.5", '"8.5" is no whole number', None),
    ("<lora:detail:dyn=0>", "error", "0", '"0" is no whole number', None),
    ("<lora:detail:>", "error", ":", 'The number for "te" is missing', None),
    ("<lora:detail:unet=>", "error", "=", 'The number for "unet" is missing', None),
    ("<hypernet:anime:x>", "error", "x", '"x" is no number', None),
    ("<hypernet:anime:te=1>", "warning", "<hypernet:anime:te=1>", 'no argument "te"', None),
    ("<lora:detail:lbw=x>", "warning", "<lora:detail:lbw=x>", 'no argument "lbw"', None),
    ("<lora:te=1>", "error", "<lora:te=1>", "names no LoRA", None),
    ("<hypernet:anime:1:2>", "warning", "<hypernet:anime:1:2>", "3 arguments", None),
    ("<lora:detail:0.5><lora:detail:0.8>", "warning", "<lora:detail:0.8>", "add up to 1.3", None),
    ("(" * 65 + "a" + ")" * 65, "warning", "(", "more than 64 deep", None),
]


@pytest.mark.parametrize(("text", "severity", "place", "words", "fixed"), FOUND)
def test_diagnostic(text: str, severity: str, place: str, words: str, fixed: str | None) -> None:
    matching = [each for each in lint(parse(text), NAMES) if words in each.message]
    assert matching, [each.message for each in lint(parse(text), NAMES)]
    found = matching[0]
    assert (found.severity, text[found.start : found.end]) == (severity, place)
    assert applied(text, found) == fixed


def applied(text: str, diagnostic: Diagnostic) -> str | None:
    fix = diagnostic.fix
    return text[: fix.start] + fix.text + text[fix.end :] if fix else None


@pytest.mark.parametrize(
    "row", [row for row in FOUND if row[4] is not None and "(cat:2)" not in str(row[4]) and "((a" not in row[0]]
)
def test_a_fix_leaves_nothing_of_its_kind_to_say(row: tuple[str, str, str, str, str]) -> None:
    assert not [each.message for each in lint(parse(row[4]), NAMES) if row[3] in each.message]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a photo of a (cat:1.2), [soft] light",
        "[cat:dog:0.5] [fe|]male",
        "[a::0.5]",
        r"\(cat\) \| 16:9",
        "{a|b|c} {2$$x|{y|z}}",
        "<lora:detail:0.5> <hypernet:anime>",
        "<lora:detail:1:0.5:8> <lora:Film Grain:te=0.5:unet=1:dyn=4>",
        "a :0.5 AND b:-1",
        "a BREAK b",
        "((a)) [[b]]",
        "[cat:0.5]",
    ],
)
def test_ordinary_prompts_are_left_alone(text: str) -> None:
    assert lint(parse(text), NAMES) == ()


@pytest.mark.parametrize(
    ("text", "steps", "hires", "said"),
    [
        ("[a:b:30]", 0, 0, []),
        ("[a:b:30]", 20, 0, ['"b" never shows: it begins after the last step.']),
        ("[a:b:30]", 20, 20, []),
        ("[a:b:1.5]", 20, 20, []),
        ("[cat:1.5]", 20, 20, []),
        ("[a:b:2.0]", 20, 20, ['"b" never shows: it begins after the last step.']),
        ("[a:b:0.04]", 20, 0, ['"a" never shows: what follows it begins before the first step.']),
        ("[a|b|c]", 2, 0, ["Only the first 2 of these 3 options can show in 2 steps."]),
        ("[a|b|c]", 3, 0, []),
        ("[a:[b|c]:3]", 4, 0, ["Only 1 of these 2 options can show in 1 step."]),
        ("[a:b:30]", 200, 0, []),
    ],
)
def test_steps_are_judged_where_they_are_known(text: str, steps: int, hires: int, said: list[str]) -> None:
    assert [each.message for each in lint(parse(text), steps=steps, hires_steps=hires)] == said


def test_names_are_not_judged_where_they_are_unknown() -> None:
    assert lint(parse("<lora:anything>")) == ()


def test_a_fix_beside_a_tag_leaves_the_tag_whole() -> None:
    text = "(cat<lora:detail:0.5>"
    (found,) = lint(parse(text), NAMES)
    assert applied(text, found) == "(cat)<lora:detail:0.5>"
