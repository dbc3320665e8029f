r"""The language on one page: each prompt with its tree, its canonical text, and what holds over four steps.

How to read a row:

    tree        ‘words’; \( is an escaped bracket; (×1.3 … ) and [×0.9091 … ] are emphasis with its factor, an unclosed one has no end;
                [a → b @0.5] is a schedule, [a / b] an alternation; ×0.5 behind a part is its weight; <lora x 0.8> is a tag
    canonical   how the program writes it
    what holds  steps: text; ⟨cat 1.3⟩ are words that weigh 1.3, ¶ is a BREAK, AND parts one noise prediction from the next
"""

from __future__ import annotations

from typing import assert_never

import pytest

from sdtui.prompt.nodes import Alternation, AnyNode, Break, Close, Escape, Open, Prompt, Schedule, Tag, Text
from sdtui.prompt.parser import parse
from sdtui.prompt.printer import canonical
from sdtui.prompt.timeline import Part, timeline

STEPS = 4

# prompt, tree, canonical text, what holds
# fmt: off
TABLE: list[tuple[str, str, str, str]] = [
    # Plain words
    ("", "", "", ""),
    ("a cat", "‘a cat’", "a cat", "a cat"),
    ("at 10:30, 16:9", "‘at 10:30, 16:9’", "at 10:30, 16:9", "at 10:30, 16:9"),
    ("a, b | c", "‘a, b | c’", "a, b | c", "a, b | c"),
    ("AND", "AND", " AND", " AND "),
    ("BREAKFAST, ANDROID, band", "‘BREAKFAST, ANDROID, band’", "BREAKFAST, ANDROID, band", "BREAKFAST, ANDROID, band"),

    # Emphasis: brackets multiply, and so do weights
    ("(cat)", "(×1.1 ‘cat’ )", "(cat)", "⟨cat 1.1⟩"),
    ("[cat]", "[×0.9091 ‘cat’ ]", "[cat]", "⟨cat 0.9091⟩"),
    ("((cat))", "(×1.1 (×1.1 ‘cat’ ) )", "((cat))", "⟨cat 1.21⟩"),
    ("a (b [c] d) e", "‘a ’ (×1.1 ‘b ’ [×0.9091 ‘c’ ] ‘ d’ ) ‘ e’", "a (b [c] d) e", "a ⟨b  1.1⟩c⟨ d 1.1⟩ e"),
    ("(cat:1.3)", "(×1.3 ‘cat’ )", "(cat:1.3)", "⟨cat 1.3⟩"),
    ("((cat:1.2):1.5)", "(×1.5 (×1.2 ‘cat’ ) )", "((cat:1.2):1.5)", "⟨cat 1.8⟩"),
    ("(cat : .5 )", "(×0.5 ‘cat ’ )", "(cat :0.5)", "⟨cat  0.5⟩"),
    ("(cat:-0.7)", "(×-0.7 ‘cat’ )", "(cat:-0.7)", "⟨cat -0.7⟩"),
    ("(cat:+1.3)", "(×1.3 ‘cat’ )", "(cat:1.3)", "⟨cat 1.3⟩"),
    ("(cat:5.)", "(×5 ‘cat’ )", "(cat:5)", "⟨cat 5⟩"),
    ("(cat:99)", "(×10 ‘cat’ )", "(cat:10)", "⟨cat 10⟩"),
    ("(a:1.3)(b:1.3)", "(×1.3 ‘a’ ) (×1.3 ‘b’ )", "(a:1.3)(b:1.3)", "⟨ab 1.3⟩"),
    ("()", "(×1.1 )", "()", ""),

    # Emphasis: what is no weight is text
    ("(cat:1.2.3)", "(×1.1 ‘cat:1.2.3’ )", r"(cat\:1.2.3)", "⟨cat:1.2.3 1.1⟩"),
    ("(cat:1e1)", "(×1.1 ‘cat:1e1’ )", r"(cat\:1e1)", "⟨cat:1e1 1.1⟩"),
    ("(cat:1,5)", "(×1.1 ‘cat:1,5’ )", r"(cat\:1,5)", "⟨cat:1,5 1.1⟩"),
    ("(cat:.)", "(×1.1 ‘cat:.’ )", r"(cat\:.)", "⟨cat:. 1.1⟩"),
    ("cat:1.3)", "‘cat:1.3)’", r"cat:1.3\)", "cat:1.3)"),
    ("[cat:1.3)", "[×0.9091 ‘cat:1.3)’", r"[cat\:1.3\)", "⟨cat:1.3) 0.9091⟩"),

    # Emphasis: two independent stacks, brackets without a partner
    ("(a [b:1.3) c]", "(×1.3 ‘a ’ [×0.9091 ‘b’ ) ‘ c’ ]", "(a [b:1.3) c]", "⟨a  1.3⟩⟨b 1.182⟩⟨ c 0.9091⟩"),
    ("(a", "(×1.1 ‘a’", "(a", "⟨a 1.1⟩"),
    ("a [b", "‘a ’ [×0.9091 ‘b’", "a [b", "a ⟨b 0.9091⟩"),
    ("a) b]", "‘a) b]’", r"a\) b\]", "a) b]"),

    # Escapes
    (r"\(cat\)", r"\( ‘cat’ \)", r"\(cat\)", "(cat)"),
    (r"\[cat\]", r"\[ ‘cat’ \]", r"\[cat\]", "[cat]"),
    (r"a\\b", r"‘a’ \\ ‘b’", r"a\\b", r"a\b"),
    (r"a\b", r"‘a’ \ ‘b’", r"a\b", "ab"),
    ("cat\\", "‘cat’ \\", "cat\\", "cat"),
    (r"(smile \(x\):1.2)", r"(×1.2 ‘smile ’ \( ‘x’ \) )", r"(smile \(x\):1.2)", "⟨smile (x) 1.2⟩"),

    # BREAK
    ("a BREAK b", "‘a’ BREAK ‘b’", "a BREAK b", "a¶b"),
    ("a,\n BREAK \n b", "‘a,’ BREAK ‘b’", "a,\n BREAK \n b", "a,¶b"),
    ("(a BREAK b:1.3)", "(×1.3 ‘a’ BREAK ‘b’ )", "(a BREAK b:1.3)", "⟨a 1.3⟩¶⟨b 1.3⟩"),
    ("a BREAK BREAK b", "‘a’ BREAK BREAK ‘b’", "a BREAK BREAK b", "a¶¶b"),
    ("a_BREAK break", "‘a_BREAK break’", "a_BREAK break", "a_BREAK break"),

    # Schedules
    ("[cat:dog:0.5]", "[‘cat’ → ‘dog’ @0.5]", "[cat:dog:0.5]", "1–2: cat ; 3–4: dog"),
    ("[cat:dog:3]", "[‘cat’ → ‘dog’ @3]", "[cat:dog:3]", "1–3: cat ; 4: dog"),
    ("[cat:0.5]", "[ → ‘cat’ @0.5]", "[cat:0.5]", "1–2:  ; 3–4: cat"),
    ("[cat::0.5]", "[‘cat’ →  @0.5]", "[cat::0.5]", "1–2: cat ; 3–4: "),
    ("[cat:dog: .5 ]", "[‘cat’ → ‘dog’ @.5]", "[cat:dog:.5]", "1–2: cat ; 3–4: dog"),
    ("[cat:dog:0.3]", "[‘cat’ → ‘dog’ @0.3]", "[cat:dog:0.3]", "1: cat ; 2–4: dog"),
    ("[cat:dog:0]", "[‘cat’ → ‘dog’ @0]", "[cat:dog:0]", "dog"),
    ("[cat:dog:1.0]", "[‘cat’ → ‘dog’ @1.0]", "[cat:dog:1.0]", "cat"),
    ("[cat:1.3]", "[ → ‘cat’ @1.3]", "[cat:1.3]", ""),
    ("[cat:dog:99]", "[‘cat’ → ‘dog’ @99]", "[cat:dog:99]", "cat"),
    ("([cat:dog:2]:1.3)", "(×1.3 [‘cat’ → ‘dog’ @2] )", "([cat:dog:2]:1.3)", "1–2: ⟨cat 1.3⟩ ; 3–4: ⟨dog 1.3⟩"),
    ("(cat:[1.1:1.4:2])", "(×1.1 ‘cat:’ [‘1.1’ → ‘1.4’ @2] )", "(cat:[1.1:1.4:2])", "1–2: ⟨cat 1.1⟩ ; 3–4: ⟨cat 1.4⟩"),
    ("[a:[b:c:3]:1]", "[‘a’ → [‘b’ → ‘c’ @3] @1]", "[a:[b:c:3]:1]", "1: a ; 2–3: b ; 4: c"),
    ("[(a:1.2):b:2]", "[(×1.2 ‘a’ ) → ‘b’ @2]", "[(a:1.2):b:2]", "1–2: ⟨a 1.2⟩ ; 3–4: b"),

    # Alternation
    ("[a|b|c]", "[‘a’ / ‘b’ / ‘c’]", "[a|b|c]", "1: a ; 2: b ; 3: c ; 4: a"),
    ("[fe|]male", "[‘fe’ / ] ‘male’", "[fe|]male", "1: female ; 2: male ; 3: female ; 4: male"),
    ("[a|[b|c]]", "[‘a’ / [‘b’ / ‘c’]]", "[a|[b|c]]", "1: a ; 2: c ; 3: a ; 4: c"),
    ("[[a|b]:c:2]", "[[‘a’ / ‘b’] → ‘c’ @2]", "[[a|b]:c:2]", "1: a ; 2: b ; 3–4: c"),
    ("[a|b:2]", "[×0.9091 ‘a|b:2’ ]", r"[a\|b\:2]", "⟨a|b:2 0.9091⟩"),

    # Brackets that are no schedule
    ("[a:b]", "[×0.9091 ‘a:b’ ]", r"[a\:b]", "⟨a:b 0.9091⟩"),
    ("[a:b:c:2]", "[×0.9091 ‘a:b:c:2’ ]", r"[a\:b\:c\:2]", "⟨a:b:c:2 0.9091⟩"),
    ("[x [a:b] y:z:2]", "[×0.9091 ‘x ’ [×0.9091 ‘a:b’ ] ‘ y:z:2’ ]", r"[x [a\:b] y\:z\:2]", "⟨x  0.9091⟩⟨a:b 0.8264⟩⟨ y:z:2 0.9091⟩"),
    ("a | b [c:d:2]", "‘a | b ’ [‘c’ → ‘d’ @2]", "a | b [c:d:2]", "1–2: a | b c ; 3–4: a | b d"),
    ("a] [c:d:2]", "‘a] ’ [‘c’ → ‘d’ @2]", r"a\] [c:d:2]", "1–2: a] c ; 3–4: a] d"),
    (r"[a\:b:c:2]", r"[‘a’ \ ‘:b’ → ‘c’ @2]", r"[a\:b:c:2]", "1–2: a:b ; 3–4: c"),
    (r"\[a:b:2]", r"\[ ‘a:b:2]’", r"\[a:b:2\]", "[a:b:2]"),

    # AND
    ("a AND b", "‘a’ AND ‘ b’", "a AND b", "a AND  b"),
    ("a :0.5 AND b:-1", "‘a’ ×0.5 AND ‘ b’ ×-1", "a :0.5 AND b :-1", "a ×0.5 AND  b ×-1"),
    ("a:2:1 AND b", "‘a:2’ AND ‘ b’", "a:2 :1 AND b", "a:2 AND  b"),
    ("a ANDROID b AND c", "‘a ANDROID b’ AND ‘ c’", "a ANDROID b AND c", "a ANDROID b AND  c"),
    ("[b:c:2] AND [d|e]", "[‘b’ → ‘c’ @2] AND ‘ ’ [‘d’ / ‘e’]", "[b:c:2] AND [d|e]", "1–2: b ; 3–4: c AND 1:  d ; 2:  e ; 3:  d ; 4:  e"),
    ("a:0.5", "‘a:0.5’", "a:0.5", "a:0.5"),

    # Tags are cut out before anything is read
    ("a <lora:film> b", "‘a  b’  <lora film>", "a <lora:film> b", "a  b"),
    ("a, <lora:film:0.8>, b", "‘a, , b’  <lora film 0.8>", "a, <lora:film:0.8>, b", "a, , b"),
    ("<lora:film:1:0.5:8>", "<lora film 1 0.5 8>", "<lora:film:1:0.5:8>", ""),
    ("<lora:film:te=0.5:unet=1:dyn=8>", "<lora film te=0.5 unet=1 dyn=8>", "<lora:film:te=0.5:unet=1:dyn=8>", ""),
    ("<hypernet:anime:0.5>", "<hypernet anime 0.5>", "<hypernet:anime:0.5>", ""),
    ("(a <lora:x:9> b:1.2)", "(×1.2 ‘a  b’ )  <lora x 9>", "(a <lora:x:9> b:1.2)", "⟨a  b 1.2⟩"),
    ("c<lora:x>at", "‘cat’  <lora x>", "c<lora:x>at", "cat"),
    ("[a<lora:x>|b]", "[‘a’ / ‘b’]  <lora x>", "[a|<lora:x>b]", "1: a ; 2: b ; 3: a ; 4: b"),
    ("a < b > c", "‘a < b > c’", "a < b > c", "a < b > c"),
    ("<lora:>", "‘<lora:>’", "<lora:>", "<lora:>"),

    # Wildcards, choices and variables are drawn before: whatever is left of them is text
    ("{a|b} __colour__ ${x}", "‘{a|b} __colour__ ${x}’", "{a|b} __colour__ ${x}", "{a|b} __colour__ ${x}"),
    ("{unbalanced # 50 % $5", "‘{unbalanced # 50 % $5’", "{unbalanced # 50 % $5", "{unbalanced # 50 % $5"),
]
# fmt: on

