"""The trained parts as one file: SD1's original names, fp16, configs and defaults in the metadata."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file

from sdtui.engine.keys import RESNET, UNET_ENDS
from tools.demo_model import autoencoder, text, unet
from tools.pack_builtin import pack

NAME = "shapes-64.safetensors"
# What tells one CLIP text encoder from another; the rest of transformers' config is about running it.
TEXT_KEYS = (
    "attention_dropout",
    "bos_token_id",
    "eos_token_id",
    "hidden_act",
    "hidden_size",
    "intermediate_size",
    "layer_norm_eps",
    "max_position_embeddings",
    "model_type",
    "num_attention_heads",
    "num_hidden_layers",
    "pad_token_id",
    "projection_dim",
    "vocab_size",
)
VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def unet_prefixes(levels: int, layers: int) -> dict[str, str]:
    """diffusers' prefix → the original one, for a UNet with attention in every level."""
    found = dict(UNET_ENDS)
    number = 1
    for level in range(levels):
        for layer in range(layers):
            found[f"down_blocks.{level}.resnets.{layer}"] = f"input_blocks.{number}.0"
            found[f"down_blocks.{level}.attentions.{layer}"] = f"input_blocks.{number}.1"
            number += 1
        if level < levels - 1:
            found[f"down_blocks.{level}.downsamplers.0.conv"] = f"input_blocks.{number}.0.op"
            number += 1
    number = 0
    for level in range(levels):
        for layer in range(layers + 1):
            found[f"up_blocks.{level}.resnets.{layer}"] = f"output_blocks.{number}.0"
            found[f"up_blocks.{level}.attentions.{layer}"] = f"output_blocks.{number}.1"
            if layer == layers and level < levels - 1:
                found[f"up_blocks.{level}.upsamplers.0.conv"] = f"output_blocks.{number}.2.conv"
            number += 1
    return found


def unet_key(key: str, prefixes: dict[str, str]) -> str:
    """The original name of one of the UNet's tensors."""
    prefix = next(prefix for prefix in prefixes if key.startswith(prefix + "."))
    rest = key[len(prefix) + 1 :]
    part, _, end = rest.partition(".")
    if ".resnets." in key and part in RESNET:
        rest = f"{RESNET[part]}.{end}"
    return f"model.diffusion_model.{prefixes[prefix]}.{rest}"


def vae_key(key: str, levels: int) -> str:
    """The original name of one of the autoencoder's tensors."""
    name = re.sub(r"encoder.down_blocks.(\d+).resnets.(\d+)", r"encoder.down.\1.block.\2", key)
    name = re.sub(r"encoder.down_blocks.(\d+).downsamplers.0", r"encoder.down.\1.downsample", name)
    name = re.sub(
        r"decoder.up_blocks.(\d+).resnets.(\d+)", lambda m: f"decoder.up.{levels - 1 - int(m[1])}.block.{m[2]}", name
    )
    name = re.sub(
        r"decoder.up_blocks.(\d+).upsamplers.0", lambda m: f"decoder.up.{levels - 1 - int(m[1])}.upsample", name
    )
    name = re.sub(r"mid_block.resnets.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    name = name.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
    if "mid_block.attentions.0" in name:
        name = name.replace("mid_block.attentions.0", "mid.attn_1")
        for old, new in VAE_ATTENTION.items():
            name = name.replace(f".{old}.", f".{new}.")
    return f"first_stage_model.{name}"


def original_tensors(
    unet_state: dict[str, torch.Tensor], vae_state: dict[str, torch.Tensor], text_state: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """All tensors under the original names, fp16."""
    prefixes = unet_prefixes(len(unet.CHANNELS), 1)
    found = {unet_key(key, prefixes): value for key, value in unet_state.items()}
    levels = len(autoencoder.CONFIG["block_out_channels"])
    for key, value in vae_state.items():
        name = vae_key(key, levels)
        found[name] = value[:, :, None, None] if ".attn_1." in name and value.ndim == 2 else value
    for key, value in text_state.items():
        name = key if key.startswith("text_model.") else f"text_model.{key}"
        found[f"cond_stage_model.transformer.{name}"] = value
    return {name: value.half().contiguous() for name, value in found.items()}


def _without_notes(config: Mapping[str, object]) -> dict[str, object]:
    """A diffusers config without what the library notes about itself, some of it in random order."""
    return {key: value for key, value in config.items() if not key.startswith("_")}


def write(weights: dict[str, dict[str, torch.Tensor]], vae_file: Path, folder: Path) -> Path:
    """Write folder/packed/shapes-64.safetensors from the UNet stage's weights and an autoencoder file."""
    encoder = text.build_folded()
    encoder.load_state_dict(weights["encoder"])
    whole, vae = text.unfold(encoder), autoencoder.load(vae_file)
    raw = folder / "original"
    (raw / "configs").mkdir(parents=True, exist_ok=True)
    told = whole.config.to_dict()
    configs = {
        "unet": _without_notes(unet.build().config),
        "vae": _without_notes(vae.config),
        "text_encoder": {key: told[key] for key in TEXT_KEYS},
    }
    for part, config in configs.items():
        (raw / "configs" / f"{part}.json").write_text(json.dumps(config, indent=1), "utf-8")
    save_file(original_tensors(weights["unet"], vae.state_dict(), whole.state_dict()), raw / NAME)
    target = folder / "packed" / NAME
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(pack(raw))
    print(f"packed: {target}, {target.stat().st_size / 1e6:.2f} MB", flush=True)
    return target
