"""Rough pictures from latents, and how a picture becomes bytes."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

SD1_VAE_CHANNELS = (128, 256, 512, 512)
SD1_FACTORS = ((0.298, 0.207, 0.208), (0.187, 0.286, 0.173), (-0.158, 0.189, 0.264), (-0.184, -0.271, -0.473))
"""RGB in −1..1 for each channel of SD 1.x and 2.x latents, as published by its users."""
SDXL_FACTORS = ((60, 60, 60), (-60, -5, 10), (25, 15, -5), (-70, -50, -35))
SDXL_BASE = (150, 140, 130)
"""RGB in 0..255 for each channel of SDXL's latents, and what zero latents are (Vass 2024, "Explaining the SDXL latent space")."""
HALF_RANGE = 127.5
LONGEST_PX = 128


class Sketch(NamedTuple):
    """A rough picture: RGB bytes, row by row."""

    width_px: int
    height_px: int
    rgb: bytes


class LinearSketcher(NamedTuple):
    """One pixel a cell, a linear function of its latents: some dozen microseconds. factors: (4, 3); base: (3, 1, 1)."""

    factors: Tensor
    base: Tensor

    def sketch(self, latents: Tensor) -> Sketch:
        """From the guess of the clean latents (4, h, w): a picture of w × h pixels."""
        rgb = torch.einsum("chw,ck->khw", latents, self.factors) + self.base
        return Sketch(rgb.shape[2], rgb.shape[1], rgb_bytes(rgb))


def sketcher_for(vae_channels: tuple[int, ...], latents: str, device: torch.device) -> LinearSketcher | None:
    """The linear map of the latent space that SD 1.x and 2.x checkpoints share, or SDXL's (`latents` is `xl`); None for others.

    The small VAE that ships is no linear map: fitted to its own pictures one still paints red as brown, so its previews are decodes.
    """
    if vae_channels != SD1_VAE_CHANNELS:
        return None
    if latents != "xl":
        return LinearSketcher(torch.tensor(SD1_FACTORS, device=device), torch.zeros((3, 1, 1), device=device))
    factors = torch.tensor(SDXL_FACTORS, device=device) / HALF_RANGE
    base = torch.tensor(SDXL_BASE, device=device) / HALF_RANGE - 1.0
    return LinearSketcher(factors, base[:, None, None])


def shrink(picture: Tensor) -> Tensor:
    """A picture (3, height, width) with its longer side at most 128 pixels."""
    factor = -(-max(picture.shape[1:]) // LONGEST_PX)
    return functional.avg_pool2d(picture, factor) if factor > 1 else picture


def rgb_bytes(picture: Tensor) -> bytes:
    """Bytes of RGB, row by row, from a picture (3, height, width) in −1..1."""
    pixels = ((picture + 1.0) * 127.5).round_().clamp_(0, 255).to(torch.uint8)
    return pixels.permute(1, 2, 0).cpu().contiguous().numpy().tobytes()
