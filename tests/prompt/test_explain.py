"""A prompt explained: every field of the answer."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdtui.prompt.embeddings import ListedEmbeddings
from sdtui.prompt.explain import Explained, Explainer
from sdtui.prompt.names import Known, ListedNames
from tests.prompt.test_borders import Letters
from tests.prompt.wild import WILD

EXPLAINER = Explainer(Letters())


def explained(text: str, steps: int = 4, **more: object) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(EXPLAINER.explain(text, steps, **more))  # type: ignore[arg-type]
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def test_everything_about_a_prompt() -> None:
    assert explained("a (cat:1.5) <lora:x:0.5:unet=1>[b::0.5]") == {
        "text": "a (cat:1.5) [b::0.5]",
        "steps": 4,
        "hires_steps": 0,
        "tags": [{"kind": "lora", "positional": ["x", "0.5"], "named": {"unet": "1"}}],
        "parts": [
            {
                "weight": 1.0,
                "schedule": [
                    {
                        "until": 2,
                        "text": "a (cat:1.5) b",
                        "emphasis": [["a ", 1.0], ["cat", 1.5], [" b", 1.0]],
                        "tokens": 5,
                        "chunks": 1,
                    },
                    {
                        "until": 4,
                        "text": "a (cat:1.5) ",
                        "emphasis": [["a ", 1.0], ["cat", 1.5], [" ", 1.0]],
                        "tokens": 4,
                        "chunks": 1,
                    },
                ],
                "hires_schedule": [],
            }
        ],
        "tokens": 5,
        "limit": 75,
        "chunks": 1,
        "borders": [],
        "diagnostics": [],
    }


def test_the_second_pass_has_a_schedule_of_its_own() -> None:
    (part,) = EXPLAINER.explain("[a:b:1.5]", 4, hires_steps=2).parts
    assert [(held.until, held.text) for held in part.schedule] == [(4, "a")]
    assert [(held.until, held.text) for held in part.hires_schedule] == [(1, "a"), (2, "b")]


def test_old_timelines() -> None:
    (part,) = EXPLAINER.explain("[a:b:1.0]", 4, old_timelines=True).parts
    assert [(held.until, held.text) for held in part.schedule] == [(1, "a"), (4, "b")]


def test_parts_have_their_weights_and_a_negative_prompt_is_one_part() -> None:
    assert [part.weight for part in EXPLAINER.explain("a AND b :0.5", 4).parts] == [1.0, 0.5]
    assert len(EXPLAINER.explain("a AND b :0.5", 4, negative=True).parts) == 1


def test_break_is_written_as_a1111_writes_it() -> None:
    (part,) = EXPLAINER.explain("(a BREAK b:1.5)", 4).parts
    assert part.schedule[0].emphasis == (("a", 1.5), ("BREAK", -1.0), ("b", 1.5))
    assert part.schedule[0].chunks == 2


def test_the_counter_is_that_of_the_longest_text() -> None:
    found = EXPLAINER.explain("[a:" + "b" * 80 + ":2] AND c", 4)
    assert (found.tokens, found.limit, found.chunks) == (80, 150, 2)
    assert found.borders == ()
    assert EXPLAINER.explain("b" * 80, 4).borders == (75,)


def test_diagnostics_know_what_the_explainer_knows() -> None:
    names = ListedNames({"lora": {"x": Known("x", "sdxl")}})
    explainer = Explainer(Letters(), names=names, family="sd1", embeddings=ListedEmbeddings({"easy": 80}))
    found = explainer.explain("<lora:x> <lora:y> easy [a:b:9] " + "c" * 76, 4)
    said = [each.message for each in found.diagnostics]
    for words in ("made for SDXL", 'no LoRA named "y"', "first 75 fit", "never shows", "Chunk 3 begins"):
        assert any(words in each for each in said), (words, said)


@settings(max_examples=150, deadline=None)
@given(WILD, st.integers(1, 9), st.integers(0, 3), st.booleans(), st.booleans())
def test_any_prompt_is_explained(text: str, steps: int, hires: int, old: bool, negative: bool) -> None:
    found = EXPLAINER.explain(text, steps, hires_steps=hires, old_timelines=old, negative=negative)
    assert msgspec.convert(msgspec.to_builtins(found), Explained) == found
    for part in found.parts:
        assert part.schedule[-1].until == steps
        assert bool(part.hires_schedule) is (hires > 0)
    assert 0 <= found.tokens <= found.limit == 75 * found.chunks


@pytest.mark.parametrize("text", ["", " ", "\ud800", "\x00\x1b[2J", "a\nb\r\nc\u2028"])
def test_odd_characters_are_explained(text: str) -> None:
    assert EXPLAINER.explain(text, 4).text == text
