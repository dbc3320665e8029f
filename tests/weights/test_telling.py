from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdtui.weights.families import FAMILIES
from sdtui.weights.identify import identify
from tests.weights.synthetic import (
    CONTEXT,
    UNET,
    VAE,
    XL_CONTEXT,
    Shapes,
    kohya_lora,
    refiner,
    sd1,
    sd2,
    sdxl,
    write_model,
)

RENDERABLE = {
    "SD1",
    "SD1 of the first naming",
    "SD1 inpaint",
    "SD2",
    "SD2 inpaint",
    "SDXL",
    "SDXL inpaint",
    "SDXL refiner",
}
DOWN_0 = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
PEFT_0 = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"

TABLE: dict[str, tuple[Shapes, str, str]] = {
    "SD1": (sd1(), "checkpoint", "sd1"),
    "SD1 of the first naming": (
        {UNET + "input_blocks.0.0.weight": (320, 4, 3, 3), "cond_stage_model.transformer.embeddings.x": (1,), **VAE},
        "checkpoint",
        "sd1",
    ),
    "SD1 inpaint": (sd1(9), "checkpoint", "sd1-inpaint"),
    "SD1 edit (eight channels)": (sd1(8), "checkpoint", "unknown"),
    "SD2": (sd2(), "checkpoint", "sd2"),
    "SD2 inpaint": (sd2(9), "checkpoint", "sd2-inpaint"),
    "SD2 depth (five channels)": (sd2(5), "checkpoint", "unknown"),
    "SDXL": (sdxl(), "checkpoint", "sdxl"),
    "SDXL inpaint": (sdxl(9), "checkpoint", "sdxl-inpaint"),
    "SDXL refiner": (refiner(), "checkpoint", "sdxl-refiner"),
    "SD3": ({UNET + "joint_blocks.0.x_block.attn.qkv.weight": (4, 4)}, "checkpoint", "sd3"),
    "Flux": ({UNET + "double_blocks.0.img_attn.qkv.weight": (4, 4)}, "checkpoint", "flux"),
    "Flux, transformer alone": ({"double_blocks.0.img_attn.qkv.weight": (4, 4)}, "checkpoint", "flux"),
    "a foreign diffusion model": ({UNET + "patchify_proj.weight": (4, 4)}, "checkpoint", "unknown"),
    "UNet alone": ({UNET + "input_blocks.0.0.weight": (320, 4, 3, 3), UNET + CONTEXT: (320, 768)}, "checkpoint", "sd1"),
    "UNet alone, diffusers names": (
        {
            "conv_in.weight": (320, 9, 3, 3),
            "time_embedding.linear_1.weight": (1280, 320),
            "up_blocks.0.resnets.0.conv1.weight": (1,),
            "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight": (640, 2048),
        },
        "checkpoint",
        "sdxl-inpaint",
    ),
    "kohya LoRA, SD1": (kohya_lora(768), "lora", "sd1"),
    "kohya LoRA, SD2": (kohya_lora(1024), "lora", "sd2"),
    "kohya LoRA, SDXL": (kohya_lora(2048), "lora", "sdxl"),
    "kohya LoRA, SDXL by its second text encoder": (
        kohya_lora(1280, "lora_te2_text_model_encoder_layers_0_self_attn_q_proj"),
        "lora",
        "sdxl",
    ),
    "kohya LoRA, SDXL by its deep transformer": (
        kohya_lora(640, "lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q"),
        "lora",
        "sdxl",
    ),
    "kohya LoRA of the text encoder alone": (
        kohya_lora(768, "lora_te_text_model_encoder_layers_0_self_attn_q_proj"),
        "lora",
        "sd1",
    ),
    "kohya LoRA without a telling module": (kohya_lora(320, "lora_unet_conv_in"), "lora", "unknown"),
    "kohya LoRA, Flux": (kohya_lora(3072, "lora_unet_double_blocks_0_img_attn_qkv"), "lora", "flux"),
    "LoHa": ({f"{DOWN_0}.hada_w1_a": (320, 8), f"{DOWN_0}.hada_w1_b": (8, 768)}, "lora", "sd1"),
    "LoKr": ({f"{DOWN_0}.lokr_w1": (8, 8), f"{DOWN_0}.lokr_w2": (40, 96)}, "lora", "unknown"),
    "full difference": ({f"{DOWN_0}.diff": (320, 1024)}, "lora", "sd2"),
    "PEFT LoRA, SD1": ({f"{PEFT_0}.lora_A.weight": (8, 768), f"{PEFT_0}.lora_B.weight": (320, 8)}, "lora", "sd1"),
    "PEFT LoRA, saved by peft itself": (
        {"base_model.model.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight": (8, 768)},
        "lora",
        "sd1",
    ),
    "diffusers LoRA, SD2": ({f"{PEFT_0}.lora.down.weight": (8, 1024)}, "lora", "sd2"),
    "diffusers LoRA, attention processors": (
        {"unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.processor.to_k_lora.down.weight": (8, 768)},
        "lora",
        "sd1",
    ),
    "PEFT LoRA, SDXL": (
        {"unet.down_blocks.1.attentions.0.transformer_blocks.1.attn1.to_q.lora_A.weight": (8, 640)},
        "lora",
        "sdxl",
    ),
    "embedding, SD1": ({"emb_params": (8, 768)}, "embedding", "sd1"),
    "embedding, SD2": ({"emb_params": (8, 1024)}, "embedding", "sd2"),
    "embedding, SDXL": ({"clip_g": (8, 1280), "clip_l": (8, 768)}, "embedding", "sdxl"),
    "embedding, diffusers": ({"<cat-toy>": (768,)}, "embedding", "sd1"),
    "embedding without a shape": ({"emb_params": ()}, "embedding", "unknown"),
    "hypernetwork": ({"768.0.linear.0.weight": (1536, 768)}, "hypernetwork", "sd1"),
    "VAE, original": (
        {"decoder.conv_in.weight": (512, 4, 3, 3), "decoder.conv_out.weight": (3, 128, 3, 3)},
        "vae",
        "sd",
    ),
    "VAE of sixteen channels": (
        {"decoder.conv_in.weight": (512, 16, 3, 3), "decoder.conv_out.weight": (3, 128, 3, 3)},
        "vae",
        "unknown",
    ),
    "VAE cut out of a checkpoint": (VAE, "vae", "sd"),
    "ControlNet, original": (
        {"control_model.input_hint_block.0.weight": (16, 3, 3, 3), "control_model." + CONTEXT: (320, 768)},
        "controlnet",
        "sd1",
    ),
    "ControlNet without prefix": (
        {
            "input_hint_block.0.weight": (16, 3, 3, 3),
            "zero_convs.0.0.weight": (320, 320, 1, 1),
            XL_CONTEXT: (640, 2048),
        },
        "controlnet",
        "sdxl",
    ),
    "ControlNet, diffusers": (
        {
            "controlnet_cond_embedding.conv_in.weight": (16, 3, 3, 3),
            "conv_in.weight": (320, 4, 3, 3),
            "time_embedding.linear_1.weight": (1280, 320),
            "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight": (320, 1024),
        },
        "controlnet",
        "sd2",
    ),
    "Control-LoRA": ({"lora_controlnet": (1,), "input_blocks.0.0.weight": (4, 4)}, "controlnet", "unknown"),
    "ESRGAN": ({"model.1.sub.0.RDB1.conv1.0.weight": (32, 64, 3, 3)}, "upscaler", "any"),
    "Real-ESRGAN": ({"conv_first.weight": (64, 3, 3, 3), "body.0.rdb1.conv1.weight": (4,)}, "upscaler", "any"),
    "compact upscaler": (
        {"body.0.weight": (64, 3, 3, 3), "body.1.weight": (64,), "body.2.weight": (64, 64, 3, 3)},
        "upscaler",
        "any",
    ),
    "a text encoder": ({"text_model.encoder.layers.0.mlp.fc1.weight": (4, 4)}, "unknown", "unknown"),
    "nothing": ({}, "unknown", "unknown"),
    "one tensor of any shape": ({"weight": (5, 5, 5)}, "unknown", "unknown"),
}


