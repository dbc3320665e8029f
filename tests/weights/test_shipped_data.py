from __future__ import annotations

import json
from importlib.resources import files

import pytest
from tokenizers import Regex, Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.normalizers import NFC, Lowercase, Replace, Sequence
from tokenizers.pre_tokenizers import ByteLevel, Split
from tokenizers.pre_tokenizers import Sequence as PreSequence

CLIP_WORDS = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"  # the CLIP paper's code
SHIPPED = (
    "clip/vocab.json",
    "clip/merges.txt",
    "clip/LICENSE",
    "models/shapes-64.safetensors",
    *(
        f"configs/{family}/{module}.json"
        for family in ("sd1", "sd2", "sdxl")
        for module in ("unet", "vae", "text_encoder")
    ),
    *(f"configs/{family}/text_encoder_2.json" for family in ("sdxl", "sdxl-refiner")),
    *(f"configs/sdxl-refiner/{module}.json" for module in ("unet", "vae")),
)


def clip_tokenizer() -> Tokenizer:
    clip = files("sdtui.data") / "clip"
    vocab = json.loads((clip / "vocab.json").read_text("utf-8"))
    lines = (clip / "merges.txt").read_text("utf-8").splitlines()
    merges = [(left, right) for left, right in (line.split(" ") for line in lines[1:])]
    tokenizer = Tokenizer(BPE(vocab, merges, end_of_word_suffix="</w>", unk_token="<|endoftext|>"))
    tokenizer.normalizer = Sequence([NFC(), Replace(Regex(r"\s+"), " "), Lowercase()])
    tokenizer.pre_tokenizer = PreSequence([Split(Regex(CLIP_WORDS), "removed", invert=True), ByteLevel(False)])
    tokenizer.decoder = ByteLevelDecoder()
    return tokenizer


@pytest.mark.parametrize("name", SHIPPED)
def test_package_data_is_found_as_a_resource(name: str) -> None:
    found = files("sdtui.data").joinpath(name)
    assert found.is_file()
    assert len(found.read_bytes()) > 100


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("a photo of a cat", [320, 1125, 539, 320, 2368]),
        ("  A  PHOTO\nof a\tCat ", [320, 1125, 539, 320, 2368]),
        ("", []),
    ],
)
def test_clip_vocabulary_gives_the_known_token_ids(text: str, ids: list[int]) -> None:
    tokenizer = clip_tokenizer()
    assert tokenizer.encode(text).ids == ids
    assert tokenizer.token_to_id("<|startoftext|>") == 49406
    assert tokenizer.token_to_id("<|endoftext|>") == 49407
    assert tokenizer.get_vocab_size() == 49408


def test_every_merge_of_the_clip_vocabulary_makes_a_token_it_has() -> None:
    clip = files("sdtui.data") / "clip"
    vocab = json.loads((clip / "vocab.json").read_text("utf-8"))
    lines = (clip / "merges.txt").read_text("utf-8").splitlines()[1:]
    assert len(lines) == 48894
    assert [line for line in lines if line.replace(" ", "") not in vocab] == []
