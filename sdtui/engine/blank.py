"""What an inpainting model gets when there is nothing to keep: then it draws as any other model does."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from sdtui.engine.device import Compute
from sdtui.engine.noise import PIXELS_PER_CELL

KEPT_SIZES = 8


class Blank:
    """A picture that is masked all over: a mask of ones, and the latents of the grey that masked pictures are filled with.

    As A1111, but the grey's latents are the mean of what the VAE says instead of a draw from it.
    """

    def __init__(self, vae: Any, compute: Compute) -> None:
        self._vae = vae
        self._compute = compute
        self._held: dict[tuple[int, int], Tensor] = {}

    def at(self, height: int, width: int) -> Tensor:
        """For latents of so many cells: (5, height, width), the mask and VAE-scaled latents."""
        if (height, width) not in self._held:
            if len(self._held) >= KEPT_SIZES:
                self._held.clear()
            self._held[height, width] = self._encoded(height, width)
        return self._held[height, width]

    def _encoded(self, height: int, width: int) -> Tensor:
        compute = self._compute
        shape = (1, 3, height * PIXELS_PER_CELL, width * PIXELS_PER_CELL)
        grey = torch.zeros(shape, device=compute.device, dtype=compute.vae_dtype)
        latents = self._vae.encode(grey).latent_dist.mean[0].float() * self._vae.config.scaling_factor
        return torch.cat([torch.ones_like(latents[:1]), latents])
