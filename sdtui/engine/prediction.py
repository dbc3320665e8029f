"""What a UNet's output says about the clean latents."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch

from sdtui.engine.device import Compute

Prediction = Callable[[float], tuple[float, float]]
"""From a sigma to (a, b), so that clean latents = a · latents + b · output, in Karras' coordinates (clean plus sigma times noise)."""


def epsilon(sigma: float) -> tuple[float, float]:
    """The output is the noise (Ho et al. 2020): clean = latents − sigma · output."""
    return 1.0, -sigma


def velocity(sigma: float) -> tuple[float, float]:
    """The output is v = ᾱ^½·noise − (1 − ᾱ)^½·clean (Salimans and Ho 2022, appendix D), with ᾱ = 1 / (sigma² + 1)."""
    variance = sigma**2 + 1.0
    return 1.0 / variance, -sigma / math.sqrt(variance)


PREDICTIONS: Mapping[str, Prediction] = MappingProxyType({"epsilon": epsilon, "v_prediction": velocity})

PROBE_CELLS = 8
LAST_TIMESTEP = 999
VELOCITY_BELOW = -1.0


@torch.inference_mode()
def find_prediction(unet: Any, compute: Compute) -> Prediction:
    """What an SD 2.x UNet predicts when nobody says: one look at what it makes of a bright grey at the last timestep.

    As A1111: for a model that predicts the noise the output stays near the input, for one that predicts v it falls far below.
    """
    shape = (1, unet.config.in_channels, PROBE_CELLS, PROBE_CELLS)
    grey = torch.full(shape, 0.5, device=compute.device, dtype=compute.dtype)
    context = torch.zeros((1, 2, unet.config.cross_attention_dim), device=compute.device, dtype=compute.dtype)
    output = unet(grey, torch.tensor(LAST_TIMESTEP, device=compute.device), context, return_dict=False)[0]
    return velocity if float((output - grey[:, : output.shape[1]]).mean()) < VELOCITY_BELOW else epsilon