# prompt, what holds over four steps of the second pass behind four of the first, and with old timelines
SECOND_PASS: list[tuple[str, str, str]] = [
    ("[a:b:0.5]", "b", "1–2: a ; 3–4: b"),
    ("[a:b:1.5]", "1–2: a ; 3–4: b", "1: a ; 2–4: b"),
    ("[a:b:2.0]", "a", "1–2: a ; 3–4: b"),
    ("[a:b:3]", "b", "1–3: a ; 4: b"),
    ("[a:b:6]", "1–2: a ; 3–4: b", "a"),
    ("[a|b|c]", "1: a ; 2: b ; 3: c ; 4: a", "1: a ; 2: b ; 3: c ; 4: a"),
]


@pytest.mark.parametrize(("text", "expected_tree", "expected_text", "expected_parts"), TABLE)
def test_a_prompt_means(text: str, expected_tree: str, expected_text: str, expected_parts: str) -> None:
    prompt = parse(text)
    assert tree(prompt) == expected_tree
    assert canonical(prompt) == expected_text
    assert held(timeline(prompt, STEPS)) == expected_parts
    again = parse(expected_text)
    assert held(timeline(again, STEPS)) == expected_parts
    assert canonical(again) == expected_text


@pytest.mark.parametrize(("text", "now", "old"), SECOND_PASS)
def test_in_the_second_pass_it_means(text: str, now: str, old: str) -> None:
    prompt = parse(text)
    assert held(timeline(prompt, STEPS, hires_steps=STEPS, second_pass=True)) == now
    assert held(timeline(prompt, STEPS, hires_steps=STEPS, second_pass=True, old_timelines=True)) == old


