"""The language, as tables: what each prompt means."""

from __future__ import annotations

import pytest

from sdtui.prompt.emphasis import runs
from sdtui.prompt.parser import parse, plain
from sdtui.prompt.printer import canonical
from sdtui.prompt.timeline import Part, Run, timeline

UP, DOWN = 1.1, 1 / 1.1

EMPHASIS: list[tuple[str, list[tuple[str, float]]]] = [
    # plain words
    ("", [("", 1)]),
    ("a cat", [("a cat", 1)]),
    # brackets multiply
    ("(cat)", [("cat", UP)]),
    ("((cat))", [("cat", UP * UP)]),
    ("[cat]", [("cat", DOWN)]),
    ("[[cat]]", [("cat", DOWN * DOWN)]),
    ("a (cat) b", [("a ", 1), ("cat", UP), (" b", 1)]),
    ("([cat])", [("cat", 1)]),
    # explicit weights multiply
    ("(cat:1.3)", [("cat", 1.3)]),
    ("((cat:1.2):1.5)", [("cat", 1.8)]),
    ("((cat:1.3))", [("cat", 1.3 * UP)]),
    ("(a (b:2) c:0.5)", [("a ", 0.5), ("b", 1), (" c", 0.5)]),
    # how a weight may be written
    ("(cat:.5)", [("cat", 0.5)]),
    ("(cat:5.)", [("cat", 5)]),
    ("(cat:+1.3)", [("cat", 1.3)]),
    ("(cat:-0.7)", [("cat", -0.7)]),
    ("(cat : 1.3 )", [("cat ", 1.3)]),
    ("(cat:0)", [("cat", 0)]),
    # no exponent, no comma, no second dot: text
    ("(cat:1e1)", [("cat:1e1", UP)]),
    ("(cat:1,5)", [("cat:1,5", UP)]),
    ("(cat:1.2.3)", [("cat:1.2.3", UP)]),
    ("(cat:.)", [("cat:.", UP)]),
    ("(cat:)", [("cat:", UP)]),
    ("(16:9)", [("16", 9)]),
    # clamped
    ("(cat:99)", [("cat", 10)]),
    ("(cat:-99)", [("cat", -10)]),
    ("((cat:9):9)", [("cat", 10)]),
    ("(" * 60 + "cat" + ")" * 60, [("cat", 10)]),
    # a weight needs an open round bracket
    ("cat:1.3)", [("cat:1.3)", 1)]),
    ("[cat:1.3)", [("cat:1.3)", DOWN)]),
    # unclosed ones hold to the end, stray ones are text
    ("a (cat", [("a ", 1), ("cat", UP)]),
    ("a [cat", [("a ", 1), ("cat", DOWN)]),
    ("((a", [("a", UP * UP)]),
    ("a) b]", [("a) b]", 1)]),
    # two independent stacks
    ("(a [b:1.3) c]", [("a ", 1.3), ("b", 1.3 * DOWN), (" c", DOWN)]),
    ("(a [b) c]", [("a ", UP), ("b", UP * DOWN), (" c", DOWN)]),
    # escapes
    (r"\(cat\)", [("(cat)", 1)]),
    (r"\[cat\]", [("[cat]", 1)]),
    (r"a\\b", [("a\\b", 1)]),
    (r"a\b\c", [("abc", 1)]),
    (r"(smile \(x\):1.2)", [("smile (x)", 1.2)]),
    ("cat\\", [("cat", 1)]),
    # neighbours of one weight merge, empty ones vanish
    ("(a)(b)", [("ab", UP)]),
    ("(a:1.3)(b:1.3)", [("ab", 1.3)]),
    ("a()b", [("ab", 1)]),
    ("()", [("", 1)]),
    ("(:1.3)", [("", 1)]),
    # BREAK
    ("a BREAK b", [("a", 1), ("BREAK", 0), ("b", 1)]),
    ("a\n BREAK\n\nb", [("a", 1), ("BREAK", 0), ("b", 1)]),
    ("BREAK", [("BREAK", 0)]),
    ("BREAKFAST break", [("BREAKFAST break", 1)]),
    ("a_BREAK", [("a_BREAK", 1)]),
    ("(a BREAK b:1.3)", [("a", 1.3), ("BREAK", 0), ("b", 1.3)]),
    ("a BREAK BREAK b", [("a", 1), ("BREAK", 0), ("BREAK", 0), ("b", 1)]),
    # wildcards and variables are planned before, and text here
    ("{a|b} __colour__ ${x} $ %", [("{a|b} __colour__ ${x} $ %", 1)]),
    ("{unbalanced # text", [("{unbalanced # text", 1)]),
]


