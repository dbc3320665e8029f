"""What the tensors of a checkpoint are called, by layout: from a module's own names to the names in the file.

A naming turns a module's tensor name into the names it may have in a file, the usual one first. Original layout: the names of
CompVis' stable-diffusion; diffusers layout: diffusers' and transformers' own, old spellings included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Naming = Callable[[str], tuple[str, ...]]

UNET, VAE, TEXT_ENCODER = "unet", "vae", "text_encoder"
COMPONENTS = (UNET, VAE, TEXT_ENCODER)

UNET_PREFIX, VAE_PREFIX = "model.diffusion_model.", "first_stage_model."
TEXT_PREFIXES = ("cond_stage_model.transformer.text_model.", "cond_stage_model.transformer.")

HARMLESS_PREFIXES = (
    "model_ema.",
    "first_stage_model.loss.",
    "first_stage_model.model_ema.",
    "cond_stage_model.logit_scale",
    "cond_stage_model.text_projection",
    "cond_stage_model.transformer.text_projection",
    "cond_stage_model.transformer.visual_projection",
    "cond_stage_model.transformer.vision_model.",
    "embedding_manager.",
    "alphas_cumprod",
    "betas",
    "log_one_minus_alphas_cumprod",
    "logvar",
    "posterior_",
    "sqrt_",
    "denoiser.sigmas",
    "model.betas",
    "model.alphas_cumprod",
)
"""Tensors that training left behind; nothing reads them."""
HARMLESS_SUFFIXES = ("position_ids", "logit_scale")

RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
UNET_ENDS = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
}
VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
VAE_ATTENTION_OF_OLD_DIFFUSERS = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def harmless(name: str) -> bool:
    """The file may hold this tensor though nothing reads it."""
    return name.startswith(HARMLESS_PREFIXES) or name.endswith(HARMLESS_SUFFIXES)


def original_naming(component: str, config: Mapping[str, Any]) -> Naming:
    """The naming of one component in a single file of the original layout; `config` is the module's."""
    if component == TEXT_ENCODER:
        return lambda name: tuple(prefix + name for prefix in TEXT_PREFIXES)
    prefixes = _unet_prefixes(config) if component == UNET else _vae_prefixes(config)
    parts, top = (RESNET, UNET_PREFIX) if component == UNET else ({"conv_shortcut": "nin_shortcut"}, VAE_PREFIX)

    def name_in_file(name: str) -> tuple[str, ...]:
        prefix, rest = _split(name, prefixes)
        inner = (
            parts if ".resnets." in prefix else VAE_ATTENTION if component == VAE and ".attentions." in prefix else {}
        )
        part, ending = _split(rest, inner)
        return (top + ".".join(filter(None, (prefixes.get(prefix, prefix), inner.get(part, part), ending))),)

    return name_in_file


def diffusers_naming(component: str) -> Naming:
    """The naming of one component in a folder of diffusers' layout."""
    if component == TEXT_ENCODER:
        return lambda name: (name, f"text_model.{name}")
    if component == UNET:
        return lambda name: (name,)

    def name_in_file(name: str) -> tuple[str, ...]:
        if ".attentions." not in name:
            return (name,)
        block, _, rest = name.partition(".attentions.0.")
        part, ending = _split(rest, VAE_ATTENTION_OF_OLD_DIFFUSERS)
        old = VAE_ATTENTION_OF_OLD_DIFFUSERS.get(part)
        return (name, f"{block}.attentions.0.{old}.{ending}") if old else (name,)

    return name_in_file


def _split(name: str, table: Mapping[str, str]) -> tuple[str, str]:
    """The longest beginning of a dotted name that is in the table, and the rest; ("", name) when there is none."""
    cut = len(name)
    while cut > 0:
        if name[:cut] in table:
            return name[:cut], name[cut + 1 :]
        cut = name.rfind(".", 0, cut)
    return "", name


def _unet_prefixes(config: Mapping[str, Any]) -> dict[str, str]:
    prefixes = dict(UNET_ENDS)
    layers: int = config["layers_per_block"]
    last = len(config["down_block_types"]) - 1
    place = 1
    for block in range(last + 1):
        for layer in range(layers):
            prefixes[f"down_blocks.{block}.resnets.{layer}"] = f"input_blocks.{place}.0"
            prefixes[f"down_blocks.{block}.attentions.{layer}"] = f"input_blocks.{place}.1"
            place += 1
        if block < last:
            prefixes[f"down_blocks.{block}.downsamplers.0.conv"] = f"input_blocks.{place}.0.op"
            place += 1
    for block, kind in enumerate(config["up_block_types"]):
        first = block * (layers + 1)
        for layer in range(layers + 1):
            prefixes[f"up_blocks.{block}.resnets.{layer}"] = f"output_blocks.{first + layer}.0"
            prefixes[f"up_blocks.{block}.attentions.{layer}"] = f"output_blocks.{first + layer}.1"
        if block < last:
            behind = 2 if "CrossAttn" in kind else 1
            prefixes[f"up_blocks.{block}.upsamplers.0.conv"] = f"output_blocks.{first + layers}.{behind}.conv"
    return prefixes


def _vae_prefixes(config: Mapping[str, Any]) -> dict[str, str]:
    prefixes: dict[str, str] = {}
    blocks, layers = len(config["block_out_channels"]), config.get("layers_per_block", 1)
    for half, direction, sampler, extra in (("encoder", "down", "downsample", 0), ("decoder", "up", "upsample", 1)):
        for block in range(blocks):
            # the original decoder counts its blocks from the picture, diffusers from the latents
            theirs = block if half == "encoder" else blocks - 1 - block
            ours, stem = f"{half}.{direction}_blocks.{block}", f"{half}.{direction}.{theirs}"
            for layer in range(layers + extra):
                prefixes[f"{ours}.resnets.{layer}"] = f"{stem}.block.{layer}"
            prefixes[f"{ours}.{sampler}rs.0"] = f"{stem}.{sampler}"
        prefixes[f"{half}.mid_block.resnets.0"] = f"{half}.mid.block_1"
        prefixes[f"{half}.mid_block.attentions.0"] = f"{half}.mid.attn_1"
        prefixes[f"{half}.mid_block.resnets.1"] = f"{half}.mid.block_2"
        prefixes[f"{half}.conv_norm_out"] = f"{half}.norm_out"
    return prefixes
