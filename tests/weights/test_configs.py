from __future__ import annotations

import json

import pytest

from sdtui.errors import ModelError
from sdtui.weights.configs import family_config
from sdtui.weights.families import FAMILIES, Family
from sdtui.weights.header import read_header
from sdtui.weights.identify import builtin_path
from tests.weights.synthetic import UNET


@pytest.mark.parametrize("family", [family for family in FAMILIES if family.renderable], ids=lambda family: family.id)
def test_configs_of_every_family_that_can_be_rendered_ship(family: Family) -> None:
    configs = family_config(family.id)
    assert tuple(configs) == family.modules
    unet = configs["unet"]
    assert isinstance(unet, dict)
    assert unet["in_channels"] == (9 if family.id.endswith("-inpaint") else 4)


def test_configs_of_others_are_refused() -> None:
    for family in ("sd3", "../sd1", "", "nonsense"):
        with pytest.raises(ModelError):
            family_config(family)


def test_architecture_of_the_built_in_model_is_that_of_its_tensors() -> None:
    header = read_header(builtin_path())
    architecture = json.loads(header.metadata["sdtui.architecture"])
    first = header.tensors[UNET + "input_blocks.0.0.weight"].shape
    assert first == (architecture["unet"]["block_out_channels"][0], architecture["unet"]["in_channels"], 3, 3)
    words = header.tensors["cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"].shape
    assert words == (architecture["text_encoder"]["vocab_size"], architecture["text_encoder"]["hidden_size"])
