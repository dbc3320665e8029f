"""What the tensors of a checkpoint are called, by layout: from a module's own names to the names in the file.

A naming turns a module's tensor name into the names it may have in a file, the usual one first. Original layout: the names of
CompVis' stable-diffusion; diffusers layout: diffusers' and transformers' own, old spellings included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Naming = Callable[[str], tuple[str, ...]]

UNET, VAE, TEXT_ENCODER, TEXT_ENCODER_2 = "unet", "vae", "text_encoder", "text_encoder_2"
COMPONENTS = (UNET, VAE, TEXT_ENCODER)

INPAINT = "-inpaint"
UNET_PREFIX, VAE_PREFIX = "model.diffusion_model.", "first_stage_model."
TEXT_PREFIXES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("sd1", TEXT_ENCODER): ("cond_stage_model.transformer.text_model.", "cond_stage_model.transformer."),
    ("sd2", TEXT_ENCODER): ("cond_stage_model.model.",),
    ("sdxl", TEXT_ENCODER): (
        "conditioner.embedders.0.transformer.text_model.",
        "conditioner.embedders.0.transformer.",
    ),
    ("sdxl", TEXT_ENCODER_2): ("conditioner.embedders.1.model.",),
    ("sdxl-refiner", TEXT_ENCODER_2): ("conditioner.embedders.0.model.",),
}
"""Where a family's text encoders are, the usual place first; those that end in `model.` are laid out as OpenCLIP's."""
OPENCLIP_END = ".model."

HARMLESS_PREFIXES = (
    "model_ema.",
    "first_stage_model.loss.",
    "first_stage_model.model_ema.",
    "cond_stage_model.logit_scale",
    "cond_stage_model.text_projection",
    "cond_stage_model.transformer.text_projection",
    "cond_stage_model.transformer.visual_projection",
    "cond_stage_model.transformer.vision_model.",
    "cond_stage_model.model.text_projection",
    "conditioner.embedders.0.transformer.text_projection",
    "v_pred",
    "ztsnr",
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
HARMLESS_SUFFIXES = ("position_ids", "logit_scale", ".model.attn_mask")

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
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
}
OPENCLIP_ENDS = {
    "embeddings.token_embedding": "token_embedding",
    "final_layer_norm": "ln_final",
}
OPENCLIP_WHOLE = {
    "embeddings.position_embedding.weight": "positional_embedding",
    "text_projection.weight": "text_projection",
}
OPENCLIP_PARTS = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}
OPENCLIP_THIRDS = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")
"""What OpenCLIP keeps in one tensor, `attn.in_proj_`, one below the other."""
VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
VAE_ATTENTION_OF_OLD_DIFFUSERS = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


class Cut(NamedTuple):
    """The part of a file's tensor that a module's tensor is: one third of its rows, or all of it on its side."""

    third: int | None = None
    transposed: bool = False


WHOLE = Cut()


def harmless(name: str) -> bool:
    """The file may hold this tensor though nothing reads it."""
    return name.startswith(HARMLESS_PREFIXES) or name.endswith(HARMLESS_SUFFIXES)


def unread_layer(family: str, config: Mapping[str, Any]) -> str:
    """The beginning of the names of the text encoder's layer that files have and nobody reads, or nothing.

    SD 2.x is read at the last layer but one, and its config ends there.
    """
    if family.removesuffix(INPAINT) != "sd2":
        return ""
    return f"{TEXT_PREFIXES['sd2', TEXT_ENCODER][0]}transformer.resblocks.{config['num_hidden_layers']}."


def cut_of(name: str, name_in_file: str) -> Cut:
    """How a module's tensor lies in the file's tensor of this name."""
    if name_in_file.endswith((".in_proj_weight", ".in_proj_bias")):
        return Cut(third=next(place for place, third in enumerate(OPENCLIP_THIRDS) if f"{third}." in name))
    return Cut(transposed=True) if name_in_file.endswith(".text_projection") else WHOLE


def original_naming(component: str, config: Mapping[str, Any], family: str = "sd1") -> Naming:
    """The naming of one component in a single file of a family in the original layout; `config` is the module's."""
    if component in (TEXT_ENCODER, TEXT_ENCODER_2):
        places = TEXT_PREFIXES[family.removesuffix(INPAINT), component]
        spell = openclip_name if places[0].endswith(OPENCLIP_END) else str
        return lambda name: tuple(place + spell(name) for place in places)
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
    if component in (TEXT_ENCODER, TEXT_ENCODER_2):
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


def openclip_name(name: str) -> str:
    """A text encoder's tensor as OpenCLIP names it: q, k and v have one name."""
    if name in OPENCLIP_WHOLE:
        return OPENCLIP_WHOLE[name]
    if not name.startswith("encoder.layers."):
        part, ending = _split(name, OPENCLIP_ENDS)
        return f"{OPENCLIP_ENDS[part]}.{ending}"
    layer, _, rest = name.removeprefix("encoder.layers.").partition(".")
    part, _, ending = rest.rpartition(".")
    inner = f"attn.in_proj_{ending}" if part in OPENCLIP_THIRDS else f"{OPENCLIP_PARTS[part]}.{ending}"
    return f"transformer.resblocks.{layer}.{inner}"


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
