"""The language of wildcards and choices, as a table: a template, and every prompt it stands for in their order.

AGREED holds what dynamicprompts 0.31 makes of the same templates and values (asked once, on its CombinatorialPromptGenerator);
OURS is what differs on purpose, each with the reason.
"""

from __future__ import annotations

from itertools import islice

import pytest

from sdtui.errors import SdtuiError
from sdtui.prompt.expand.combinations import count, each
from sdtui.prompt.expand.draw import draw
from sdtui.prompt.expand.source import ListedValues
from sdtui.prompt.expand.template import parse

VALUES = ListedValues(
    {
        "c": ["red", "green", "blue"],
        "cold/b": ["ice", "snow"],
        "warm/b": ["fire"],
        "t": ["In ${season} I wear ${season:x}"],
        "n": ["__c__ one", "{x|y}"],
        "d": ["${q:dflt}"],
    }
)

AGREED = [
    # choices
    ("{a|b}", ["a", "b"]),
    ("x {a|b} y {c|d} z", ["x a y c z", "x a y d z", "x b y c z", "x b y d z"]),
    ("{a|b}{c|d}", ["ac", "ad", "bc", "bd"]),
    ("{ a | b }", ["a ", "b "]),
    ("{a| b |c }", ["a", "b ", "c "]),
    ("{a}", ["a"]),
    ("{}", [""]),
    ("{|a}", ["", "a"]),
    ("{a||b}", ["a", "", "b"]),
    ("{a|a|b}", ["a", "b"]),
    ("{a {b|c}|d}", ["a b", "a c", "d"]),
    ("{{a|b}|{c|d}}", ["a", "b", "c", "d"]),
    ("{{a|b} {c|d}|e}", ["a c", "a d", "b c", "b d", "e"]),
    ("{{a}}", ["a"]),
    ("{a\n|b\n}", ["a\n", "b\n"]),
    # several
    ("{2$$a|b|c}", ["a,b", "a,c", "b,a", "b,c", "c,a", "c,b"]),
    ("{1-2$$a|b}", ["a", "b", "a,b", "b,a"]),
    ("{2-1$$a|b}", ["a", "b", "a,b", "b,a"]),
    ("{-2$$a|b|c}", ["a", "b", "c", "a,b", "a,c", "b,a", "b,c", "c,a", "c,b"]),
    (
        "{2-$$a|b|c}",
        ["a,b", "a,c", "b,a", "b,c", "c,a", "c,b", "a,b,c", "a,c,b", "b,a,c", "b,c,a", "c,a,b", "c,b,a"],
    ),
    ("{5$$a|b}", ["a,b", "b,a"]),
    ("{0$$a|b}", [""]),
    ("{0-1$$a|b}", ["", "a", "b"]),
    ("{2$$a|}", ["a", "a"]),
    ("{2$$a|{b|c}}", ["a,b", "a,c", "b,a", "c,a"]),
    ("{ 2$$ a | b }", ["a ,b ", "b ,a "]),
    ("{2$$ and $$a|b}", ["a and b", "b and a"]),
    ("{2$$, $$a|b}", ["a, b", "b, a"]),
    ("{2$$ | $$a|b}", ["a | b", "b | a"]),
    ("{2$$ $$a|b}", ["a b", "b a"]),
    # weights do not count where every combination is made
    ("{3::a|b}", ["a", "b"]),
    ("{0.5::a|.5::b}", ["a", "b"]),
    ("{0::a|b}", ["a", "b"]),
    ("{3:: a|b}", [" a", "b"]),
    ("{3::a::b|c}", ["a::b", "c"]),
    ("{ 3 :: a|b}", ["3 :: a", "b"]),
    ("{-1::a|b}", ["-1::a", "b"]),
    ("{c1::a|b}", ["c1::a", "b"]),
    # wildcards
    ("__c__", ["blue", "green", "red"]),
    ("x__c__s", ["xblues", "xgreens", "xreds"]),
    ("__cold/b__", ["ice", "snow"]),
    ("__b__", ["fire", "ice", "snow"]),
    ("__*/b__", ["fire", "ice", "snow"]),
    ("__**/b__", ["fire", "ice", "snow"]),
    ("__co*__", ["ice", "snow"]),
    ("__w*b__", ["fire"]),
    ("__n__", ["blue one", "green one", "red one", "x", "y"]),
    ("{a|__b__}", ["a", "fire", "ice", "snow"]),
    ("{2$$__c__}", ["blue,green", "blue,red", "green,blue", "green,red", "red,blue", "red,green"]),
    ("{1$$__c__}", ["blue", "green", "red"]),
    ("{2$$__c__|x}", ["blue,x", "green,x", "red,x", "x,blue", "x,green", "x,red"]),
    ("{4::__c__|z}", ["blue", "green", "red", "z"]),
    ("__ c __", ["__ c __"]),
    # variables and parameters
    ("${x=a}${x}", ["a"]),
    ("${x} ${x=a}", ["a "]),
    ("${x=a} ${x} ${x=b} ${x}", [" b  b"]),
    ("${x={a|b}}${x} ${x}", ["a a", "a b", "b a", "b b"]),
    ("${x = a }[${x}]", ["[a ]"]),
    ("${x= ! a}[${x}]", ["[! a]"]),
    ("${x?=b}${x}", ["b"]),
    ("${x:d}", ["d"]),
    ("${x: d }", ["d "]),
    ("${x:{a|b}}", ["a", "b"]),
    ("${ x }${x=1}", ["1"]),
    ("${a=1}${b=${a}2}${b}", ["12"]),
    ("${x=c}__${x}__", ["blue", "green", "red"]),
    ("${x=!c}__${x}__", ["blue", "green", "red"]),
    ("__${y:c}__", ["blue", "green", "red"]),
    ("__${c}__", ["blue", "green", "red"]),
    ("__t(season=winter)__", ["In winter I wear winter"]),
    ("__t( season = winter )__", ["In winter I wear winter"]),
    ("__t(season=winter,x=y)__", ["In winter I wear winter"]),
    ("__t(season={a|b})__", ["In a I wear a", "In a I wear b", "In b I wear a", "In b I wear b"]),
    ("__d__", ["dflt"]),
    ("__d(q=1)__", ["1"]),
    # samplers
    ("{@a|b} {x|y}", ["a x", "b y"]),
    ("{!a|b}", ["a", "b"]),
    ("__!c__", ["blue", "green", "red"]),
    ("{2$$__~c__}", ["blue,green", "blue,red", "green,blue", "green,red", "red,blue", "red,green"]),
    # what belongs to the prompt language stays for it
    ("(a {b|c}:1.2)", ["(a b:1.2)", "(a c:1.2)"]),
    ("[a|b] {x|y}", ["[a|b] x", "[a|b] y"]),
    ("{[a|b]|c}", ["[a", "b]", "c"]),
    ("<lora:x:{0.5|1}>", ["<lora:x:0.5>", "<lora:x:1>"]),
    ("{a:1|b}", ["a:1", "b"]),
    ("http://x {a|b}", ["http://x a", "http://x b"]),
    ("a | b } c", ["a | b } c"]),
]

