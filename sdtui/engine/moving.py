"""Brings the modules of a checkpoint from one memory, or layout, to another, in place: whoever holds them holds them still."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

import torch
from torch import nn

from sdtui.engine.checkpoint import Checkpoint


def modules_of(checkpoint: Checkpoint) -> Iterator[nn.Module]:
    """Every module of a checkpoint, also those that it has by name."""
    for field in fields(checkpoint):
        value = getattr(checkpoint, field.name)
        for one in value.values() if isinstance(value, Mapping) else (value,):
            if isinstance(one, nn.Module):
                yield one


def move(checkpoint: Checkpoint, device: torch.device) -> None:
    """Move every weight of a checkpoint to a device; raises torch's errors when it has no room."""
    for module in modules_of(checkpoint):
        module.to(device)


def arrange(checkpoint: Checkpoint) -> None:
    """Lay the weights out as the device likes them."""
    compute = checkpoint.compute
    if compute.vae_dtype != compute.dtype:
        checkpoint.vae.to(compute.vae_dtype)
    if compute.vae_channels_last:
        checkpoint.vae.to(memory_format=torch.channels_last)
    if compute.unet_channels_last:
        checkpoint.unet.to(memory_format=torch.channels_last)
