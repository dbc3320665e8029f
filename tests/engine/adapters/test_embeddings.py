"""Embeddings in every format, spliced where their words stand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from sdtui.engine.adapters.embeddings import read_embedding
from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.encoding import TextEncoding
from sdtui.engine.requests import Cue, Encode, Encoded
from sdtui.errors import ModelError
from sdtui.prompt.parser import parse
from sdtui.prompt.timeline import timeline
from sdtui.spec.adapter import Embedding
from tests.engine.adapters.made import model_file, write
from tests.engine.renders import builtin

WIDTH, COUNT = 56, 3
VECTORS = torch.randn(COUNT, WIDTH, generator=torch.Generator().manual_seed(4))


def automatic(path: Path) -> Path:
    held = {
        "string_to_token": {"*": 265},
        "string_to_param": {"*": torch.nn.Parameter(VECTORS)},
        "name": "x",
        "step": 9,
    }
    torch.save(held, path.with_suffix(".pt"))
    return path.with_suffix(".pt")


def original(path: Path) -> Path:
    parameters = torch.nn.ParameterDict({"*": torch.nn.Parameter(VECTORS)})
    torch.save({"string_to_token": {"*": torch.tensor(265)}, "string_to_param": parameters}, path.with_suffix(".pt"))
    return path.with_suffix(".pt")


def safe(path: Path) -> Path:
    return write(path.with_suffix(".safetensors"), {"emb_params": VECTORS})


def diffusers_safe(path: Path) -> Path:
    return write(path.with_suffix(".safetensors"), {"<x>": VECTORS})


def diffusers(path: Path) -> Path:
    torch.save({"<x>": VECTORS}, path.with_suffix(".bin"))
    return path.with_suffix(".bin")


FORMATS = [automatic, original, safe, diffusers_safe, diffusers]


@pytest.mark.parametrize("save", FORMATS, ids=lambda save: save.__name__)
def test_every_format_gives_its_vectors(save: Callable[[Path], Path], tmp_path: Path) -> None:
    (found,) = read_embedding(model_file(save(tmp_path / "x"))).items()

    assert found[0] == WIDTH
    assert torch.equal(found[1], VECTORS)


def test_one_vector_may_have_one_axis(tmp_path: Path) -> None:
    torch.save({"<x>": VECTORS[0]}, tmp_path / "x.bin")

    assert read_embedding(model_file(tmp_path / "x.bin"))[WIDTH].shape == (1, WIDTH)


def test_sdxl_has_one_for_each_encoder(tmp_path: Path) -> None:
    file = write(tmp_path / "x.safetensors", {"clip_l": torch.zeros(2, 768), "clip_g": torch.zeros(2, 1280)})

    assert {width: len(held) for width, held in read_embedding(model_file(file)).items()} == {768: 2, 1280: 2}


@pytest.mark.parametrize(
    ("tensors", "sentence"),
    [
        ({"a": torch.zeros(1, 8), "b": torch.zeros(1, 8)}, "no embedding"),
        ({"emb_params": torch.zeros(2, 2, 2)}, "no embedding"),
        ({"emb_params": torch.full((1, 8), float("inf"))}, "not finite"),
    ],
)
def test_a_file_that_is_none_is_named(tensors: dict[str, Tensor], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=sentence):
        read_embedding(model_file(write(tmp_path / "x.safetensors", tensors)))


def encode(checkpoint: Checkpoint, text: str, *embeddings: Embedding, encoding: TextEncoding | None = None) -> Encoded:
    (held,) = timeline(parse(text), 1)[0].schedule
    request = Encode(builtin(), (Cue(held.runs),), 1, "Original", 20, embeddings=embeddings)
    return (encoding or TextEncoding()).serve(request, checkpoint)


def embedding(path: Path, word: str) -> Embedding:
    return Embedding(word=word, file=model_file(path))


def test_its_vectors_stand_where_its_word_is(toy: Checkpoint, tmp_path: Path) -> None:
    """Vectors that are those of tokens say what the tokens say."""
    ids = TextEncoding().tokenizer.ids("large red circle")
    vectors = toy.text_encoder.embeddings.token_embedding.weight[ids]
    thing = embedding(write(tmp_path / "thing.safetensors", {"emb_params": vectors}), "thing")

    for text in ("a thing, blue", "a THING, blue"):
        spliced = encode(toy, text, thing).texts[0].chunks[0]
        torch.testing.assert_close(spliced, encode(toy, "a large red circle, blue").texts[0].chunks[0])
    assert not torch.allclose(encode(toy, "a thing, blue").texts[0].chunks[0], spliced)


def test_its_vectors_are_counted_and_never_parted(toy: Checkpoint, tmp_path: Path) -> None:
    big = embedding(write(tmp_path / "big.safetensors", {"emb_params": torch.randn(70, WIDTH)}), "big")

    assert len(encode(toy, "big", big).texts[0].chunks) == 1
    assert len(encode(toy, "a b c d e f g big", big).texts[0].chunks) == 2


def test_the_cache_knows_one_file_from_another(toy: Checkpoint, tmp_path: Path) -> None:
    encoding = TextEncoding()
    one = embedding(write(tmp_path / "one.safetensors", {"emb_params": VECTORS}), "thing")
    two = embedding(write(tmp_path / "two.safetensors", {"emb_params": -VECTORS}), "thing")

    first, second, again = (
        encode(toy, "thing", each, encoding=encoding).texts[0].chunks[0] for each in (one, two, one)
    )

    assert not torch.equal(first, second)
    assert first is again


def test_one_of_another_width_is_read_as_words_and_said(toy: Checkpoint, tmp_path: Path) -> None:
    wide = embedding(write(tmp_path / "wide.safetensors", {"emb_params": torch.zeros(2, 768)}), "wide")

    encoded = encode(toy, "a wide cat", wide)

    assert torch.equal(encoded.texts[0].chunks[0], encode(toy, "a wide cat").texts[0].chunks[0])
    (note,) = encoded.notes
    assert "wide is 768 wide" in note
    assert "56" in note
