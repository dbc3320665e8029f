"""Chunks of 75: what fits, what moves, what is counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.prompt.chunks import chunk, count
from sdtui.prompt.emphasis import runs
from sdtui.prompt.timeline import Run


class Letters:
    """One token a letter, so that a text shows its chunks."""

    def ids(self, text: str) -> list[int]:
        return [ord(letter) for letter in text]


def chunks_of(text: str, comma_backtrack: int = 20) -> list[str]:
    return ["".join(map(chr, each.ids)) for each in chunk(runs(text), Letters(), comma_backtrack)]


CHUNKS: list[tuple[str, int, list[str]]] = [
    ("", 20, [""]),
    ("cat", 20, ["cat"]),
    ("a" * 75, 20, ["a" * 75]),
    ("a" * 76, 20, ["a" * 75, "a"]),
    ("a" * 150, 20, ["a" * 75, "a" * 75]),
    # the last comma is at most 20 back: all after it moves
    ("a" * 60 + "," + "b" * 14 + "c", 20, ["a" * 60 + ",", "b" * 14 + "c"]),
    ("a" * 55 + "," + "b" * 19 + "c", 20, ["a" * 55 + ",", "b" * 19 + "c"]),
    ("a" * 54 + "," + "b" * 20 + "c", 20, ["a" * 54 + "," + "b" * 20, "c"]),
    ("a" * 74 + ",b", 20, ["a" * 74 + ",", "b"]),
    # the last of several commas
    ("a" * 60 + ",b,b" + "c" * 12, 20, ["a" * 60 + ",b,", "b" + "c" * 12]),
    # the next token is a comma, so nothing moves
    ("a" * 60 + "," + "b" * 14 + ",c", 20, ["a" * 60 + "," + "b" * 14, ",c"]),
    # a full chunk with nothing behind it stays
    ("a" * 60 + "," + "b" * 14, 20, ["a" * 60 + "," + "b" * 14]),
    # the option
    ("a" * 60 + "," + "b" * 15, 0, ["a" * 60 + "," + "b" * 14, "b"]),
    ("a" * 10 + "," + "b" * 65, 74, ["a" * 10 + ",", "b" * 65]),
    ("," + "b" * 75, 74, ["," + "b" * 74, "b"]),
    ("a," + "b" * 74, 74, ["a,", "b" * 74]),
    # a comma of an earlier chunk does not count
    ("a" * 70 + "," + "b" * 4 + "c" * 75, 20, ["a" * 70 + ",", "b" * 4 + "c" * 71, "cccc"]),
    # breaks
    ("a BREAK b", 20, ["a", "b"]),
    ("a BREAK", 20, ["a"]),
    ("BREAK a", 20, ["", "a"]),
    ("a BREAK BREAK b", 20, ["a", "", "b"]),
    ("BREAK", 20, [""]),
    ("a," + "b" * 73 + " BREAK c", 20, ["a," + "b" * 73, "c"]),
    ("a" * 70 + ", BREAK " + "b" * 10, 20, ["a" * 70 + ",", "b" * 10]),
]


@pytest.mark.parametrize(("text", "backtrack", "expected"), CHUNKS)
def test_chunks(text: str, backtrack: int, expected: list[str]) -> None:
    assert chunks_of(text, backtrack) == expected


COUNTS: list[tuple[str, tuple[int, int]]] = [
    ("", (0, 75)),
    ("cat", (3, 75)),
    ("a" * 75, (75, 75)),
    ("a" * 76, (76, 150)),
    ("a BREAK b", (76, 150)),
    ("a BREAK", (75, 75)),
    ("BREAK BREAK", (150, 150)),
    ("a" * 60 + "," + "b" * 15, (75 + 15, 150)),
]


@pytest.mark.parametrize(("text", "expected"), COUNTS)
def test_counter(text: str, expected: tuple[int, int]) -> None:
    assert count(runs(text), Letters()) == expected


def test_weights_stay_with_their_tokens() -> None:
    (first, second) = chunk(runs("a" * 60 + ",(" + "b" * 20 + ":1.3)"), Letters())
    assert set(zip(map(chr, first.ids), first.weights, strict=True)) == {("a", 1.0), (",", 1.0)}
    assert set(zip(map(chr, second.ids), second.weights, strict=True)) == {("b", 1.3)}


@given(
    st.lists(st.builds(Run, st.text(",ab", max_size=60), st.sampled_from([1.0, 1.1]), st.booleans())),
    st.integers(0, 74),
)
def test_no_token_is_lost_and_no_chunk_too_long(given_runs: list[Run], backtrack: int) -> None:
    chunks = chunk(given_runs, Letters(), backtrack)
    assert all(len(each.ids) == len(each.weights) <= 75 for each in chunks)
    tokens = [(ord(letter), run.weight) for run in given_runs if not run.is_break for letter in run.text]
    assert [pair for each in chunks for pair in zip(each.ids, each.weights, strict=True)] == tokens
    used, limit = count(given_runs, Letters(), backtrack)
    assert used <= limit
    assert limit == 75 * len(chunks)