@pytest.mark.parametrize(("text", "expected"), EMPHASIS)
def test_emphasis(text: str, expected: list[tuple[str, float]]) -> None:
    (part,) = timeline(parse(text), 20)
    (scheduled,) = part.schedule
    assert [run.text for run in scheduled.runs] == [words for words, _ in expected]
    assert [0 if run.is_break else run.weight for run in scheduled.runs] == pytest.approx([w for _, w in expected])


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("((cat:1.2):1.5)", [1.2]),
        ("((cat:1.2))", [1.2]),
        ("((cat):1.5)", [1.5 * UP]),
        ("(a (b:0.5) c:1.5)", [1.5, 0.5, 1.5]),
        ("((a:1.2) b", [1.2, UP]),
        ("[(a:1.2) b]", [1.2, DOWN]),
    ],
)
def test_an_inner_explicit_weight_may_replace_the_outer(text: str, weights: list[float]) -> None:
    (part,) = timeline(parse(text), 1, inner_replaces=True)
    assert [run.weight for run in part.schedule[0].runs] == pytest.approx(weights)


SCHEDULES: list[tuple[str, int, list[tuple[int, str]]]] = [
    # from, to, when
    ("a [cat:dog:0.5]", 10, [(5, "a cat"), (10, "a dog")]),
    ("a [cat:dog:5]", 10, [(5, "a cat"), (10, "a dog")]),
    ("[cat:0.3]", 10, [(3, ""), (10, "cat")]),
    ("[cat:3]", 10, [(3, ""), (10, "cat")]),
    ("[cat::0.3]", 10, [(3, "cat"), (10, "")]),
    ("[:cat:3]", 10, [(3, ""), (10, "cat")]),
    ("[cat:dog: 5 ]", 10, [(5, "cat"), (10, "dog")]),
    # a fraction is truncated
    ("[a:b:0.29]", 100, [(28, "a"), (100, "b")]),
    ("[a:b:0.99]", 10, [(9, "a"), (10, "b")]),
    ("[a:b:.5]", 5, [(2, "a"), (5, "b")]),
    # never, and from the start
    ("[a:b:1.0]", 10, [(10, "a")]),
    ("[cat:1.3]", 10, [(10, "")]),
    ("[a:b:99]", 10, [(10, "a")]),
    ("[a:b:0]", 10, [(10, "b")]),
    ("[a:b:-2]", 10, [(10, "b")]),
    ("[a:b:0.05]", 10, [(10, "b")]),
    ("[a:b:1]", 10, [(1, "a"), (10, "b")]),
    # alternation
    ("[a|b|c]", 4, [(1, "a"), (2, "b"), (3, "c"), (4, "a")]),
    ("[fe|]male", 3, [(1, "female"), (2, "male"), (3, "female")]),
    ("[a|a|b]", 4, [(2, "a"), (3, "b"), (4, "a")]),
    ("[|a]", 2, [(1, ""), (2, "a")]),
    # nesting
    ("[a:[b:c:6]:3]", 10, [(3, "a"), (6, "b"), (10, "c")]),
    ("[[a:b:3]:c:6]", 10, [(3, "a"), (6, "b"), (10, "c")]),
    ("[a|[b|c]]", 4, [(1, "a"), (2, "c"), (3, "a"), (4, "c")]),
    ("[[a|b]:c:2]", 4, [(1, "a"), (2, "b"), (4, "c")]),
    ("[(cat:1.3):dog:2]", 4, [(2, "(cat:1.3)"), (4, "dog")]),
    ("([cat:dog:2]:1.3)", 4, [(2, "(cat:1.3)"), (4, "(dog:1.3)")]),
    ("[[cat]:dog:2]", 4, [(2, "[cat]"), (4, "dog")]),
    # a weight may change too, because emphasis is read afterwards
    ("(cat:[1.1:1.4:2])", 4, [(2, "(cat:1.1)"), (4, "(cat:1.4)")]),
    # a backslash protects what would part the branches
    (r"[a\:b:c:2]", 4, [(2, r"a\:b"), (4, "c")]),
    (r"[a\|b|c]", 2, [(1, r"a\|b"), (2, "c")]),
    (r"\[a:b:2]", 4, [(4, r"\[a:b:2]")]),
    # not schedules: emphasis or text
    ("[a:b]", 4, [(4, "[a:b]")]),
    ("[a:b:c:2]", 4, [(4, "[a:b:c:2]")]),
    ("[a|b:2]", 4, [(4, "[a|b:2]")]),
    ("[a:b:2", 4, [(4, "[a:b:2")]),
    ("[a (b:2]", 4, [(4, "[a (b:2]")]),
    # what cannot be read leaves the brackets around it unread
    ("[x [a:b] y:z:2]", 4, [(4, "[x [a:b] y:z:2]")]),
    ("[(a:b:c):d:2]", 4, [(4, "[(a:b:c):d:2]")]),
    # ours: a bare bar and extra brackets switch nothing off
    ("a | b [c:d:2]", 4, [(2, "a | b c"), (4, "a | b d")]),
    ("a] [c:d:2]", 4, [(2, "a] c"), (4, "a] d")]),
    ("a) ( [c:d:2]", 4, [(2, "a) ( c"), (4, "a) ( d")]),
    ("[(a|b):c:2]", 4, [(2, "(a|b)"), (4, "c")]),
    ("16:9 [c:d:2]", 4, [(2, "16:9 c"), (4, "16:9 d")]),
    # a prompt without schedules is one text
    ("a cat", 30, [(30, "a cat")]),
    ("", 30, [(30, "")]),
    ("at 10:30", 30, [(30, "at 10:30")]),
]


