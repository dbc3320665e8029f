from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.ui.writing.weighting import change_weight


def changed(marked: str, steps: int) -> str:
    """`|` marks the cursor, two of them a selection; what comes out is marked in the same way."""
    start = marked.index("|")
    end = marked.rindex("|")
    text = marked.replace("|", "")
    selection = (start, end - 1) if end > start else (start, start)
    change = change_weight(text, *selection, steps)
    if change is None:
        return text
    return text[: change.start] + change.text + text[change.end :]


@pytest.mark.parametrize(
    ("before", "steps", "after"),
    [
        ("a re|d circle", 1, "a (red:1.1) circle"),
        ("a |red circle", 1, "a (red:1.1) circle"),
        ("a red| circle", 1, "a (red:1.1) circle"),
        ("a red circle|", -1, "a red (circle:0.9)"),
        ("|red circle| on white", 1, "(red circle:1.1) on white"),
        ("| red | circle", 1, " (red:1.1)  circle"),
        ("a (red:1.1|) circle", 1, "a (red:1.2) circle"),
        ("a (red:1|.1) circle", -1, "a red circle"),
        ("a (re|d:1.1) circle", 1, "a (red:1.2) circle"),
        ("a (|red:1.1) circle", -1, "a red circle"),
        ("a (dark re|d:0.9) circle", 1, "a dark red circle"),
        ("a (|dark red|:1.3) circle", 1, "a (dark red:1.4) circle"),
        ("(deep (red|:1.2) one:1.5)", 1, "(deep (red:1.3) one:1.5)"),
        ("(red:0.1) |x", -1, "(red:0.1) (x:0.9)"),
        ("(re|d:0.05)", -1, "(red:0)"),
        ("(re|d:10)", 1, "(red:10)"),
        ("a |(big:1.3) b", -1, "a (big:1.2) b"),
        ("a (big:1.3|) b", -1, "a (big:1.2) b"),
        ("a (big:1.3)| b", -1, "a (big:1.2) b"),
        ("a (big:1.3)|", 1, "a (big:1.4)"),
        ("a (big:1.1)|", -1, "a big"),
        ("|(deep (red:1.2) one:1.5)", 1, "(deep (red:1.2) one:1.6)"),
        ("(deep (red:1.2) one:1.5|)", 1, "(deep (red:1.2) one:1.6)"),
        ("(deep |(red:1.2) one:1.5)", 1, "(deep (red:1.3) one:1.5)"),
        ("|(:) (big:1.3)", 1, "(:) (big:1.3)"),
        ("|(big:1.3", 1, "(big:1.3"),
        ("red,| blue", 1, "red, blue"),
        ("|(big) b", 1, "(big:1.2) b"),
        ("(big|) b", -1, "big b"),
        ("(bi|g) b", -1, "big b"),
        ("|((big)) b", 1, "(big:1.3) b"),
        ("(|(big)) b", -1, "(big:1.1) b"),
        ("[big|] b", 1, "big b"),
        ("|[big] b", -1, "(big:0.8) b"),
        ("[[b|ig]]", -1, "(big:0.7)"),
        ("(big re|d)", 1, "(big red:1.2)"),
        ("((big:1.2|))", 1, "((big:1.3))"),
        ("(red:-0|.7)", 1, "(red:-0.6)"),
        (r"\(re|d\)", 1, r"\((red:1.1)\)"),
        (r"|\(red\)", 1, r"\(red\)"),
        ("[ca|t:dog:0.5]", 1, "[(cat:1.1):dog:0.5]"),
        ("[cat:dog:0|.5]", 1, "[cat:dog:0.5]"),
        ("|[cat:dog:0.5]", 1, "[cat:dog:0.5]"),
        ("[cat|]", 1, "(cat:1)"[1:4]),
        ("[(ca|t:1.1):dog:5]", -1, "[cat:dog:5]"),
        ("a AN|D b", 1, "a AND b"),
        ("a AND b :0|.5", 1, "a AND b :0.5"),
        ("a BREAK| b", 1, "a BREAK b"),
        ("<lora:fi|lm:0.8> x", 1, "<lora:film:0.9> x"),
        ("|<lora:film> x", 1, "<lora:film:1.1> x"),
        ("<lora:film>| x", -1, "<lora:film:0.9> x"),
        ("<lora:film:0.9|>", 1, "<lora:film:1>"),
        ("<lora:film:0.|1>", -1, "<lora:film:0>"),
        ("<lora:film:|0>", -1, "<lora:film:-0.1>"),
        ("<lora:film:te=0.5:unet=0|.6>", 1, "<lora:film:te=0.6:unet=0.6>"),
        ("<lora:film:unet=0.6|>", 1, "<lora:film:1.1:unet=0.6>"),
        ("<hypernet:in|k:0.5>", 1, "<hypernet:ink:0.6>"),
        ("<lora:film:m|uch>", 1, "<lora:film:much>"),
        ("<other:fil|m:1>", 1, "<other:film:1>"),
        ("<|lora:film|:1>", 1, "<lora:film:1.1>"),
        ("a |(red:1.2)| b", 1, "a (red:1.3) b"),
        ("(big |red| one:1.2)", 1, "(big (red:1.1) one:1.2)"),
        ("a |(red:1.2) b| c", 1, "a ((red:1.2) b:1.1) c"),
        ("a (r|ed:1.2) b| c", 1, "a ((red:1.2) b:1.1) c"),
        ("__ani|mal__ x", 1, "(__animal__:1.1) x"),
        ("{ca|t,dog}", 1, "{(cat:1.1),dog}"),
        ("{2$$ca|t,dog}", 1, "{2$$(cat:1.1),dog}"),
        ("{|2$$cat}", 1, "{2$$cat}"),
        ("# no|te\nx", 1, "# note\nx"),
        ("猫|と犬、鳥", 1, "(猫と犬:1.1)、鳥"),
        ("👩‍🎨| e\u0301t", 1, "👩‍🎨 e\u0301t"),
        ("👩‍🎨 e\u0301|t", 1, "👩‍🎨 (e\u0301t:1.1)"),
        ("a\nre|d\nb", 1, "a\n(red:1.1)\nb"),
        ("|", 1, ""),
        (" | ", 1, "  "),
    ],
)
def test_weight_of_word_or_selection_changes_by_a_tenth(before: str, steps: int, after: str) -> None:
    assert changed(before, steps) == after


def test_ten_times_up_and_down_gives_the_word_back() -> None:
    text, start, end = "a red circle", 2, 5
    for steps in [1] * 10 + [-1] * 10:
        change = change_weight(text, start, end, steps)
        assert change is not None
        text = text[: change.start] + change.text + text[change.end :]
        start, end = change.select_start, change.select_end
    assert (text, text[start:end]) == ("a red circle", "red")


@given(st.text(alphabet="ab(): ,.\\[]1\n", max_size=40), st.data(), st.sampled_from([1, -1]))
def test_never_raises_and_keeps_what_is_around(text: str, data: st.DataObject, steps: int) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    change = change_weight(text, start, end, steps)
    if change is not None:
        assert 0 <= change.start <= change.end <= len(text)
        after = text[: change.start] + change.text + text[change.end :]
        assert change.start <= change.select_start <= change.select_end <= len(after)
