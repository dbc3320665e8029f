"""A picture's own noise."""

from __future__ import annotations

import torch
from torch import Tensor

LATENT_CHANNELS = 4
PIXELS_PER_CELL = 8


class SeededNoise:
    """Standard normal noise for one picture, drawn from its own CPU generator, so that neither batch nor device changes it."""

    def __init__(self, seed: int, *, width_px: int, height_px: int, device: torch.device) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        self._shape = (LATENT_CHANNELS, height_px // PIXELS_PER_CELL, width_px // PIXELS_PER_CELL)
        self._device = device

    def __call__(self) -> Tensor:
        """The next noise: (4, height/8, width/8), float32."""
        return torch.randn(self._shape, generator=self._generator).to(self._device)
