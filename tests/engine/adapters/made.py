"""Files of adapters with random numbers, in the layouts that training programs write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from sdtui.engine.adapters.names import component, text_encoders
from sdtui.engine.checkpoint import Checkpoint, load_checkpoint
from sdtui.engine.device import open_device
from sdtui.engine.keys import UNET, UNET_PREFIX, original_naming
from sdtui.spec.adapter import Network
from sdtui.spec.model import ModelFile
from sdtui.weights.identify import builtin_path, identify
from sdtui.weights.stamp import stamp

RANK = 4
LINEAR = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"
SECOND = "mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0"
CONVOLUTION = "down_blocks.0.resnets.0.conv1"
POINTWISE = "up_blocks.0.attentions.0.proj_in"
UNET_PATHS = (LINEAR, SECOND, CONVOLUTION, POINTWISE)
TEXT_PATH = "encoder.layers.1.self_attn.q_proj"


def fresh_checkpoint(path: Path | None = None) -> Checkpoint:
    """A checkpoint of its own; the built-in model without a path."""
    stages = load_checkpoint(identify(path or builtin_path()), open_device("cpu"))
    while True:
        try:
            next(stages)
        except StopIteration as finished:
            loaded: Checkpoint = finished.value
            return loaded


def model_file(path: Path) -> ModelFile:
    """The file as it is now."""
    size, mtime_ns = stamp(path)
    return ModelFile(name=path.stem, path=str(path), size=size, mtime_ns=mtime_ns)


def lora(path: Path, te: float = 1.0, unet: float = 1.0, dyn: int | None = None) -> Network:
    """A LoRA as a render names it."""
    return Network(kind="lora", file=model_file(path), te=te, unet=unet, dyn=dyn)


def weight_of(checkpoint: Checkpoint, path: str, where: str = UNET) -> Tensor:
    """The weight of a module, itself."""
    weight: Tensor = component(checkpoint, where).get_submodule(path).weight.data
    return weight


def all_weights(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """A copy of every tensor of UNet and text encoders."""
    modules = [checkpoint.unet, *text_encoders(checkpoint)]
    return {f"{n}.{key}": t.clone() for n, module in enumerate(modules) for key, t in module.state_dict().items()}


def same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    """Bit-equal."""
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def factors(weight: Tensor, generator: torch.Generator, rank: int = RANK, *, mid: bool = False) -> dict[str, Tensor]:
    """up and down for a weight; with `mid` as LoCon writes a decomposed convolution."""
    out, into, *window = weight.shape
    ones = [1] * len(window)
    down = (rank, into, *ones) if mid else (rank, into, *window)
    made = {"lora_up.weight": _random((out, rank, *ones), generator), "lora_down.weight": _random(down, generator)}
    return made | ({"lora_mid.weight": _random((rank, rank, *window), generator)} if mid else {})


def _random(shape: Iterable[int], generator: torch.Generator) -> Tensor:
    return torch.randn(tuple(shape), generator=generator) * 0.1


def kohya(path: str, prefix: str = "lora_unet_") -> str:
    """A module's name as kohya writes it."""
    return prefix + path.replace(".", "_")


def original(path: str, checkpoint: Checkpoint) -> str:
    """The UNet module's path in the original layout."""
    name = original_naming(UNET, checkpoint.unet.config)(f"{path}.weight")[0]
    return name.removeprefix(UNET_PREFIX).removesuffix(".weight")


def write(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> Path:
    """A safetensors file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path, dict(metadata or {}))
    return path


def write_lora(
    path: Path,
    checkpoint: Checkpoint,
    *,
    named: Callable[[str], str] = kohya,
    paths: Iterable[str] = UNET_PATHS,
    text: bool = True,
    alpha: float = 2.0,
    seed: int = 1,
) -> Path:
    """A plain LoRA for some modules of the UNet and, with `text`, one of the text encoder, by kohya's names."""
    generator = torch.Generator().manual_seed(seed)
    tensors: dict[str, Tensor] = {}
    for module in paths:
        for part, tensor in factors(weight_of(checkpoint, module), generator).items():
            tensors[f"{named(module)}.{part}"] = tensor
        tensors[f"{named(module)}.alpha"] = torch.tensor(alpha)
    if text:
        module = kohya(f"text_model.{TEXT_PATH}", "lora_te_")
        weight = weight_of(checkpoint, TEXT_PATH, "text_encoder1")
        tensors |= {f"{module}.{part}": tensor for part, tensor in factors(weight, generator).items()}
    return write(path, tensors)
