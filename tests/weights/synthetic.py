"""Headers of every kind of model, without their tensors: files are sparse, so a full-size checkpoint takes a few KB."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path

Shapes = Mapping[str, tuple[int, ...]]

UNET = "model.diffusion_model."
CONTEXT = "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
XL_CONTEXT = "input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
VAE = {
    "first_stage_model.decoder.conv_in.weight": (512, 4, 3, 3),
    "first_stage_model.encoder.conv_in.weight": (128, 3, 3, 3),
}
CLIP_L = "transformer.text_model.embeddings.token_embedding.weight"


def header_bytes(header: object, data: bytes = b"") -> bytes:
    raw = json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def write_model(path: Path, shapes: Shapes, metadata: Mapping[str, str] | None = None) -> Path:
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata is not None else {}
    end = 0
    for name, shape in shapes.items():
        start, end = end, end + 2 * math.prod(shape)
        header[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [start, end]}
    data = header_bytes(header)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.truncate(len(data) + end)
    return path


def sd1(channels: int = 4) -> Shapes:
    return {
        UNET + "input_blocks.0.0.weight": (320, channels, 3, 3),
        UNET + CONTEXT: (320, 768),
        "cond_stage_model." + CLIP_L: (49408, 768),
        **VAE,
    }


def sd2(channels: int = 4) -> Shapes:
    return {
        UNET + "input_blocks.0.0.weight": (320, channels, 3, 3),
        UNET + CONTEXT: (320, 1024),
        "cond_stage_model.model.token_embedding.weight": (49408, 1024),
        **VAE,
    }


def sdxl(channels: int = 4) -> Shapes:
    return {
        UNET + "input_blocks.0.0.weight": (320, channels, 3, 3),
        UNET + XL_CONTEXT: (640, 2048),
        "conditioner.embedders.0." + CLIP_L: (49408, 768),
        "conditioner.embedders.1.model.token_embedding.weight": (49408, 1280),
        **VAE,
    }


def refiner() -> Shapes:
    return {
        UNET + "input_blocks.0.0.weight": (384, 4, 3, 3),
        UNET + XL_CONTEXT: (768, 1280),
        "conditioner.embedders.0.model.token_embedding.weight": (49408, 1280),
        **VAE,
    }


def kohya_lora(
    width: int, module: str = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
) -> Shapes:
    return {f"{module}.alpha": (), f"{module}.lora_down.weight": (8, width), f"{module}.lora_up.weight": (320, 8)}


def write_folder(
    folder: Path, *, width: int = 768, channels: int = 4, pipeline: str = "StableDiffusionPipeline"
) -> Path:
    """A diffusers folder with one tensor a part."""
    configs: dict[str, dict[str, object]] = {
        "unet": {"_class_name": "UNet2DConditionModel", "cross_attention_dim": width, "in_channels": channels},
        "vae": {"_class_name": "AutoencoderKL"},
    }
    is_xl = pipeline.startswith("StableDiffusionXL")
    if not is_xl or width != 1280:
        configs["text_encoder"] = {"hidden_act": "quick_gelu", "hidden_size": width}
    if is_xl:
        configs["unet"]["addition_embed_type"] = "text_time"
        configs["text_encoder_2"] = {"hidden_act": "gelu", "hidden_size": 1280}
    for part, config in configs.items():
        name = "model.safetensors" if part.startswith("text_encoder") else "diffusion_pytorch_model.safetensors"
        write_model(folder / part / name, {"weight": (4, 4)})
        (folder / part / "config.json").write_text(json.dumps(config))
    (folder / "model_index.json").write_text(
        json.dumps({"_class_name": pipeline, "unet": ["diffusers", "UNet2DConditionModel"]})
    )
    return folder
