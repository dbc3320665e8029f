"""Small checkpoints of random weights in the real layouts, for every test that needs a file of weights to load.

`write_original` makes a single file as CompVis lays it out, `write_folder` a diffusers folder; both are a few MB and bring their
own architecture along. They render, though nothing to look at.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from sdtui.engine.clip import ClipTextEncoder
from sdtui.engine.keys import original_naming
from sdtui.engine.libraries import load_libraries

WIDTH = 32
CONFIGS: dict[str, dict[str, Any]] = {
    "unet": {
        "_class_name": "UNet2DConditionModel",
        "sample_size": 8,
        "in_channels": 4,
        "out_channels": 4,
        "block_out_channels": [32, 64],
        "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
        "layers_per_block": 1,
        "attention_head_dim": 2,
        "cross_attention_dim": WIDTH,
        "norm_num_groups": 8,
    },
    "vae": {
        "_class_name": "AutoencoderKL",
        "in_channels": 3,
        "out_channels": 3,
        "block_out_channels": [8, 8, 16, 16],
        "down_block_types": ["DownEncoderBlock2D"] * 4,
        "up_block_types": ["UpDecoderBlock2D"] * 4,
        "layers_per_block": 1,
        "latent_channels": 4,
        "norm_num_groups": 4,
        "sample_size": 64,
        "scaling_factor": 0.18215,
    },
    "text_encoder": {
        "model_type": "clip_text_model",
        "hidden_act": "quick_gelu",
        "hidden_size": WIDTH,
        "intermediate_size": 64,
        "num_attention_heads": 2,
        "num_hidden_layers": 2,
        "layer_norm_eps": 1e-5,
        "max_position_embeddings": 77,
        "vocab_size": 49408,
    },
}
METADATA = {"modelspec.architecture": "stable-diffusion-v1", "sdtui.architecture": json.dumps(CONFIGS)}
FOLDER_FILES = {
    "unet": "diffusion_pytorch_model.safetensors",
    "vae": "diffusion_pytorch_model.safetensors",
    "text_encoder": "model.safetensors",
}


def random_state(seed: int = 0, dtype: torch.dtype = torch.float16) -> dict[str, dict[str, Tensor]]:
    """Random tensors for unet, vae and text_encoder by the modules' own names."""
    libraries = load_libraries()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        modules = {
            "unet": libraries.unet.from_config(CONFIGS["unet"]),
            "vae": libraries.vae.from_config(CONFIGS["vae"]),
            "text_encoder": ClipTextEncoder(CONFIGS["text_encoder"]),
        }
        for embedding in modules["text_encoder"].embeddings.children():
            torch.nn.init.normal_(embedding.weight)
    return {
        name: {key: tensor.to(dtype).contiguous() for key, tensor in module.state_dict().items()}
        for name, module in modules.items()
    }


def original_tensors(state: Mapping[str, Mapping[str, Tensor]], *, text_model: bool = True) -> dict[str, Tensor]:
    """The tensors under their names in the original layout; `text_model` as most files have it, without as newer tools save."""
    tensors: dict[str, Tensor] = {}
    for component, held in state.items():
        naming = original_naming(component, CONFIGS[component])
        for name, tensor in held.items():
            names = naming(name)
            # attention in original VAEs is made of 1×1 convolutions
            is_convolution = component == "vae" and ".attentions." in name and tensor.ndim == 2
            original = names[0] if text_model else names[-1]
            tensors[original] = tensor[:, :, None, None].contiguous() if is_convolution else tensor
    return tensors


def write_original(
    path: Path,
    *,
    seed: int = 0,
    dtype: torch.dtype = torch.float16,
    text_model: bool = True,
    edit: Callable[[dict[str, Tensor]], None] = lambda tensors: None,
) -> Path:
    """A single file in the original layout; `edit` may change its tensors before they are written."""
    tensors = original_tensors(random_state(seed, dtype), text_model=text_model)
    edit(tensors)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, METADATA)
    return path


def write_folder(
    path: Path, *, seed: int = 0, old_names: bool = False, leave_out: Iterable[str] = (), variant: str = ""
) -> Path:
    """A diffusers folder; `old_names` as tools before 2023 wrote them, `leave_out` components without weights."""
    state = random_state(seed)
    index = {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"]}
    path.mkdir(parents=True)
    (path / "model_index.json").write_text(json.dumps(index))
    for component, tensors in state.items():
        folder = path / component
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(CONFIGS[component]))
        if component not in leave_out:
            named = {_old_name(component, name) if old_names else name: tensor for name, tensor in tensors.items()}
            save_file(named, folder / FOLDER_FILES[component].replace(".", f"{variant}.", 1))
    return path


def _old_name(component: str, name: str) -> str:
    if component == "text_encoder":
        return f"text_model.{name}"
    if component == "vae" and ".attentions." in name:
        for new, old in (("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn")):
            name = name.replace(f".{new}.", f".{old}.")
    return name
