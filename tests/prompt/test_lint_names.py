"""What the linter says about names it is told of: families, aliases, embeddings, chunk borders; and what tags ask for."""

from __future__ import annotations

import pytest

from sdtui.prompt.adapters import Hypernetwork, Lora, hypernetworks, loras
from sdtui.prompt.embeddings import ListedEmbeddings
from sdtui.prompt.fixes import apply
from sdtui.prompt.lint import MAX_BYTES, lint
from sdtui.prompt.names import Known, ListedNames, fits
from sdtui.prompt.parser import parse

NAMES = ListedNames(
    {
        "lora": {
            "detail": Known("detail", "sd1"),
            "more detail": Known("detail", "sd1"),
            "big": Known("big", "sdxl"),
            "riddle": Known("riddle", "unknown"),
        },
        "hypernetwork": {"anime": Known("anime", "sd2")},
        "embedding": {"easy": Known("easy", "sd1", 3), "wide": Known("wide", "sdxl", 2), "long": Known("long", "", 90)},
    }
)
EMBEDDINGS = ListedEmbeddings({"easy": 3, "wide": 2, "long": 90})


def said(text: str, family: str = "sd1") -> list[tuple[str, str, str]]:
    found = lint(parse(text), NAMES, family=family, embeddings=EMBEDDINGS)
    return [(each.severity, text[each.start : each.end], each.message) for each in found]


@pytest.mark.parametrize(
    ("text", "family", "expected"),
    [
        ("<lora:detail>", "sd1", []),
        ("<lora:detail>", "sd1-inpaint", []),
        ("<lora:riddle>", "sd1", []),
        ("<lora:big>", "", []),
        ("<lora:big>", "unknown", []),
        (
            "a <lora:big:0.5>",
            "sd1",
            [
                (
                    "warning",
                    "<lora:big:0.5>",
                    'The LoRA "big" is made for SDXL, the checkpoint is SD1: it cannot work as meant.',
                )
            ],
        ),
        (
            "<hypernet:anime>",
            "sdxl",
            [
                (
                    "warning",
                    "<hypernet:anime>",
                    'The hypernetwork "anime" is made for SD2, the checkpoint is SDXL: it cannot work as meant.',
                )
            ],
        ),
        ("(Wide:1.2)", "sd1", [("warning", "Wide", 'The embedding "wide" is made for SDXL, the checkpoint is SD1.')]),
        ("easy", "sd1", []),
    ],
)
def test_a_model_of_another_family_is_told(text: str, family: str, expected: list[tuple[str, str, str]]) -> None:
    assert said(text, family) == expected


@pytest.mark.parametrize(
    ("mine", "its", "expected"),
    [
        ("sd1", "sd1", True),
        ("sd1", "sd1-inpaint", True),
        ("sdxl", "sdxl-refiner", True),
        ("sd", "sdxl", True),
        ("any", "flux", True),
        ("sd1", "sd2", False),
        ("sd1", "sdxl", False),
        ("sd", "flux", False),
    ],
)
def test_which_families_go_together(mine: str, its: str, expected: bool) -> None:
    assert fits(mine, its) is expected


def test_a_lora_that_is_named_again_by_its_alias_is_the_same() -> None:
    (found,) = said("<lora:detail:0.5> <lora:more detail:1:0.25>")
    assert found[2] == 'The LoRA "more detail" is named before as "detail": the weights add up to te 1.5, unet 0.75.'
    assert loras(parse("<lora:detail:0.5> <lora:more detail:1:0.25>"), names=NAMES) == (Lora("detail", 1.5, 0.75),)


