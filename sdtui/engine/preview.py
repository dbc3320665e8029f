"""Rough pictures from latents, by a linear map instead of the VAE: a few dozen microseconds instead of a decode."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from sdtui.engine.noise import PIXELS_PER_CELL

SD1_FACTORS = ((0.298, 0.207, 0.208), (0.187, 0.286, 0.173), (-0.158, 0.189, 0.264), (-0.184, -0.271, -0.473))
"""RGB in −1..1 for each channel of SD 1.x latents, as published by its users."""
REACH, BLOCK_PX = 3, 4
TEACHERS, TEACHER_PX, TEACHER_SEED = 96, 64, 20220822


class Sketcher(NamedTuple):
    """A convolution from latents to `block_px` × `block_px` RGB pixels a cell; weight (3·block_px², 4, k, k), bias (3·block_px²)."""

    weight: Tensor
    bias: Tensor
    block_px: int

    def sketch(self, latents: Tensor) -> tuple[int, int, bytes]:
        """Width, height and RGB bytes for latents (4, h, w): block_px·w × block_px·h pixels."""
        blocks = functional.conv2d(latents[None], self.weight, self.bias, padding="same")
        rgb = functional.pixel_shuffle(blocks, self.block_px)[0]
        return rgb.shape[2], rgb.shape[1], rgb_bytes(rgb)


def rgb_bytes(picture: Tensor) -> bytes:
    """Bytes of RGB, row by row, from a picture (3, height, width) in −1..1."""
    pixels = ((picture + 1.0) * 127.5).round_().clamp_(0, 255).to(torch.uint8)
    return pixels.permute(1, 2, 0).cpu().contiguous().numpy().tobytes()


def sd1_sketcher(device: torch.device) -> Sketcher:
    """For the latent space that SD 1.x checkpoints share: one pixel a cell."""
    weight = torch.tensor(SD1_FACTORS, device=device).T.contiguous()[:, :, None, None]
    return Sketcher(weight, torch.zeros(3, device=device), 1)


def learn_sketcher(vae: Any, device: torch.device, dtype: torch.dtype) -> Sketcher:
    """For a latent space of its own: least squares from what the VAE makes of random soft and hard-edged pictures.

    Each cell's 4 × 4 pixels (averaged from 8 × 8) are a linear function of its 3 × 3 neighbourhood of latents.
    """
    pictures = _teachers().to(device, dtype)
    encoded = vae.encode(pictures).latent_dist.mode() * vae.config.scaling_factor
    # a denoised guess is never quite on the VAE's own latents: a little noise keeps the map from leaning on fine differences
    latents = encoded.float().cpu()
    latents = latents + 0.05 * torch.randn(latents.shape, generator=torch.Generator().manual_seed(TEACHER_SEED))
    columns = functional.unfold(latents, REACH, padding=REACH // 2).transpose(1, 2).flatten(0, 1)
    pixels = functional.avg_pool2d(_teachers(), PIXELS_PER_CELL // BLOCK_PX)
    targets = functional.pixel_unshuffle(pixels, BLOCK_PX).flatten(2).transpose(1, 2).flatten(0, 1)
    columns = torch.cat([columns, torch.ones(len(columns), 1)], 1)
    solution = torch.linalg.solve(columns.T @ columns + 1e-2 * torch.eye(columns.shape[1]), columns.T @ targets)
    weight = solution[:-1].T.reshape(-1, 4, REACH, REACH).contiguous()
    return Sketcher(weight.to(device), solution[-1].contiguous().to(device), BLOCK_PX)


def _teachers() -> Tensor:
    """Random colour fields, half of them cut to hard-edged patches: (TEACHERS, 3, TEACHER_PX, TEACHER_PX) in −1..1."""
    source = torch.Generator().manual_seed(TEACHER_SEED)
    size = (TEACHER_PX, TEACHER_PX)

    def field(cells: int, channels: int) -> Tensor:
        coarse = torch.randn(TEACHERS, channels, cells, cells, generator=source)
        return functional.interpolate(coarse, size, mode="bicubic")

    first, second = (torch.rand(TEACHERS, 3, 1, 1, generator=source) * 2 - 1 for _ in range(2))
    patches = torch.where(field(4, 1) > 0, first, second)
    soft = torch.tanh(first + 0.8 * field(3, 3))
    hard = torch.arange(TEACHERS)[:, None, None, None] % 3 > 0
    return torch.where(hard, patches, soft)
