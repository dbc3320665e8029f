"""Where chunks begin in the text that the user sees."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from sdtui.prompt.borders import borders
from sdtui.prompt.chunks import chunk
from sdtui.prompt.parser import parse, plain
from sdtui.prompt.timeline import timeline
from sdtui.prompt.tokens import Token
from tests.prompt.wild import WILD, kinds_of_parse


class Letters:
    """One token a letter but for spaces, so that places can be counted by eye."""

    def ids(self, text: str) -> list[int]:
        return [token.id for token in self.tokens(text)]

    def tokens(self, text: str) -> list[Token]:
        return [Token(ord(letter), place, place + 1) for place, letter in enumerate(text) if letter != " "]


BORDERS: list[tuple[str, list[str]]] = [
    # the prompt, and what follows each border
    ("", []),
    ("a" * 75, []),
    ("a" * 75 + "b", ["b"]),
    ("a" * 75 + "  b", ["b"]),
    ("a" * 75 + "b" * 75 + "c", ["b" * 75 + "c", "c"]),
    ("a" * 60 + "," + "b" * 15, ["b" * 15]),
    ("a BREAK b", ["b"]),
    ("a BREAK BREAK b", ["b"]),
    ("BREAK b", []),
    ("a BREAK", []),
    # marks, escapes and tags are no tokens
    ("(" + "a" * 75 + ":1.2)b", ["b"]),
    (r"\(" + "a" * 74 + r"\)b", [")b"]),
    ("<lora:x>" + "a" * 75 + "<lora:y>b", ["b"]),
    ("a" * 74 + "c<lora:y>(b)", ["b)"]),
    # the text of the first step
    ("[" + "a" * 80 + ":b:1]c", ["a" * 5 + ":b:1]c"]),
    ("[" + "a" * 80 + ":b:0]" + "c" * 75, ["c"]),
    # each clause begins anew
    ("a" * 50 + " AND " + "b" * 50, []),
    ("a" * 76 + " AND " + "b" * 76, ["a AND " + "b" * 76, "b"]),
]


@pytest.mark.parametrize(("text", "expected"), BORDERS)
def test_what_follows_each_border(text: str, expected: list[str]) -> None:
    assert [text[place:] for place in borders(parse(text), Letters())] == expected


def test_brackets_that_are_text_are_tokens() -> None:
    text = "(" * 75 + "a"
    assert borders(plain(text), Letters()) == (75,)


def test_the_comma_backtrack_can_be_off() -> None:
    text = "a" * 60 + "," + "b" * 15
    assert borders(parse(text), Letters(), comma_backtrack=0) == (75,)


@settings(max_examples=200, deadline=None)
@given(WILD)
def test_there_is_a_border_for_every_chunk_that_has_tokens(text: str) -> None:
    for prompt in kinds_of_parse(text):
        places = borders(prompt, Letters(), comma_backtrack=20)
        assert list(places) == sorted(set(places))
        begun = []
        for part in timeline(prompt, 1):
            chunks = [each for each in chunk(part.schedule[0].runs, Letters()) if each.ids]
            begun += [chr(each.ids[0]) for each in chunks[1:]]
        assert [text[place] for place in places] == begun