OURS = [
    ("5% {a|b} 5$ $x", ["5% a 5$ $x", "5% b 5$ $x"], "% and $ are text"),
    ("%{a|b}", ["%a", "%b"], "% is text: there is no wrapping"),
    ("${1} $$", ["$1 $$"], "$ is text where no variable's name follows"),
    ("a {b", ["a {b"], "a brace that is not balanced is text"),
    ("a {b|{c|d} e", ["a {b|c e", "a {b|d e"], "a brace that is not balanced is text"),
    ("a # c", ["a # c"], "# begins a comment at the start of a line alone"),
    ("a\n  # c {\nb {x|y}", ["a\nb x", "a\nb y"], "a comment goes with its line"),
    ("# c\na", ["a"], "a comment goes with its line"),
    ("{a\n# c | d\n|b}", ["a\n", "b"], "a comment goes with its line"),
    ("{\n  # first\n a|b}", [" a", "b"], "a comment goes with its line"),
    ("snake__case __ ____ __c", ["snake__case __ ____ __c"], "underscores that name nothing are text"),
    ("{3$$a||b}", ["a,b", "a,b", "a,b", "b,a", "b,a", "b,a"], "what is empty gets no joiner"),
    ("{2 $$a|b}", ["a,b", "b,a"], "spaces in a range"),
    ("{2$$$$a|b}", ["ab", "ba"], "an empty joiner"),
    ("{a$$b|c}", ["a$$b", "c"], "what is no range is text"),
    ("${x:}", [""], "an empty default"),
    ("{${x=1}a|b} ${x:no}", ["a no", "b no"], "a variable set inside a choice holds there"),
    ("${x=a}${x?=b}${x}", ["a"], "?= leaves what is set in the same prompt"),
    ("${x=!{a|b}}${x} ${x}", ["a a", "b b"], "a variable set at once is one choice"),
    (
        "${v=!{cold|warm}}__${v}/b__ ${v}",
        ["ice cold", "snow cold", "fire warm"],
        "a variable set at once is one choice",
    ),
    ("__{c|cold/b}__", ["blue", "green", "red", "ice", "snow"], "a choice in a name is made"),
    ("{a|{a|b}}", ["a", "a", "b"], "prompts that turn out alike are not searched for"),
    ("{@a|b|c} {~z}", ["a z"], "cyclic and random choices make no combinations"),
    ("__t(season=${season})__ ${season=w}", ["In w I wear w "], "an argument knows the variables where it is given"),
]


