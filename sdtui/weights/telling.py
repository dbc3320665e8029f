"""The table of telling keys: which tensor names make a file what it is. The first row that fits wins."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from sdtui.spec.model import ModelKind
from sdtui.weights.families import CONTEXT_WIDTHS, UNKNOWN, with_channels
from sdtui.weights.header import TensorInfo

UNET_IN = "model.diffusion_model.input_blocks.0.0.weight"
Tensors = Mapping[str, TensorInfo]


class Telling(Struct, frozen=True, kw_only=True):
    """One row: a file that has all `keys` is of this kind; one `*` in a key stands for anything.

    The family is `family`, else read from `context`: keys with the axis whose extent is the width of the text encoding.
    `channels` names the weight whose second axis are the UNet's input channels.
    """

    kind: ModelKind
    keys: tuple[str, ...]
    family: str = ""
    context: tuple[tuple[str, int], ...] = ()
    channels: str = ""


def _checkpoint(*keys: str, family: str = "") -> Telling:
    context = (("model.diffusion_model.input_blocks.*attn2.to_k.weight", 1),)
    return Telling(kind="checkpoint", keys=(UNET_IN, *keys), family=family, context=context, channels=UNET_IN)


def _foreign(key: str, family: str) -> Telling:
    return Telling(kind="checkpoint", keys=(key,), family=family)


LORA_CONTEXT: tuple[tuple[str, int], ...] = (
    ("lora_unet_*attn2_to_k.lora_down.weight", 1),
    ("lora_unet_*attn2_to_v.lora_down.weight", 1),
    ("lora_unet_*attn2_to_k.hada_w1_b", 1),
    ("lora_unet_*attn2_to_k.diff", 1),
    ("unet.*attn2.to_k.lora_A.weight", 1),
    ("unet.*attn2.to_k.lora.down.weight", 1),
    ("unet.*attn2.processor.to_k_lora.down.weight", 1),
    ("*attn2.to_k.lora_A.weight", 1),
    ("*attn2.to_k.lora_A.default.weight", 1),
    ("*attn2.processor.to_k_lora.down.weight", 1),
    ("*self_attn_q_proj.lora_down.weight", 1),
    ("*self_attn_q_proj.hada_w1_b", 1),
    ("*self_attn.q_proj.lora_A.weight", 1),
    ("*self_attn.q_proj.lora_linear_layer.down.weight", 1),
)
"""Where a LoRA shows the width of the text encoding: the UNet's cross-attention first, else the text encoder itself."""
LORA_ENDS = (
    "*.lora_down.weight",
    "*.lora_A.weight",
    "*.lora_A.default.weight",
    "*.lora.down.weight",
    "*_lora.down.weight",
    "*.lora_linear_layer.down.weight",
    "*.hada_w1_a",
    "*.lokr_w1",
    "*.lokr_w1_a",
    "*.oft_blocks",
    "*.oft_diag",
    "*.a1.weight",
)
"""How the tensors of a LoRA and its relatives (LoCon, LoHa, LoKr, OFT, GLoRA) are named."""
LORA_FAMILIES = (
    ("lora_te2_*", "sdxl"),
    ("text_encoder_2.*", "sdxl"),
    ("lora_unet_input_blocks_4_1_*", "sdxl"),
    ("lora_unet_down_blocks_1_attentions_0_transformer_blocks_1_*", "sdxl"),
    ("unet.down_blocks.1.attentions.0.transformer_blocks.1.*", "sdxl"),
    ("lora_unet_double_blocks_*", "flux"),
    ("transformer.single_transformer_blocks.*", "flux"),
    ("lora_unet_joint_blocks_*", "sd3"),
    ("transformer.transformer_blocks.*", "sd3"),
)
"""Module names that only one family has."""