@pytest.mark.parametrize("name", TABLE)
def test_kind_and_family_are_told_by_the_header(name: str, tmp_path: Path) -> None:
    shapes, kind, family = TABLE[name]
    record = identify(write_model(tmp_path / "some name.v1.safetensors", shapes))
    assert (record.kind, record.family) == (kind, family)
    assert record.name == "some name.v1"
    assert record.size == (tmp_path / "some name.v1.safetensors").stat().st_size
    usable = name in RENDERABLE or kind not in {"checkpoint", "unknown"}
    assert (record.problem == "") == usable
    assert family in {row.id for row in FAMILIES}


@pytest.mark.parametrize(
    ("shapes", "says"),
    [
        (TABLE["SD3"][0], "SD 3 checkpoints cannot be rendered yet; SD 1.x, "),
        (TABLE["UNet alone"][0], "no text encoder and no VAE"),
        ({name: shape for name, shape in sd1().items() if name not in VAE}, "holds no VAE"),
        ({**sdxl(), "edm_mean": (4,)}, "was trained as EDM"),
        ({"strange.weight": (2, 3, 4), "b": (1,)}, "first keys: strange.weight, b"),
    ],
)
def test_checkpoint_that_cannot_be_rendered_says_why(shapes: Shapes, says: str, tmp_path: Path) -> None:
    assert says in identify(write_model(tmp_path / "m.safetensors", shapes)).problem


@pytest.mark.parametrize(
    ("metadata", "family"),
    [
        ({"ss_base_model_version": "sdxl_base_v1-0"}, "sdxl"),
        ({"ss_base_model_version": "sd_v1"}, "sd1"),
        ({"modelspec.architecture": "stable-diffusion-v2-768-v/lora"}, "sd2"),
        ({"modelspec.architecture": "Flux.1-dev/lora"}, "flux"),
        ({"modelspec.architecture": "something"}, "unknown"),
    ],
)
def test_metadata_tells_the_family_where_the_tensors_do_not(
    metadata: dict[str, str], family: str, tmp_path: Path
) -> None:
    assert identify(write_model(tmp_path / "m.safetensors", TABLE["LoKr"][0], metadata)).family == family


def test_tensors_overrule_metadata(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.safetensors", kohya_lora(768), {"ss_base_model_version": "sdxl_base_v1-0"})
    assert identify(path).family == "sd1"


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    name=st.sampled_from(sorted(TABLE)),
    shapes=st.lists(st.lists(st.sampled_from([0, 1, 4, 768]), max_size=4), min_size=1, max_size=4),
    dropped=st.integers(0, 3),
)
def test_telling_keys_of_any_shape_never_raise(
    name: str, shapes: list[list[int]], dropped: int, tmp_path: Path
) -> None:
    keys = list(TABLE[name][0])[dropped:]
    odd = {key: tuple(shapes[index % len(shapes)]) for index, key in enumerate(keys)}
    record = identify(write_model(tmp_path / "odd.safetensors", odd))
    assert record.family in {row.id for row in FAMILIES}
    assert record.problem or record.kind != "unknown"
