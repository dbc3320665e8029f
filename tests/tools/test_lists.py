"""The lists that are made from the word table agree with it."""

from __future__ import annotations

import csv

import pytest

from tools.demo_model import lists, tokens, words


@pytest.mark.parametrize("path", lists.files(), ids=lambda path: path.name)
def test_what_lies_in_the_project_is_what_the_table_gives(path) -> None:
    assert path.read_text("utf-8") == lists.files()[path], "python -m tools.demo_model words"


def test_the_completion_names_every_wording_once() -> None:
    rows = list(csv.reader(lists.completion().splitlines()))
    named = [name for row in rows for name in (row[0], *filter(None, row[3].split(",")))]
    assert sorted(named) == sorted(set(words.vocabulary()) - set(words.SMALL_WORDS))
    assert all(len(row) == 4 and row[2].isdigit() for row in rows)


def test_no_list_holds_a_word_that_the_model_does_not_know() -> None:
    lines = [line for text in lists.wildcards().values() for line in text.splitlines() if not line.startswith("#")]
    assert len(lines) > 40
    for line in lines:
        plain = "".join(" " if letter in "(:1234567890.)" else letter for letter in line)
        assert 0 not in map(tokens.folded, tokens.token_ids(plain)), line
