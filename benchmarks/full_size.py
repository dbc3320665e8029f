"""Checkpoints of a family's real size with random weights, for benchmarks to load; whoever writes one removes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

POOL = 1 << 20
SPREAD = 0.02
"""The deviation of the weights: small enough for a deep UNet to stay finite in half precision."""
PIPELINES = {"sd1": "StableDiffusionPipeline", "sdxl": "StableDiffusionXLPipeline"}


def random_weights(configs: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """float16 tensors for each module of a family, by the modules' own names."""
    import torch

    from sdtui.engine.clip import ClipTextEncoder
    from sdtui.engine.libraries import load_libraries

    libraries = load_libraries()
    pool = (torch.randn(POOL, generator=torch.Generator().manual_seed(1)) * SPREAD).half()
    weights: dict[str, dict[str, Any]] = {}
    for component, config in configs.items():
        with torch.device("meta"):
            kind = getattr(libraries, component, None)
            module = kind.from_config(config) if kind is not None else ClipTextEncoder(config)
        weights[component] = {
            name: pool.repeat(-(-tensor.numel() // POOL))[: tensor.numel()].view(tensor.shape).clone()
            for name, tensor in module.state_dict().items()
        }
    return weights


def write_sd1_file(path: Path) -> Path:
    """A single file in the original layout, 2.1 GB."""
    from safetensors.torch import save_file

    from sdtui.engine.keys import original_naming
    from sdtui.weights.configs import family_config

    configs = family_config("sd1")
    tensors: dict[str, Any] = {}
    for component, held in random_weights(configs).items():
        naming = original_naming(component, configs[component])  # type: ignore[arg-type]
        for name, tensor in held.items():
            # attention in original VAEs is made of 1×1 convolutions
            is_convolution = component == "vae" and ".attentions." in name and tensor.ndim == 2
            tensors[naming(name)[0]] = tensor[:, :, None, None] if is_convolution else tensor
    save_file(tensors, path)
    return path


def write_folder(path: Path, family: str, configs: Mapping[str, Any]) -> Path:
    """A diffusers folder of a family (sd1, sdxl) with these configs."""
    from safetensors.torch import save_file

    path.mkdir(parents=True)
    index = {"_class_name": PIPELINES[family], "unet": ["diffusers", "UNet2DConditionModel"]}
    (path / "model_index.json").write_text(json.dumps(index))
    for component, tensors in random_weights(configs).items():
        folder = path / component
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(configs[component]))
        name = "model" if component.startswith("text") else "diffusion_pytorch_model"
        save_file(tensors, folder / f"{name}.safetensors")
    return path
