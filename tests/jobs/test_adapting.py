"""Which files prompts and documents ask for, and what is refused before anything is queued."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sdtui.errors import ModelError, SdtuiError, UsageError
from sdtui.jobs.adapting import Adapting, adapt
from sdtui.jobs.plan import check, draw_prompts, plan
from sdtui.library.names import Named
from sdtui.prompt.expand.source import ListedValues
from sdtui.spec.document import Document
from sdtui.spec.model import ModelKind, ModelRecord


def record(name: str, kind: ModelKind = "lora", family: str = "sd1", **more: object) -> ModelRecord:
    path = f"/m/{kind}/{name}.safetensors"
    return ModelRecord(name=name, path=path, kind=kind, family=family, size=1, mtime_ns=2, **more)  # type: ignore[arg-type]


CHECKPOINT = record("tiny", "checkpoint")
RECORDS = (
    CHECKPOINT,
    record("detail", alias="more detail"),
    record("styles/ink"),
    record("one/same"),
    record("two/same"),
    record("gloss", family="sdxl"),
    record("cut short", problem="The file is cut off."),
    record("anime", "hypernetwork"),
    record("bad-hands", "embedding", vectors=3),
    record("xl/neg", "embedding", family="sdxl"),
    record("evil emb", "embedding", family="unknown", problem="The file runs code: it is refused."),
    record("cat/bad-hands", "embedding", problem="The file is cut off."),
    record("clear", "vae", family="sd"),
)


class Shelf:
    """The records above; the VAE is what a document names."""

    records = RECORDS

    def find(self, kind: ModelKind, name: str) -> ModelRecord:
        found = Named(RECORDS).find(kind, name)
        if found.problem:
            raise ModelError(found.problem, where=found.path)
        return found

    def find_vae(self, name: str, checkpoint: ModelRecord) -> ModelRecord | None:
        return self.find("vae", name) if name else None


def adapted(prompt: str, negative: str = "", *, checkpoint: ModelRecord = CHECKPOINT, vae: str = "") -> Adapting:
    document = Document(prompt=prompt, negative_prompt=negative, vae=vae)
    return adapt(document, "Original", [(prompt, negative)], checkpoint, Shelf())


def networks(prompt: str, negative: str = "") -> list[tuple[str, float, float, int | None]]:
    (added,) = adapted(prompt, negative).added.values()
    return [(network.file.name, network.te, network.unet, network.dyn) for network in added.networks]


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("a cat", []),
        ("a <lora:detail> cat", [("detail", 1, 1, None)]),
        ("<lora:detail:0.5>", [("detail", 0.5, 0.5, None)]),
        ("<lora:detail:0.5:0.2:8>", [("detail", 0.5, 0.2, 8)]),
        ("<lora:detail:unet=0.2:te=0.4:dyn=3>", [("detail", 0.4, 0.2, 3)]),
        ("<lyco:detail:0.5>", [("detail", 0.5, 0.5, None)]),
        ("<lora:more detail:1>", [("detail", 1, 1, None)]),
        ("<lora:DETAIL.safetensors:1>", [("detail", 1, 1, None)]),
        ("<lora:ink:1><lora:styles/ink:1>", [("styles/ink", 2, 2, None)]),
        ("<lora:detail:0.5> <lora:more detail:1:0.25>", [("detail", 1.5, 0.75, None)]),
        ("<lora:two/same:1>", [("two/same", 1, 1, None)]),
        ("<hypernet:anime:0.7>", [("anime", 0.7, 0.7, None)]),
        ("<lora:ink> <hypernet:anime> <lora:detail>", [(n, 1, 1, None) for n in ("styles/ink", "detail", "anime")]),
    ],
)
def test_tags_name_files_by_every_name_they_have(
    prompt: str, found: list[tuple[str, float, float, int | None]]
) -> None:
    assert networks(prompt) == found


def test_a_tag_in_the_negative_prompt_counts_for_the_picture() -> None:
    assert networks("<lora:detail:1>", "blurry <lora:detail:0.5> <lora:ink>") == [
        ("detail", 1.5, 1.5, None),
        ("styles/ink", 1, 1, None),
    ]


@pytest.mark.parametrize(
    ("prompt", "kind", "sentence"),
    [
        ("<lora:detial:1>", ModelError, "There is no LoRA named 'detial'. Did you mean 'detail'?"),
        ("<lora:same:1>", ModelError, "could be any of 'one/same', 'two/same'"),
        ("<lora:anime:1>", ModelError, "'anime' is no LoRA but a hypernetwork."),
        ("<lora:gloss:1>", ModelError, "The LoRA gloss is made for SDXL, the checkpoint tiny is SD 1.x."),
        ("<lora:cut short:1>", ModelError, "The file is cut off."),
        ("<loar:detail:1>", UsageError, "There is no tag 'loar'."),
        ("<lora::1>", UsageError, "names no LoRA"),
        ("<lora:detail:much>", UsageError, "<lora:detail:much> has a weight that is no number"),
        ("<hypernet:anime:x>", UsageError, "no number"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_would_do(prompt: str, kind: type[SdtuiError], sentence: str) -> None:
    for texts in ((prompt, ""), ("a cat", prompt)):
        with pytest.raises(kind) as caught:
            adapted(*texts)
        assert sentence in str(caught.value)


def words(prompt: str, negative: str = "") -> list[tuple[str, str]]:
    (added,) = adapted(prompt, negative).added.values()
    return [(each.word, each.file.name) for each in added.embeddings]


def test_embeddings_are_the_words_that_are_found() -> None:
    assert words("a cat", "blurry, (Bad-Hands:1.2)") == [("bad-hands", "bad-hands")]
    assert words("[bad-hands:cat:0.5]") == [("bad-hands", "bad-hands")]
    assert words("bad hands, <lora:detail:1>") == []


def test_an_embedding_of_another_family_is_a_word_and_that_is_said() -> None:
    (note,) = adapted("a cat", "neg").notes
    assert note == "The embedding neg is for SDXL; the checkpoint tiny is SD 1.x, so it is read as words."
    assert words("a cat", "neg") == []
    assert adapted("a <lora:detail:1> cat", "neg").notes == (note,)
    assert adapted("a cat").notes == ()


def test_the_vae_is_the_documents() -> None:
    assert adapted("a cat").vae is None
    vae = adapted("a cat", vae="clear").vae
    assert vae is not None
    assert vae.path.endswith("clear.safetensors")
    with pytest.raises(ModelError, match="no VAE named 'claer'"):
        adapted("a cat", vae="claer")
    with pytest.raises(ModelError, match=r"made for SD 1.x, 2.x or XL, the checkpoint tiny is Flux"):
        adapted("a cat", vae="clear", checkpoint=replace(CHECKPOINT, family="flux"))


def test_each_picture_gets_what_its_own_prompt_names_and_a_group_of_its_own() -> None:
    document = Document(
        prompt="{<lora:detail:1>|<lora:ink:0.5>|a cat}", params={"wildcards": "combinatorial", "seed": 1}
    )
    wish = check(document, lambda name: CHECKPOINT)
    drawn = draw_prompts(wish, ListedValues({}), seed=1)
    adapting = adapt(document, "Original", drawn.prompts, CHECKPOINT, Shelf())

    job = plan(wish, drawn, adapting, job_id=1, now=0.0, name=lambda renders, now: tuple(r.id for r in renders))

    assert [[network.file.name for network in r.networks] for r in job.renders] == [["detail"], ["styles/ink"], []]
    assert len({render.group_key for render in job.renders}) == 3
    assert len({render.group_key[:3] for render in job.renders}) == 1


@pytest.mark.parametrize("pair", [("a cat, (evil emb:1.2)", ""), ("a cat", "ugly, evil emb")])
def test_a_broken_embedding_that_is_named_is_refused_with_its_reason(pair: tuple[str, str]) -> None:
    with pytest.raises(ModelError) as caught:
        adapted(*pair)

    assert "The embedding evil emb, which the prompt names, cannot be used: The file runs code" in caught.value.what
    assert caught.value.where == "/m/embedding/evil emb.safetensors"


def test_a_broken_embedding_in_other_letters_is_noted_and_read_as_words() -> None:
    found = adapted("an Evil Emb", "evil Emb")

    assert found.notes == (
        "The embedding evil emb cannot be used, so its name is read as words: The file runs code: it is refused.",
    )


@pytest.mark.parametrize("text", ["a cat", "bad-hands", "evil embers", "emb", "<lora:detail:1> evil"])
def test_a_broken_embedding_that_is_not_named_says_nothing(text: str) -> None:
    assert adapted(text).notes == ()