def texts(part: Part) -> list[tuple[int, str]]:
    return [(scheduled.until, scheduled.text) for scheduled in part.schedule]


@pytest.mark.parametrize(("text", "steps", "expected"), SCHEDULES)
def test_schedule(text: str, steps: int, expected: list[tuple[int, str]]) -> None:
    (part,) = timeline(parse(text), steps)
    assert texts(part) == expected
    assert all(scheduled.runs == runs(scheduled.text) for scheduled in part.schedule)


SECOND_PASS: list[tuple[str, bool, list[tuple[int, str]]]] = [
    # 20 steps, then 10 in the second pass; whether timelines are old
    ("[a:b:0.5]", False, [(10, "b")]),
    ("[a:b:1.0]", False, [(10, "b")]),
    ("[a:b:1.5]", False, [(5, "a"), (10, "b")]),
    ("[a:b:2.0]", False, [(10, "a")]),
    ("[a:b:10]", False, [(10, "b")]),
    ("[a:b:20]", False, [(10, "b")]),
    ("[a:b:24]", False, [(4, "a"), (10, "b")]),
    ("[a:b:30]", False, [(10, "a")]),
    ("[a|b]", False, [(step, "ab"[(step - 1) % 2]) for step in range(1, 11)]),
    ("[a:b:0.25]", True, [(5, "a"), (10, "b")]),
    ("[a:b:4]", True, [(4, "a"), (10, "b")]),
    ("[a:b:4.0]", True, [(4, "a"), (10, "b")]),
]


