from __future__ import annotations

import json

import pytest

from sdtui.errors import ModelError
from sdtui.weights.configs import family_config
from sdtui.weights.header import read_header
from sdtui.weights.identify import builtin_path
from tests.weights.synthetic import UNET


def test_configs_of_sd1_ship_and_others_are_refused() -> None:
    configs = family_config("sd1")
    assert set(configs) == {"unet", "vae", "text_encoder"}
    unet = configs["unet"]
    assert isinstance(unet, dict)
    assert unet["block_out_channels"] == [320, 640, 1280, 1280]
    for family in ("sdxl", "../sd1", "", "nonsense"):
        with pytest.raises(ModelError):
            family_config(family)


def test_architecture_of_the_built_in_model_is_that_of_its_tensors() -> None:
    header = read_header(builtin_path())
    architecture = json.loads(header.metadata["sdtui.architecture"])
    first = header.tensors[UNET + "input_blocks.0.0.weight"].shape
    assert first == (architecture["unet"]["block_out_channels"][0], architecture["unet"]["in_channels"], 3, 3)
    words = header.tensors["cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"].shape
    assert words == (architecture["text_encoder"]["vocab_size"], architecture["text_encoder"]["hidden_size"])
