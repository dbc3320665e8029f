"""LoRAs, embeddings and VAEs on a real server: refused before anything is queued, found a moment after they landed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sdtui.errors import ModelError, UsageError
from sdtui.images.chunk import read
from sdtui.images.infotext import KEY, parse
from sdtui.images.png import read_texts
from sdtui.spec.document import Document
from sdtui.spec.event import Finished, LogLine, Published
from tests.weights.synthetic import kohya_lora, write_model

LORA = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight"


@pytest.fixture
def models(workspace, tmp_path) -> Path:
    folder = tmp_path / "models"
    for name in ("Lora", "embeddings", "VAE"):
        (folder / name).mkdir(parents=True)
    write_model(folder / "Lora" / "detail.safetensors", {LORA: (4, 768)})
    write_model(folder / "Lora" / "gloss.safetensors", kohya_lora(2048))
    write_model(folder / "embeddings" / "neg.safetensors", {"emb_params": (3, 768)})
    write_model(folder / "embeddings" / "big.safetensors", {"clip_l": (1, 768), "clip_g": (1, 1280)})
    write_model(
        folder / "VAE" / "clear.safetensors", {"decoder.conv_in.weight": (8, 4), "decoder.conv_out.weight": (3, 8)}
    )
    (workspace.root / "sdtui.yaml").write_text(f"devices: [cpu]\nmodels:\n  tree: {folder}\n")
    return folder


def wish(prompt: str, negative: str = "", vae: str = "") -> Document:
    return Document(prompt=prompt, negative_prompt=negative, vae=vae, params={"steps": 2, "seed": 1})


async def test_a_picture_is_planned_with_the_files_and_its_record_names_them(connect, models):
    client, watch = await connect()
    job = await client.submit(wish("a cat <lora:detail:0.5>", "neg", "clear"))
    await watch.until(lambda event: isinstance(event, Finished) and event.job_id == job.id)
    (path,) = [Path(event.path) for event in watch.of(Published)]

    render = read(path).render
    assert [(each.file.name, each.te, each.unet) for each in render.networks] == [("detail", 0.5, 0.5)]
    assert [(each.word, each.file.name) for each in render.embeddings] == [("neg", "neg")]
    assert render.vae.name == "clear"

    pairs = parse(read_texts(path)[KEY]).pairs
    content = hashlib.sha256(b"\0" * (4 * 768 * 2)).hexdigest()
    assert pairs["Lora hashes"] == f"detail: {content[:12]}"
    assert pairs["VAE"] == "clear.safetensors"
    whole = {name: hashlib.sha256((models / name).read_bytes()).hexdigest() for name in ("VAE/clear.safetensors",)}
    assert pairs["VAE hash"] == whole["VAE/clear.safetensors"][:10]
    assert pairs["TI hashes"].startswith("neg: ")


@pytest.mark.parametrize(
    ("document", "kind", "sentence"),
    [
        (wish("<lora:detial:1>"), ModelError, "There is no LoRA named 'detial'. Did you mean 'detail'?"),
        (wish("<lora:gloss:1>"), ModelError, "made for SDXL, the checkpoint shapes-64 is SD 1.x"),
        (wish("a", "<hypernet:x>"), ModelError, "no hypernetwork named 'x'"),
        (wish("<loar:detail:1>"), UsageError, "no tag 'loar'"),
        (wish("a", vae="claer"), ModelError, "There is no VAE named 'claer'. Did you mean 'clear'?"),
    ],
)
async def test_what_cannot_be_used_is_refused_and_nothing_is_queued(connect, models, document, kind, sentence):
    client, _ = await connect()
    with pytest.raises(kind) as caught:
        await client.submit(document)
    assert sentence in str(caught.value)
    assert await client.jobs(10) == ()


async def test_a_lora_that_landed_a_moment_ago_is_found(connect, models):
    client, _ = await connect()
    with pytest.raises(ModelError):
        await client.submit(wish("<lora:fresh:1>"))
    write_model(models / "Lora" / "fresh.safetensors", {LORA: (4, 768)})
    job = await client.submit(wish("<lora:fresh:1>"))
    assert len(job.renders) == 1


async def test_an_embedding_that_was_left_out_is_told_in_the_log(connect, models):
    client, watch = await connect()
    await client.submit(wish("a cat", "big"))
    told = await watch.until(lambda event: isinstance(event, LogLine) and "embedding" in event.text)
    assert told.text == "The embedding big is for SDXL; the checkpoint shapes-64 is SD 1.x, so it is read as words."
