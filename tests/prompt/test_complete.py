"""What is offered at ‸, and what the text is after the first of it was taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.prompt.catalogue import Catalogue, Entry, Habits, Sources
from sdtui.prompt.complete import complete
from sdtui.prompt.matching import Matcher

TAGS = [
    Entry("long_hair", "4M", sort="tag"),
    Entry("long_sleeves", "1M", sort="tag"),
    Entry("saber_(fate)", "character", sort="tag"),
    Entry("^_^", "", sort="tag"),
]
WORDS = [
    Entry("circle", "shape"),
    Entry("night sky", "backdrop"),
    Entry("on the left", "place"),
    Entry("red", "colour"),
]


def tags(query: str) -> list[Entry]:
    return Catalogue([*WORDS, *TAGS]).find(query, 20, scattered=False)


SOURCES = Sources(
    loras=Catalogue(
        [
            Entry("film-grain", "sd1", ("kodak_v2",), 0.7, "film grain, kodak", "lora"),
            Entry("FilmNoir", "", sort="lora"),
            Entry("pixel", "", sort="lora"),
        ]
    ),
    hypernetworks=Catalogue([Entry("gothic", "", sort="hypernetwork")]),
    embeddings=Catalogue([Entry("EasyNegative", "", sort="embedding")]),
    wildcards=Catalogue([Entry("colours", "9 values"), Entry("places/night", "3 values"), Entry("shapes", "6 values")]),
    tags=tags,
)

TAKEN = [
    # kinds of tags
    ("a <‸", "a <lora:‸"),
    ("a <hy‸", "a <hypernet:‸"),
    ("a <L‸", "a <lora:‸"),
    ("a < b‸", None),
    ("<foo:b‸", None),
    # names
    ("<lora:pi‸", "<lora:pixel:1>‸"),
    ("<lora:fi‸", "<lora:film-grain:0.7> film grain, kodak‸"),
    ("<lora:noir‸", "<lora:FilmNoir:1>‸"),
    ("<lora:fno‸", "<lora:FilmNoir:1>‸"),
    ("<lora:grain‸", "<lora:film-grain:0.7> film grain, kodak‸"),
    ("<lora:KODAK‸", "<lora:film-grain:0.7> film grain, kodak‸"),
    ("<lora:pi‸:0.5>, b", "<lora:pixel‸:0.5>, b"),
    ("<lora:pi‸x:0.5>", "<lora:pixel‸:0.5>"),
    ("<lora:pi‸>", "<lora:pixel‸>"),
    ("<hypernet:g‸", "<hypernet:gothic:1>‸"),
    ("<lora:‸", "<lora:film-grain:0.7> film grain, kodak‸"),
    ("<lora:zzz‸", None),
    # arguments
    ("<lora:film-grain:‸", "<lora:film-grain:0.7>‸"),
    ("<lora:pixel:‸", "<lora:pixel:1>‸"),
    ("<lora:pixel:u‸", "<lora:pixel:unet=‸"),
    ("<lora:film-grain:1:te=‸", "<lora:film-grain:1:te=0.7>‸"),
    ("<lora:pixel:0‸>", "<lora:pixel:0.8‸>"),
    # wildcards
    ("a __‸", "a __colours__‸"),
    ("a __sh‸ cat", "a __shapes__‸ cat"),
    ("a __night‸", "a __places/night__‸"),
    ("__colours__ and __pl‸", "__colours__ and __places/night__‸"),
    ("__colours__‸", None),
    ("a __sh‸ap__ b", "a __shapes__‸ b"),
    ("a __col, __sh‸", "a __col, __shapes__‸"),
    ("__~co‸", "__~colours__‸"),
    ("a __col‸apes__ b", "a __colours__‸ b"),
    # words and embeddings
    ("a ci‸", "a circle‸"),
    ("a c‸", None),
    ("a circle‸", None),
    ("a ci‸rc", None),
    ("a night s‸", "a night sky‸"),
    ("circle on the le‸", "circle on the left‸"),
    ("eas‸", "EasyNegative‸"),
    # tags
    ("1girl, long h‸", "1girl, long hair, ‸"),
    ("long‸", "long hair, ‸"),
    ("(long‸", "(long hair‸"),
    ("(long‸:1.2)", "(long hair‸:1.2)"),
    ("long‸, red", "long hair‸, red"),
    ("sab‸", r"saber \(fate\), ‸"),
    (r"saber \(fa‸", r"saber \(fate\), ‸"),
]


def split(marked: str) -> tuple[str, int]:
    return marked.replace("‸", ""), marked.index("‸")


@pytest.mark.parametrize(("typed", "wanted"), TAKEN)
def test_the_first_item_makes_of_a_text(typed: str, wanted: str | None) -> None:
    text, offset = split(typed)
    found = complete(text, offset, SOURCES)
    if wanted is None:
        assert found.items == ()
        return
    insert = found.items[0].insert
    after = text[: found.start] + insert + text[found.end :]
    assert (after, found.start + len(insert)) == split(wanted)


def test_what_is_asked_for_needs_no_letters() -> None:
    assert complete("a c", 3, SOURCES).items == ()
    assert [item.label for item in complete("a c", 3, SOURCES, asked=True).items] == ["circle"]
    assert "EasyNegative" in [item.label for item in complete("", 0, SOURCES, asked=True).items]


def test_underscores_and_commas_are_a_matter_of_habit() -> None:
    sources = SOURCES._replace(habits=Habits(spaces=False, comma=False))
    assert complete("long h", 6, sources).items[0].insert == "long_hair"


def test_what_is_grey_is_what_an_item_adds() -> None:
    found = complete("a ci", 4, SOURCES)
    assert found.rest("a ci", 4) == "rcle"
    found = complete("<lora:grain", 11, SOURCES)
    assert found.rest("<lora:grain", 11) == ""
    assert found.rest("<lora:grain", 11, 99) == ""


@given(
    st.lists(
        st.sampled_from(["<", "lora:", ":", ">", "__", "fi", "long", " ", ", ", "(", "\\", "é", "\n", "ß", "=", "{"])
    ),
    st.integers(-3, 60),
    st.booleans(),
)
def test_any_item_can_be_taken_anywhere(parts: list[str], offset: int, asked: bool) -> None:
    text = "".join(parts)
    found = complete(text, offset, SOURCES, asked=asked)
    assert 0 <= found.start <= found.end <= len(text)
    for number, item in enumerate(found.items):
        assert item.insert
        assert text[found.start : found.end] != item.insert
        grey = found.rest(text, max(0, min(offset, len(text))), number)
        assert item.insert.endswith(grey)


@given(st.lists(st.text("ab_ (c\nß", max_size=8), max_size=12), st.text("ab c_ß", max_size=4))
def test_a_matcher_finds_every_name_that_fits_once(names: list[str], query: str) -> None:
    found = Matcher(names).find(query, 100)
    assert len(found) == len(set(found))
    assert all(0 <= number < len(names) for number in found)
    if query.strip():
        begins = [
            n for n, name in enumerate(names) if name.casefold().startswith(query.casefold()) and "_" not in query
        ]
        assert set(begins) <= set(found)
