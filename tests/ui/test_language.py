"""What the editors are told of the world around their texts."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import msgspec

from sdtui.prompt.calling import CalledNames, listed_embeddings
from sdtui.prompt.tokens import ClipTokenizer
from sdtui.ui.writing.judging import Judging
from sdtui.ui.writing.reading import Reading, Surroundings
from sdtui.ui.writing.understanding import Judged, judge
from tests.ui.test_editor import LORA, WORD


def test_models_are_known_by_their_bare_names_too() -> None:
    nested = msgspec.structs.replace(LORA, name="styles/detail")
    names = CalledNames((nested, WORD))
    assert names.find("lora", "detail") is not None
    assert names.find("lora", "styles/detail") is not None
    assert names.find("lora", "easynegative") is None
    assert [each.name for each in listed_embeddings((nested, WORD)).find("an EasyNegative")] == ["easynegative"]


def test_a_model_that_cannot_be_used_is_not_known() -> None:
    broken = msgspec.structs.replace(LORA, problem="Its file is cut short.")
    assert CalledNames((broken,)).find("lora", "detail") is None


def test_an_unknown_wildcard_is_an_error_once_wildcards_are_known() -> None:
    tokenizer = ClipTokenizer()
    assert judge("__animl__", Reading(), Surroundings(), tokenizer).diagnostics == ()
    (found,) = judge("__animl__", Reading(), Surroundings(wildcards=("animal",)), tokenizer).diagnostics
    assert found.severity == "error"
    assert found.fix is not None


async def test_only_the_newest_text_is_judged() -> None:
    found: list[Judged] = []
    done = asyncio.Event()

    def take(judged: Judged) -> None:
        found.append(judged)
        if judged.text == "newest":
            done.set()

    judging = Judging(ClipTokenizer(), take)
    work: Coroutine[None, None, None] = judging.work()
    task = asyncio.create_task(work)
    for text in ("old", "older", "newest"):
        judging.want(text, Reading(), Surroundings())
    async with asyncio.timeout(20):
        await done.wait()
    task.cancel()
    assert [judged.text for judged in found] == ["newest"]
