"""A UNet whose blocks wait in RAM and come to the device one at a time, for when it does not fit there."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

CPU = torch.device("cpu")


def stream_blocks(unet: Any, device: torch.device) -> None:
    """Move the blocks of a UNet to RAM; from now on each is on the device only while it works.

    What is merged into them in place stays; it lasts as long as the UNet.
    """

    def fetch(block: nn.Module, arguments: object) -> None:
        block.to(device)

    def put_back(block: nn.Module, arguments: object, output: object) -> None:
        block.to(CPU)

    for block in blocks_of(unet):
        block.to(CPU)
        block.register_forward_pre_hook(fetch)
        block.register_forward_hook(put_back, always_call=True)


def blocks_of(unet: Any) -> list[nn.Module]:
    """The blocks of a UNet from its input to its output."""
    middle = [] if unet.mid_block is None else [unet.mid_block]
    return [*unet.down_blocks, *middle, *unet.up_blocks]