LORAS: list[tuple[str, tuple[Lora, ...]]] = [
    ("a cat", ()),
    ("<lora:x>", (Lora("x", 1, 1),)),
    ("<lora:x:0.5>", (Lora("x", 0.5, 0.5),)),
    ("<lora:x:0.5:0.8>", (Lora("x", 0.5, 0.8),)),
    ("<lora:x:0.5:0.8:16>", (Lora("x", 0.5, 0.8, 16),)),
    ("<lora:x:te=0.5>", (Lora("x", 0.5, 0.5),)),
    ("<lora:x:unet=0.5>", (Lora("x", 1, 0.5),)),
    ("<lora:x:0.2:te=0.5:dyn=4>", (Lora("x", 0.5, 0.5, 4),)),
    ("<lora:x:0.2:0.3:unet=0.9>", (Lora("x", 0.2, 0.9),)),
    ("<lora:x:-1>", (Lora("x", -1, -1),)),
    ("<lora:x:99>", (Lora("x", 10, 10),)),
    ("<lora:x:8><lora:x:-1:7>", (Lora("x", 7, 10),)),
    # position and weights around it mean nothing; twice adds up
    ("(<lora:x:0.5>:1.3) b", (Lora("x", 0.5, 0.5),)),
    ("<lora:x:0.5><lora:y><lora:x:0.8::>", (Lora("x", 0.5, 0.5), Lora("y", 1, 1))),
    ("<lora:x:0.5><lora:y><lora:x:0.8:1:8>", (Lora("x", 1.3, 1.5, 8), Lora("y", 1, 1))),
    # what is no number asks for nothing; the linter calls it an error
    ("<lora:x:high>", ()),
    ("<lora:x:nan>", ()),
    ("<lora:x:1:1:0>", ()),
    ("<lora::1>", ()),
    ("<hypernet:x>", ()),
]


@pytest.mark.parametrize(("text", "expected"), LORAS)
def test_which_loras_a_prompt_asks_for(text: str, expected: tuple[Lora, ...]) -> None:
    assert loras(parse(text)) == expected
    skipped = sum(tag.kind == "lora" for tag in parse(text).tags) != len(expected)
    errors = [each for each in lint(parse(text)) if each.severity == "error" or "add up" in each.message]
    assert bool(errors) is (skipped and "hypernet" not in text)


def test_which_hypernetworks_a_prompt_asks_for() -> None:
    prompt = parse("<hypernet:x> <hypernet:y:0.5> <hypernet:y:0.25> <hypernet:z:no> <lora:x>")
    assert hypernetworks(prompt) == (Hypernetwork("x", 1), Hypernetwork("y", 0.75))


@pytest.mark.parametrize(
    ("text", "severity", "words", "fixed"),
    [
        ("embedding:easy", "warning", "the name alone is enough", "easy"),
        ("(embedding:eesy:1.2)", "error", 'Did you mean "easy"?', "(easy:1.2)"),
        ("embedding:xyzzy", "error", 'no embedding named "xyzzy".', None),
        ("long", "warning", "only the first 75", None),
    ],
)
def test_embeddings(text: str, severity: str, words: str, fixed: str | None) -> None:
    (found,) = [each for each in lint(parse(text), NAMES, embeddings=EMBEDDINGS) if words in each.message]
    assert found.severity == severity
    assert (apply(text, found.fix) if found.fix else None) == fixed


SPELLED = ListedEmbeddings({"EasyNegative": 8, "bad-hands-5": 2, "painting": 1, "cat": 1})


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("a, easynegatve, b", "a, EasyNegative, b"),
        ("(esynegative:1.2)", "(EasyNegative:1.2)"),
        ("bad-hand-5", "bad-hands-5"),
        # as it should be, or nothing like it
        ("easynegative, bad-hands-5", None),
        ("a positive picture of bad hands", None),
        # still being typed, or another form of the word
        ("easynegat", None),
        ("paintings", None),
        ("cta", None),
        # a tag's name is no word, and ComfyUI's spelling has a sentence of its own
        ("<lora:easynegatve:1>", None),
        ("embedding:easynegatve", None),
    ],
)
def test_a_word_that_is_nearly_an_embedding(text: str, fixed: str | None) -> None:
    found = [each for each in lint(parse(text), embeddings=SPELLED) if "Did you mean the embedding" in each.message]
    assert [apply(text, each.fix) for each in found if each.fix] == ([fixed] if fixed else [])


def test_a_chunk_border_that_nobody_wrote_is_told_where_it_lies() -> None:
    text = "a, b BREAK c, d AND e, f"
    places = tuple(text.index(letter) for letter in "cdf")
    found = lint(parse(text), borders=places)
    assert [(each.severity, text[each.start : each.end], each.message.partition(":")[0]) for each in found] == [
        ("hint", "d", "Chunk 3 begins here"),
        ("hint", "f", "Chunk 2 begins here"),
    ]


def test_a_prompt_of_more_than_256_kb_is_an_error() -> None:
    assert lint(parse("a" * MAX_BYTES)) == ()
    (found,) = lint(parse("é" * (MAX_BYTES // 2 + 1)))
    assert (found.severity, found.message) == ("error", "This prompt has 256 kB; 256 kB are the most.")