@pytest.mark.parametrize(("text", "old", "expected"), SECOND_PASS)
def test_second_pass(text: str, old: bool, expected: list[tuple[int, str]]) -> None:
    (part,) = timeline(parse(text), 20, hires_steps=10, second_pass=True, old_timelines=old)
    assert texts(part) == expected


def test_second_pass_without_steps_of_its_own_takes_as_many_as_the_first() -> None:
    (part,) = timeline(parse("[a:b:1.5]"), 20, second_pass=True)
    assert texts(part) == [(10, "a"), (20, "b")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a:b:0.5]", [(5, "a"), (10, "b")]),
        ("[a:b:1.0]", [(1, "a"), (10, "b")]),
        ("[a:b:3.7]", [(3, "a"), (10, "b")]),
        ("[a:b:3]", [(3, "a"), (10, "b")]),
    ],
)
def test_old_timelines_read_numbers_from_one_as_steps(text: str, expected: list[tuple[int, str]]) -> None:
    (part,) = timeline(parse(text), 10, old_timelines=True)
    assert texts(part) == expected


AND: list[tuple[str, list[tuple[float, str]]]] = [
    ("a AND b", [(1, "a"), (1, " b")]),
    ("a :0.5 AND b:1.5", [(0.5, "a"), (1.5, " b")]),
    ("a AND b :-1", [(1, "a"), (-1, " b")]),
    ("a AND b: .5 ", [(1, "a"), (0.5, " b")]),
    ("a AND b:1.", [(1, "a"), (1, " b")]),
    ("a AND b:99", [(1, "a"), (10, " b")]),
    ("a AND at 10:30:1", [(1, "a"), (1, " at 10:30")]),
    ("a AND (b:1.2)", [(1, "a"), (1, " (b:1.2)")]),
    ("a AND b:1e1", [(1, "a"), (1, " b:1e1")]),
    ("a AND ", [(1, "a"), (1, "")]),
    ("AND", [(1, ""), (1, "")]),
    ("(a AND b:1.2)", [(1, "(a"), (1, " b:1.2)")]),
    ("ANDROID and BAND a_AND", [(1, "ANDROID and BAND a_AND")]),
    ("a:0.5", [(1, "a:0.5")]),
    ("16:9 picture at 10:30", [(1, "16:9 picture at 10:30")]),
]


@pytest.mark.parametrize(("text", "expected"), AND)
def test_and(text: str, expected: list[tuple[float, str]]) -> None:
    assert [(part.weight, part.schedule[0].text) for part in timeline(parse(text), 10)] == expected


def test_negative_prompt_is_not_split() -> None:
    (part,) = timeline(parse("a AND b:0.5", negative=True), 10)
    assert part.schedule[0].runs == (Run("a AND b:0.5", 1.0),)


TAGS: list[tuple[str, str, list[tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]]]] = [
    ("a <lora:foo> b", "a  b", [("lora", ("foo",), ())]),
    ("a, <lora:foo:0.8>, b", "a, , b", [("lora", ("foo", "0.8"), ())]),
    ("<lora:foo:1:0.5:8>", "", [("lora", ("foo", "1", "0.5", "8"), ())]),
    ("<lora:foo:te=0.5:unet=1:dyn=8>", "", [("lora", ("foo",), (("te", "0.5"), ("unet", "1"), ("dyn", "8")))]),
    ("<hypernet:bar:0.5>", "", [("hypernet", ("bar", "0.5"), ())]),
    ("(a <lora:x:9> b:1.2)", "(a  b:1.2)", [("lora", ("x", "9"), ())]),
    ("c<lora:x>at", "cat", [("lora", ("x",), ())]),
    ("(cat:1<lora:x>.2)", "(cat:1.2)", [("lora", ("x",), ())]),
    # no tags
    ("a < b > c", "a < b > c", []),
    ("<3", "<3", []),
    ("<lora:>", "<lora:>", []),
    ("<lora:foo", "<lora:foo", []),
    ("<lora>", "<lora>", []),
]