TELLING: tuple[Telling, ...] = (
    _checkpoint("conditioner.embedders.1.model.*", family="sdxl"),
    _checkpoint("conditioner.embedders.0.model.*", family="sdxl-refiner"),
    _checkpoint("cond_stage_model.transformer.*", family="sd1"),
    _checkpoint("cond_stage_model.model.*", family="sd2"),
    _checkpoint(),
    _foreign("model.diffusion_model.joint_blocks.0.*", "sd3"),
    _foreign("joint_blocks.0.*", "sd3"),
    _foreign("model.diffusion_model.double_blocks.0.*", "flux"),
    _foreign("double_blocks.0.*", "flux"),
    _foreign("model.diffusion_model.*", UNKNOWN),
    Telling(
        kind="checkpoint",
        keys=("conv_in.weight", "time_embedding.linear_1.weight", "up_blocks.0.*"),
        context=(("*attn2.to_k.weight", 1),),
        channels="conv_in.weight",
    ),
    Telling(
        kind="controlnet",
        keys=("control_model.input_hint_block.0.weight",),
        context=(("control_model.input_blocks.*attn2.to_k.weight", 1),),
    ),
    Telling(
        kind="controlnet",
        keys=("input_hint_block.0.weight", "zero_convs.0.0.weight"),
        context=(("input_blocks.*attn2.to_k.weight", 1),),
    ),
    Telling(
        kind="controlnet",
        keys=("controlnet_cond_embedding.conv_in.weight",),
        context=(("down_blocks.*attn2.to_k.weight", 1),),
    ),
    Telling(kind="controlnet", keys=("lora_controlnet",), family=UNKNOWN),
    *(Telling(kind="lora", keys=(key, end), family=family) for key, family in LORA_FAMILIES for end in LORA_ENDS),
    *(Telling(kind="lora", keys=(end,), context=LORA_CONTEXT) for end in (*LORA_ENDS, "lora_unet_*.diff")),
    Telling(kind="embedding", keys=("clip_g", "clip_l"), family="sdxl"),
    Telling(kind="embedding", keys=("emb_params",), context=(("emb_params", -1),)),
    *(
        Telling(kind="hypernetwork", keys=(f"{width}.0.linear.0.weight",), family=family)
        for width, family in CONTEXT_WIDTHS.items()
    ),
    Telling(kind="hypernetwork", keys=("*.0.linear.0.weight", "*.1.linear.0.weight"), family=UNKNOWN),
    Telling(kind="vae", keys=("first_stage_model.decoder.conv_in.weight",), family="sd"),
    Telling(kind="vae", keys=("decoder.conv_in.weight", "decoder.conv_out.weight"), family="sd"),
    Telling(kind="upscaler", keys=("model.1.sub.0.RDB1.conv1.0.weight",), family="any"),
    Telling(kind="upscaler", keys=("*RRDB_trunk.0.RDB1.conv1.weight",), family="any"),
    Telling(kind="upscaler", keys=("*conv_first.weight",), family="any"),
    Telling(kind="upscaler", keys=("m_head.0.weight", "m_tail.0.weight"), family="any"),
    Telling(kind="upscaler", keys=("*body.0.weight", "*body.1.weight", "*body.2.weight"), family="any"),
)


def tell(tensors: Tensors) -> tuple[ModelKind, str] | None:
    """The kind and family that the first fitting row gives a file with these tensors; None when no row fits."""
    lines = "\n" + "\n".join(tensors) + "\n"
    found: dict[str, str] = {}
    for row in TELLING:
        if all(_find_once(found, lines, tensors, key) for key in row.keys):
            return row.kind, _family(row, tensors)
    return ("embedding", family) if (family := _lone_embedding(tensors)) else None


def find_key(tensors: Tensors, pattern: str) -> str:
    """The first tensor name that fits a pattern with at most one `*`, or nothing."""
    start, star, end = pattern.partition("*")
    if not star:
        return pattern if pattern in tensors else ""
    fits = (name for name in tensors if name.startswith(start) and name.endswith(end))
    return next(fits, "")


def _find_once(found: dict[str, str], lines: str, tensors: Tensors, pattern: str) -> str:
    """As `find_key`, for many rows over thousands of names: each pattern once, and only where a search of all names hits."""
    if pattern not in found:
        start, star, end = pattern.partition("*")
        likely = not star or ("\n" + start in lines and end + "\n" in lines)
        found[pattern] = find_key(tensors, pattern) if likely else ""
    return found[pattern]


def _family(row: Telling, tensors: Tensors) -> str:
    family = row.family or _context_family(row, tensors)
    if row.kind == "vae":
        return family if _extent(tensors, row.keys[0], 1) == 4 else UNKNOWN
    return with_channels(family, _extent(tensors, row.channels, 1)) if row.channels else family


def _context_family(row: Telling, tensors: Tensors) -> str:
    for pattern, axis in row.context:
        if name := find_key(tensors, pattern):
            return CONTEXT_WIDTHS.get(_extent(tensors, name, axis), UNKNOWN)
    return UNKNOWN


def _lone_embedding(tensors: Tensors) -> str:
    """The family of a textual inversion as diffusers saves it: one tensor, named after its token."""
    if len(tensors) != 1:
        return ""
    ((_, tensor),) = tensors.items()
    return CONTEXT_WIDTHS.get(tensor.shape[-1], "") if len(tensor.shape) in {1, 2} else ""


def _extent(tensors: Tensors, name: str, axis: int) -> int:
    shape = tensors[name].shape
    return shape[axis] if -len(shape) <= axis < len(shape) else 0