def tree(prompt: Prompt) -> str:
    clauses = [
        nodes(clause.nodes) + ("" if clause.weight == 1 else f" ×{clause.weight:g}") for clause in prompt.clauses
    ]
    return "  ".join([" AND ".join(clauses), *map(tag_shown, prompt.tags)]).strip()


def tag_shown(tag: Tag) -> str:
    return f"<{' '.join((tag.kind, *tag.positional, *(f'{key}={value}' for key, value in tag.named)))}>"


def nodes(branch: tuple[AnyNode, ...]) -> str:
    return " ".join(map(shown, branch))


def shown(node: AnyNode) -> str:
    match node:
        case Text():
            return f"‘{node.value}’"
        case Escape():
            return f"\\{node.value}"
        case Open():
            return f"{'(' if node.shape == 'round' else '['}×{node.factor:.4g}"
        case Close():
            return ")" if node.shape == "round" else "]"
        case Break():
            return "BREAK"
        case Schedule():
            return f"[{nodes(node.before)} → {nodes(node.after)} @{node.when}]"
        case Alternation():
            return f"[{' / '.join(nodes(option) for option in node.options)}]"
        case _:
            assert_never(node)


def held(parts: tuple[Part, ...]) -> str:
    shown_parts = []
    for part in parts:
        start, said = 1, []
        for each in part.schedule:
            steps = f"{start}: " if start == each.until else f"{start}–{each.until}: "
            words = "".join(
                "¶" if run.is_break else run.text if run.weight == 1 else f"⟨{run.text} {run.weight:.4g}⟩"
                for run in each.runs
            )
            said.append(words if len(part.schedule) == 1 else steps + words)
            start = each.until + 1
        shown_parts.append(" ; ".join(said) + ("" if part.weight == 1 else f" ×{part.weight:g}"))
    return " AND ".join(shown_parts)
