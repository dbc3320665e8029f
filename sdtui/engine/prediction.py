"""What a UNet's output says about the clean latents."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

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
