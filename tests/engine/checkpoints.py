"""Small checkpoints of random weights in the real layouts, for every test that needs a file of weights to load.

`write_original` makes a single file as the family's makers lay it out, `write_folder` a diffusers folder; both are a few MB and
bring their own architecture along. They render, though nothing to look at.
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
from tests.engine.small import ARCHITECTURE, CLIP_WIDTH, PIPELINES, SMALL

WIDTH = CLIP_WIDTH
CONFIGS = SMALL["sd1"]
OPENCLIP_PLACES = {"sd2": "cond_stage_model.model.", "sdxl": "conditioner.embedders.1.model."}
OPENCLIP_PLACES |= {"sdxl-refiner": "conditioner.embedders.0.model."}
"""Where the files of a family keep OpenCLIP."""
FOLDER_FILES = {"unet": "diffusion_pytorch_model.safetensors", "vae": "diffusion_pytorch_model.safetensors"}


def metadata_of(family: str) -> dict[str, str]:
    """The metadata of a family's small file."""
    return {
        "modelspec.architecture": ARCHITECTURE[family],
        "sdtui.architecture": json.dumps(SMALL[family]),
        "sdtui.defaults": json.dumps({"width": 64, "height": 64}),
    }


METADATA = metadata_of("sd1")


def random_state(
    seed: int = 0, dtype: torch.dtype = torch.float16, family: str = "sd1"
) -> dict[str, dict[str, Tensor]]:
    """Random tensors for each module of a family by the modules' own names."""
    libraries = load_libraries()
    modules: dict[str, Any] = {}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for name, config in SMALL[family].items():
            if name in FOLDER_FILES:
                modules[name] = getattr(libraries, name).from_config(config)
                continue
            modules[name] = ClipTextEncoder(config)
            for embedding in modules[name].embeddings.children():
                torch.nn.init.normal_(embedding.weight)
    return {
        name: {key: tensor.to(dtype).contiguous() for key, tensor in module.state_dict().items()}
        for name, module in modules.items()
    }


def original_tensors(
    state: Mapping[str, Mapping[str, Tensor]], *, text_model: bool = True, family: str = "sd1"
) -> dict[str, Tensor]:
    """The tensors under their names in the original layout; `text_model` as most files have it, without as newer tools save."""
    tensors: dict[str, Tensor] = {}
    for component, held in state.items():
        is_openclip = family in OPENCLIP_PLACES and SMALL[family][component].get("hidden_act") == "gelu"
        if is_openclip:
            tensors |= openclip_tensors(held, OPENCLIP_PLACES[family], one_more_layer=family == "sd2")
            continue
        naming = original_naming(component, SMALL[family][component], family)
        for name, tensor in held.items():
            names = naming(name)
            # attention in original VAEs is made of 1×1 convolutions
            is_convolution = component == "vae" and ".attentions." in name and tensor.ndim == 2
            original = names[0] if text_model else names[-1]
            tensors[original] = tensor[:, :, None, None].contiguous() if is_convolution else tensor
    return tensors


def openclip_tensors(held: Mapping[str, Tensor], place: str, *, one_more_layer: bool) -> dict[str, Tensor]:
    """A text encoder as OpenCLIP saves it, with the tensors that nobody reads."""
    names = {
        "embeddings.token_embedding.weight": "token_embedding.weight",
        "embeddings.position_embedding.weight": "positional_embedding",
        "final_layer_norm.weight": "ln_final.weight",
        "final_layer_norm.bias": "ln_final.bias",
    }
    parts = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj"}
    parts |= {"self_attn.out_proj": "attn.out_proj"}
    tensors = {original: held[name] for name, original in names.items()}
    layers = 1 + max(int(name.split(".")[2]) for name in held if name.startswith("encoder.layers."))
    for layer in range(layers):
        ours, theirs = f"encoder.layers.{layer}.", f"transformer.resblocks.{layer}."
        for kind in ("weight", "bias"):
            for part, original in parts.items():
                tensors[f"{theirs}{original}.{kind}"] = held[f"{ours}{part}.{kind}"]
            thirds = [held[f"{ours}self_attn.{third}_proj.{kind}"] for third in "qkv"]
            tensors[f"{theirs}attn.in_proj_{kind}"] = torch.cat(thirds)
    if one_more_layer:
        last, further = f"transformer.resblocks.{layers - 1}.", f"transformer.resblocks.{layers}."
        again = {name: tensor for name, tensor in tensors.items() if name.startswith(last)}
        tensors |= {name.replace(last, further): tensor.clone() for name, tensor in again.items()}
    width = held["final_layer_norm.weight"].shape[0]
    projection = held.get("text_projection.weight")
    tensors["text_projection"] = torch.zeros(width, width) if projection is None else projection.T.contiguous()
    tensors["logit_scale"] = torch.tensor(4.6)
    return {place + name: tensor for name, tensor in tensors.items()}


def write_original(
    path: Path,
    *,
    seed: int = 0,
    dtype: torch.dtype = torch.float16,
    text_model: bool = True,
    edit: Callable[[dict[str, Tensor]], None] = lambda tensors: None,
    family: str = "sd1",
) -> Path:
    """A single file in the original layout; `edit` may change its tensors before they are written."""
    tensors = original_tensors(random_state(seed, dtype, family), text_model=text_model, family=family)
    edit(tensors)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, metadata_of(family))
    return path


def write_folder(
    path: Path,
    *,
    seed: int = 0,
    old_names: bool = False,
    leave_out: Iterable[str] = (),
    variant: str = "",
    family: str = "sd1",
) -> Path:
    """A diffusers folder; `old_names` as tools before 2023 wrote them, `leave_out` components without weights."""
    state = random_state(seed, family=family)
    index = {"_class_name": PIPELINES[family], "unet": ["diffusers", "UNet2DConditionModel"]}
    path.mkdir(parents=True)
    (path / "model_index.json").write_text(json.dumps(index))
    for component, tensors in state.items():
        folder = path / component
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(SMALL[family][component]))
        if component not in leave_out:
            named = {_old_name(component, name) if old_names else name: tensor for name, tensor in tensors.items()}
            file = FOLDER_FILES.get(component, "model.safetensors")
            save_file(named, folder / file.replace(".", f"{variant}.", 1))
    return path


def _old_name(component: str, name: str) -> str:
    if component.startswith("text_encoder"):
        return name if name.startswith("text_projection") else f"text_model.{name}"
    if component == "vae" and ".attentions." in name:
        for new, old in (("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn")):
            name = name.replace(f".{new}.", f".{old}.")
    return name
