"""Another VAE than the checkpoint's own: a file of its own, in the original layout or in diffusers'."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sdtui.engine.adapters.tensors import check_finite, read_tensors
from sdtui.engine.device import Compute
from sdtui.engine.keys import VAE, VAE_PREFIX, diffusers_naming, original_naming
from sdtui.engine.libraries import load_libraries
from sdtui.errors import ModelError
from sdtui.spec.model import ModelFile

NAMED = 3
UNREAD = ("loss.", "model_ema.")
"""Beginnings of names that training left behind."""


def load_vae(file: ModelFile, config: Mapping[str, Any], compute: Compute) -> Any:
    """The VAE in a file, built as `config` says (that of the checkpoint's own, whose scale it keeps), on the device.

    Raises ModelError when it is damaged or of another build.
    """
    path = Path(file.path)
    held = {
        name.removeprefix(VAE_PREFIX): tensor
        for name, tensor in read_tensors(path).tensors.items()
        if not name.removeprefix(VAE_PREFIX).startswith(UNREAD)
    }
    check_finite(held, path)
    with torch.device("meta"):
        module = load_libraries().vae.from_config(dict(config))
    original, diffusers = original_naming(VAE, config), diffusers_naming(VAE)
    state: dict[str, Tensor] = {}
    problems: list[str] = []
    for name, wanted in module.state_dict().items():
        names = (*(each.removeprefix(VAE_PREFIX) for each in original(name)), *diffusers(name))
        tensor = next((held[each] for each in names if each in held), None)
        if tensor is None:
            problems.append(f"{names[0]} is missing")
        elif tensor.numel() != wanted.numel() or tensor.shape[:1] != wanted.shape[:1]:
            problems.append(f"{names[0]} is {_shape(tensor)} instead of {_shape(wanted)}")
        else:
            state[name] = tensor.to(compute.device, compute.vae_dtype).reshape(wanted.shape)
    if problems:
        more = f", and {len(problems) - NAMED} more" if len(problems) > NAMED else ""
        raise ModelError(
            f"The VAE {file.name} does not fit the checkpoint: {', '.join(problems[:NAMED])}{more}.",
            where=file.path,
            todo="It is damaged, or made for models of another family.",
        )
    module.load_state_dict(state, strict=True, assign=True)
    module.requires_grad_(False).eval()
    return module.to(memory_format=torch.channels_last) if compute.vae_channels_last else module


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a number"