@pytest.mark.parametrize(("text", "rest", "expected"), TAGS)
def test_tags(text: str, rest: str, expected: list[tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]]) -> None:
    prompt = parse(text)
    assert [(tag.kind, tag.positional, tag.named) for tag in prompt.tags] == expected
    assert timeline(prompt, 10)[0].schedule[0].text == rest.rstrip()
    assert all(text[tag.start] == "<" and text[tag.end - 1] == ">" for tag in prompt.tags)


def test_words_of_structure_are_found_when_tags_are_gone() -> None:
    assert len(timeline(parse("a A<lora:x>ND b"), 10)) == 2
    assert texts(timeline(parse("[cat<lora:a|b>:dog:0<lora:b>.5]"), 10)[0]) == [(5, "cat"), (10, "dog")]


PLAIN: list[tuple[str, list[tuple[int, str]]]] = [
    ("(cat:1.3) [dog]", [(10, "(cat:1.3) [dog]")]),
    (r"\(cat\)", [(10, r"\(cat\)")]),
    ("a BREAK b", [(10, "a BREAK b")]),
    ("(a [cat:dog:0.5]", [(5, "(a cat"), (10, "(a dog")]),
    ("<lora:x>a", [(10, "a")]),
    ("", [(10, "")]),
]


@pytest.mark.parametrize(("text", "expected"), PLAIN)
def test_brackets_are_text_when_emphasis_is_none(text: str, expected: list[tuple[int, str]]) -> None:
    (part,) = timeline(plain(text), 10)
    assert texts(part) == expected
    assert all(scheduled.runs == (Run(scheduled.text, 1.0),) for scheduled in part.schedule)


CANONICAL: list[tuple[str, str]] = [
    ("a cat", "a cat"),
    ("(cat : 1.50 )", "(cat :1.5)"),
    ("(cat:.5)", "(cat:0.5)"),
    ("(cat:00000.00001)", "(cat:0.00001)"),
    ("(cat:99)", "(cat:10)"),
    ("a) b]", r"a\) b\]"),
    ("(a", "(a"),
    ("(a:b)", r"(a\:b)"),
    ("16:9 | b", "16:9 | b"),
    ("[:cat: 3 ]", "[cat:3]"),
    ("[a:b:0.5]", "[a:b:0.5]"),
    ("[a||b]", "[a||b]"),
    ("[a:b]", r"[a\:b]"),
    ("[a:b:c:2]", r"[a\:b\:c\:2]"),
    ("a :0.50 AND b:1", "a :0.5 AND b"),
    ("a:2:1 AND b", "a:2 :1 AND b"),
    ("a <lora:foo:te=1:2> b", "a <lora:foo:2:te=1> b"),
    (r"\(a\) \x", r"\(a\) \x"),
    ("a BREAK  b", "a BREAK  b"),
]


@pytest.mark.parametrize(("text", "expected"), CANONICAL)
def test_canonical_text(text: str, expected: str) -> None:
    assert canonical(parse(text)) == expected
    assert canonical(parse(expected)) == expected


def test_brackets_deeper_than_64_are_text() -> None:
    (part,) = timeline(parse("(" * 70 + "a" + ")" * 70 + "b"), 10)
    assert [run.text for run in part.schedule[0].runs] == ["(" * 6 + "a" + ")" * 6, "b"]
    assert [run.weight for run in part.schedule[0].runs] == [10, 1]


def test_schedules_deeper_than_64_are_text() -> None:
    text = "x"
    for _ in range(70):
        text = f"[{text}:1]"
    (part,) = timeline(parse(text), 10)
    assert [scheduled.text for scheduled in part.schedule] == ["", "[" * 6 + "x" + ":1]" * 6]