@pytest.mark.parametrize(("template", "prompts"), [*AGREED, *((row[0], row[1]) for row in OURS)])
def test_a_template_stands_for_these_prompts(template: str, prompts: list[str]) -> None:
    parsed = parse(template)
    assert list(each(parsed, VALUES)) == prompts
    assert count(parsed, VALUES) == len(prompts)


@pytest.mark.parametrize("template", [row[0] for row in [*AGREED, *OURS] if "@" not in row[0]])
def test_every_draw_is_one_of_them(template: str) -> None:
    parsed = parse(template)
    assert {draw(parsed, VALUES, seed).text for seed in range(40)} <= set(each(parsed, VALUES))


CYCLES = [
    ("{@a|b|c}", ["a", "b", "c", "a"]),
    ("{@a|b} {@x|y|z}", ["a x", "b y", "a z", "b x"]),
    ("{@a|{b|c}}", ["a", "b", "a", "c"]),
    ("{@2$$a|b|c}", ["a,b", "a,c", "b,a", "b,c", "c,a", "c,b", "a,b"]),
    ("{@1-2$$a|b}", ["a", "b", "a,b", "b,a", "a"]),
    ("__@c__", ["blue", "green", "red", "blue"]),
    ("{@__c__}", ["blue", "green", "red", "blue"]),
    ("{__@c__}", ["blue", "green", "red", "blue"]),
]


@pytest.mark.parametrize(("template", "prompts"), CYCLES)
def test_neighbouring_seeds_take_neighbouring_turns(template: str, prompts: list[str]) -> None:
    """As dynamicprompts, whose generators count their prompts: here the seed is the count."""
    assert [draw(parse(template), VALUES, seed).text for seed in range(len(prompts))] == prompts


def test_what_is_drawn_among_combinations_is_drawn_anew_for_each() -> None:
    prompts = list(each(parse("{~a|b|c|d|e|f} {1|2|3|4|5|6|7|8}"), VALUES, 7))
    assert [prompt[2:] for prompt in prompts] == list("12345678")
    assert len({prompt[0] for prompt in prompts}) > 1
    assert prompts == list(each(parse("{~a|b|c|d|e|f} {1|2|3|4|5|6|7|8}"), VALUES, 7))


def test_a_drawn_variable_that_is_set_at_once_is_the_same_throughout_a_prompt() -> None:
    prompts = list(each(parse("${x=!{~a|b|c|d}}{1|2|3|4|5|6} ${x} {~${x}|${x}}"), VALUES))
    assert all(prompt[2] == prompt[4] for prompt in prompts)
    assert len({prompt[2] for prompt in prompts}) > 1


def test_combinations_are_made_as_they_are_asked_for() -> None:
    huge = parse("{a|b}" * 60)
    assert count(huge, VALUES) == 10**18
    assert list(islice(each(huge, VALUES), 2)) == ["a" * 60, "a" * 59 + "b"]


NEVER = [
    ("__missing__", "There is no wildcard '__missing__'"),
    ("a\nb __missing__", "line 2: There is no wildcard"),
    ("__colds/b__", "Did you mean '__cold/b__'"),
    ("__../c__", "leads out of the folder"),
    ("${x}", "There is no variable 'x'"),
    ("${season=w}${seson}", "Did you mean '\\${season}'"),
    ("${x=${x}}${x}", "holds itself"),
    ("__t__", "t:1: There is no variable 'season'"),
]


@pytest.mark.parametrize(("template", "sentence"), NEVER)
def test_what_cannot_be_expanded_says_why(template: str, sentence: str) -> None:
    parsed = parse(template)
    for expand in (lambda: draw(parsed, VALUES, 1), lambda: count(parsed, VALUES), lambda: list(each(parsed, VALUES))):
        with pytest.raises(SdtuiError) as caught:
            expand()
        assert caught.match(sentence)
