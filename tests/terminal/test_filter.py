from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.terminal.filter import clean, clean_line

CLEANED = {
    "plain": ("a cat, 日本, é", "a cat, 日本, é"),
    "escape": ("\x1b[31mred", "␛[31mred"),
    "clipboard": ("\x1b]52;c;AAAA\x07", "␛]52;c;AAAA␇"),
    "one-byte introducer": ("\x9b31m", "�31m"),
    "delete": ("a\x7fb", "a␡b"),
    "carriage return": ("safe\rEVIL", "safe␍EVIL"),
    "backspace": ("a\x08b", "a␈b"),
    "right to left": ("a\u202egnp.exe", "agnp.exe"),
    "isolates": ("\u2066a\u2069\u200f\u061c", "a"),
    "tags": ("a\U000e0041\U000e007f", "a"),
    "surrogate": ("a\udcffb", "a�b"),
    "emoji of several parts": ("👩‍🔬", "👩‍🔬"),
    "lines": ("a\n\tb", "a\n\tb"),
}


@pytest.mark.parametrize(("text", "wanted"), CLEANED.values(), ids=CLEANED)
def test_cleaning(text: str, wanted: str) -> None:
    assert clean(text) == wanted


def test_on_one_line_breaks_become_glyphs_too() -> None:
    assert clean_line("a\n\tb\u2028c\x1b") == "a␊␉b␤c␛"


@given(st.text(st.characters()))
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    for cleaned, allowed in ((clean(text), "\n\t"), (clean_line(text), "")):
        assert not [c for c in cleaned if unicodedata.category(c) in {"Cc", "Cs"} and c not in allowed]
        assert not any(
            unicodedata.bidirectional(c) in {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI"}
            for c in cleaned
        )
        cleaned.encode()
        assert clean(cleaned) == cleaned


# Of the tag characters, which the filter takes out, some are unassigned and so of no format category.
ORDINARY = st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"]).filter(
    lambda c: not 0xE0000 <= ord(c) <= 0xE007F
)


@given(st.text(ORDINARY))
def test_ordinary_text_stays_the_very_same(text: str) -> None:
    assert clean(text) == clean_line(text) == text
