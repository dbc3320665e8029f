"""Embeddings as words: where they are found, and how they stand in chunks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdtui.prompt.borders import borders
from sdtui.prompt.chunks import Spliced, chunk, count
from sdtui.prompt.embeddings import ListedEmbeddings, mentions
from sdtui.prompt.emphasis import runs
from sdtui.prompt.parser import parse, plain
from tests.prompt.test_borders import Letters
from tests.prompt.wild import WILD, kinds_of_parse

KNOWN = ListedEmbeddings(
    {"easy": 3, "bad-hands": 2, "bad-hands-5": 4, "Ünder_score": 1, "two words": 2, "tricky.(x)": 2}
)

FOUND: list[tuple[str, list[str]]] = [
    ("easy", ["easy"]),
    ("an EASY one, Easy", ["EASY", "Easy"]),
    ("easyx xeasy easy_ 1easy easy2", []),
    ("easy, (easy:1.2), [easy], easy.", ["easy"] * 4),
    # the longest name counts
    ("bad-hands-5 bad-hands", ["bad-hands-5", "bad-hands"]),
    ("bad-hands-50", ["bad-hands"]),
    ("very-bad-hands", ["bad-hands"]),
    ("ünder_score", ["ünder_score"]),
    ("two  words", ["two  words"]),
    # in every branch
    ("[easy:b:3] [c|easy]", ["easy", "easy"]),
    # as it is written: with its backslashes, and around a tag
    (r"tricky.\(x\)", [r"tricky.\(x\)"]),
    ("bad<lora:x>-hands", ["bad<lora:x>-hands"]),
    ("(bad)-hands", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_what_names_an_embedding(text: str, expected: list[str]) -> None:
    assert [text[each.start : each.end] for each in mentions(parse(text), KNOWN)] == expected


def test_brackets_that_are_text_belong_to_the_name() -> None:
    assert [each.name for each in mentions(plain("a tricky.(x)"), KNOWN)] == ["tricky.(x)"]


def test_no_names_no_mentions() -> None:
    assert mentions(parse("easy"), ListedEmbeddings({})) == ()


CHUNKS: list[tuple[str, list[tuple[int, list[Spliced]]]]] = [
    # the prompt; of each chunk how many tokens, and the embeddings in it
    ("easy", [(3, [Spliced(0, "easy", 3)])]),
    ("ab easy cd", [(7, [Spliced(2, "easy", 3)])]),
    ("easy easy", [(6, [Spliced(0, "easy", 3), Spliced(3, "easy", 3)])]),
    # never split
    ("a" * 72 + " easy", [(75, [Spliced(72, "easy", 3)])]),
    ("a" * 73 + " easy b", [(73, []), (4, [Spliced(0, "easy", 3)])]),
    # what follows the last comma moves, embeddings too
    ("a" * 60 + "," + "b" * 11 + " easy c", [(61, []), (15, [Spliced(11, "easy", 3)])]),
    ("a" * 57 + " easy," + "b" * 14 + "c", [(61, [Spliced(57, "easy", 3)]), (15, [])]),
    ("a" * 60 + "," + "b" * 14 + " easy", [(61, []), (17, [Spliced(14, "easy", 3)])]),
]


@pytest.mark.parametrize(("text", "expected"), CHUNKS)
def test_embeddings_in_chunks(text: str, expected: list[tuple[int, list[Spliced]]]) -> None:
    chunks = chunk(runs(text), Letters(), 20, KNOWN)
    assert [(len(each.ids), list(each.spliced)) for each in chunks] == expected


def test_an_embedding_counts_with_its_vectors_and_weighs_with_its_run() -> None:
    assert count(runs("easy b"), Letters(), embeddings=KNOWN).used == 4
    (only,) = chunk(runs("(easy:1.3) b"), Letters(), embeddings=KNOWN)
    assert only.weights == (1.3, 1.3, 1.3, 1.0)


def test_of_more_vectors_than_a_chunk_holds_the_first_75_count() -> None:
    huge = ListedEmbeddings({"huge": 200})
    chunks = chunk(runs("a huge b"), Letters(), embeddings=huge)
    assert [(len(each.ids), each.spliced) for each in chunks] == [(1, ()), (75, (Spliced(0, "huge", 75),)), (1, ())]


def test_a_border_stands_before_the_name_of_an_embedding_that_moves() -> None:
    text = "a" * 73 + " easy b"
    assert borders(parse(text), Letters(), embeddings=KNOWN) == (74,)
    assert borders(parse("easy " * 26), Letters(), embeddings=KNOWN) == (125,)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(["easy", "bad-hands-5", ", ", "a" * 20, " BREAK ", "(", ":1.2)"]), max_size=30),
    st.integers(0, 74),
)
def test_no_embedding_is_split_or_lost(pieces: list[str], backtrack: int) -> None:
    read = runs("".join(pieces))
    chunks = chunk(read, Letters(), backtrack, KNOWN)
    named = [each.name for run in read for each in KNOWN.find(run.text)]
    assert [each.name for piece in chunks for each in piece.spliced] == named
    for piece in chunks:
        assert len(piece.ids) == len(piece.weights) <= 75
        covered = [place for each in piece.spliced for place in range(each.offset, each.offset + each.vectors)]
        assert covered == [place for place, token in enumerate(piece.ids) if token == 0]


@settings(max_examples=200, deadline=None)
@given(WILD.map(lambda text: text.replace("Z", " easy ")))
def test_mentions_lie_in_the_text_and_say_the_name(text: str) -> None:
    for prompt in kinds_of_parse(text):
        for found in mentions(prompt, KNOWN):
            assert "".join(mark for mark in prompt.raw(found.start, found.end) if mark != "\\").casefold() == found.name
