"""What a picture's record says of LoRAs, embeddings, hypernetworks and VAEs, in A1111's words, and how it is read."""

from __future__ import annotations

from sdtui.images.infotext import infotext, parse
from sdtui.images.restore import restore
from sdtui.spec.adapter import Embedding, Network
from sdtui.spec.document import Document
from sdtui.spec.model import ModelFile
from tests.images.made import SHA256, document, render


def file(name: str, sha256: str = "") -> ModelFile:
    return ModelFile(name=name, path=f"/models/{name}.safetensors", size=1, mtime_ns=2, sha256=sha256)


def line(**changes: object) -> str:
    made = render(**changes)
    hashes = {"/models/detail.safetensors": "ab" * 32, "/models/styles/ink, x.safetensors": "cd" * 32}
    return infotext(made, document(made), model_hash=SHA256, lora_hashes=hashes).splitlines()[-1]


def test_hashes_of_loras_are_listed_by_their_bare_names() -> None:
    networks = tuple(Network(kind="lora", file=file(name)) for name in ("detail", "styles/ink, x", "unhashed"))

    assert 'Lora hashes: "detail: abababababab, ink x: cdcdcdcdcdcd"' in line(networks=networks)


def test_hashes_of_embeddings_are_listed_by_their_words() -> None:
    embeddings = (Embedding(word="bad-hands", file=file("x/bad-hands", "ef" * 32)),)

    assert 'TI hashes: "bad-hands: efefefefefef"' in line(embeddings=embeddings)


def test_a_vae_is_named_by_its_file_behind_the_model() -> None:
    made = line(vae=file("clear", "12" * 32))

    assert "Model: shapes-64, VAE hash: 1212121212, VAE: clear.safetensors, " in made
    assert restore(parse(made)).document.vae == "clear.safetensors"


def test_a_hypernetwork_is_named_by_the_prompt_alone() -> None:
    assert "ypernet" not in line(networks=(Network(kind="hypernetwork", file=file("anime")),))


def test_without_them_nothing_is_said() -> None:
    assert not {"VAE", "VAE hash", "Lora hashes", "TI hashes"} & parse(line()).pairs.keys()


def test_a_hypernetwork_that_was_a_setting_becomes_a_tag() -> None:
    text = "a cat\nSteps: 20, Seed: 1, Sampler: Euler, Hypernet: anime(abc), Hypernet strength: 0.7, Hypernet hash: 12345678"

    restored = restore(parse(text))

    assert restored.document.prompt == "a cat<hypernet:anime:0.7>"
    assert not any("Hypernet" in problem for problem in restored.problems)


def test_a_document_without_a_vae_is_read_as_before() -> None:
    assert restore(parse("a cat\nSteps: 20, Seed: 1, Sampler: Euler")).document == Document(
        prompt="a cat", params={"steps": 20, "seed": 1, "sampler": "Euler", "rng": "NV"}
    )
