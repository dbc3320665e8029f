"""Names that published LoRAs have for the modules of full-size models; the modules themselves take no memory here."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from sdtui.engine.adapters.names import Place, Places, split
from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.clip import ClipTextEncoder
from sdtui.engine.device import open_device
from sdtui.engine.libraries import load_libraries
from sdtui.engine.originals import Originals
from sdtui.engine.prediction import epsilon
from sdtui.engine.sigmas import NoiseLevels
from sdtui.engine.traits import traits_of
from sdtui.weights.configs import family_config

BLOCK = "down_blocks.1.attentions.0.transformer_blocks.0"
TEXT = "encoder.layers.0.self_attn.q_proj"
SD1 = {
    "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q": ("unet", f"{BLOCK}.attn1.to_q"),
    "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_out_0": ("unet", f"{BLOCK}.attn2.to_out.0"),
    "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_ff_net_0_proj": ("unet", f"{BLOCK}.ff.net.0.proj"),
    "lora_unet_mid_block_attentions_0_proj_in": ("unet", "mid_block.attentions.0.proj_in"),
    "lora_unet_up_blocks_3_resnets_2_conv_shortcut": ("unet", "up_blocks.3.resnets.2.conv_shortcut"),
    "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q": ("unet", f"{BLOCK}.attn1.to_q"),
    "down_blocks.1.attentions.0.transformer_blocks.0.attn1.processor.to_out": ("unet", f"{BLOCK}.attn1.to_out.0"),
    "base_model.model.down_blocks.1.attentions.0.proj_out": ("unet", "down_blocks.1.attentions.0.proj_out"),
    "lora_te_text_model_encoder_layers_0_self_attn_q_proj": ("text_encoder1", TEXT),
    "text_encoder.text_model.encoder.layers.0.self_attn.q_proj": ("text_encoder1", TEXT),
    "lora_unet_double_blocks_0_img_attn_proj": None,
    "lora_te2_text_model_encoder_layers_0_self_attn_q_proj": None,
}
SDXL = {
    "lora_unet_input_blocks_4_1_transformer_blocks_1_attn1_to_q": (
        "unet",
        "down_blocks.1.attentions.0.transformer_blocks.1.attn1.to_q",
    ),
    "lora_unet_middle_block_1_transformer_blocks_9_ff_net_2": (
        "unet",
        "mid_block.attentions.0.transformer_blocks.9.ff.net.2",
    ),
    "lora_unet_output_blocks_5_1_proj_out": ("unet", "up_blocks.1.attentions.2.proj_out"),
    "lora_unet_output_blocks_2_2_conv": ("unet", "up_blocks.0.upsamplers.0.conv"),
    "lora_unet_input_blocks_3_0_op": ("unet", "down_blocks.0.downsamplers.0.conv"),
    "lora_unet_input_blocks_4_0_emb_layers_1": ("unet", "down_blocks.1.resnets.0.time_emb_proj"),
    "lora_unet_input_blocks_0_0": ("unet", "conv_in"),
    "lora_unet_time_embed_2": ("unet", "time_embedding.linear_2"),
    "lora_unet_label_emb_0_0": ("unet", "add_embedding.linear_1"),
    "lora_unet_out_2": ("unet", "conv_out"),
    "unet.mid_block.attentions.0.transformer_blocks.9.attn2.to_k": (
        "unet",
        "mid_block.attentions.0.transformer_blocks.9.attn2.to_k",
    ),
    "lora_te1_text_model_encoder_layers_0_self_attn_q_proj": ("text_encoder1", TEXT),
    "lora_te2_text_model_encoder_layers_30_mlp_fc1": ("text_encoder2", "encoder.layers.30.mlp.fc1"),
    "text_encoder_2.text_model.encoder.layers.0.self_attn.q_proj": ("text_encoder2", TEXT),
}


def hollow(family: str) -> Checkpoint:
    """A checkpoint of a family's own size, without memory."""
    libraries, configs, traits = load_libraries(), family_config(family), traits_of(family)
    with torch.device("meta"):
        modules: dict[str, Any] = {
            "unet": libraries.unet.from_config(configs["unet"]),
            "vae": libraries.vae.from_config(configs["vae"]),
        }
        encoders = {
            reader.component: ClipTextEncoder(configs[reader.component])  # type: ignore[arg-type]
            for reader in traits.readers
        }
    return Checkpoint(
        name=family,
        family=family,
        traits=traits,
        **modules,
        text_encoders=encoders,
        prediction=epsilon,
        levels=NoiseLevels(),
        blank=None,
        sketcher=None,
        compute=open_device("cpu"),
        size_bytes=0,
        originals=Originals({}),
    )


@pytest.mark.parametrize(("family", "table"), [("sd1", SD1), ("sdxl", SDXL)])
def test_published_names_find_their_modules(family: str, table: dict[str, tuple[str, str] | None]) -> None:
    checkpoint = hollow(family)
    places = Places(checkpoint)

    for name, wanted in table.items():
        assert places.find(name) == (Place(*wanted) if wanted else None), name


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("lora_unet_x.lora_down.weight", ("lora_unet_x", "down")),
        ("unet.x.lora_A.weight", ("unet.x", "down")),
        ("unet.x.lora_B.default_0.weight", ("unet.x", "up")),
        ("unet.x.lora.up.weight", ("unet.x", "up")),
        ("x.processor.to_q_lora.down.weight", ("x.processor.to_q", "down")),
        ("text_encoder.x.lora_linear_layer.up.weight", ("text_encoder.x", "up")),
        ("unet.x.lora_magnitude_vector", ("unet.x", "dora_scale")),
        ("unet.x.lora_magnitude_vector.default.weight", ("unet.x", "dora_scale")),
        ("lora_unet_x.hada_w1_a", ("lora_unet_x", "hada_w1_a")),
        ("lora_unet_x.hada_t2", ("lora_unet_x", "hada_t2")),
        ("lora_unet_x.lokr_w2_b", ("lora_unet_x", "lokr_w2_b")),
        ("lora_unet_x.diff_b", ("lora_unet_x", "diff_b")),
        ("oft_unet_x.oft_blocks", ("oft_unet_x", "oft_blocks")),
        ("bundle_emb.x.string_to_param.*", None),
        ("lora_unet_x.weight", None),
    ],
)
def test_the_end_of_a_name_says_which_part_it_is(name: str, parts: tuple[str, str] | None) -> None:
    assert split(name) == parts
