"""How many rows a UNet call may have."""

from __future__ import annotations

from collections.abc import Callable

import torch

from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.device import free_memory

RowLimit = Callable[[Checkpoint, tuple[int, int]], int]

MOST_ROWS = 64
CPU_CELLS = 4096
ROW_TENSORS = 40
FREE_SHARE = 0.8


def row_limit(checkpoint: Checkpoint, cells: tuple[int, int]) -> int:
    """Rows of latents (height, width in cells) that one call should have at most; at least 1.

    On a GPU what fits into 0.8 of the free memory: a row is taken to need the room of 40 tensors as wide as the UNet's
    first block, 105 MB for SD 1.5 at 512 × 512 in half precision (counted are 26; libraries want room as well). A CPU
    gains nothing from more than 4096 cells a call (64 rows of 64 × 64 pixels, one of 512 × 512), and long calls make it
    slow to cancel. A picture's own rows always share a call.
    """
    height, width = cells
    compute = checkpoint.compute
    if compute.device.type != "cuda":
        return max(1, min(MOST_ROWS, CPU_CELLS // (height * width)))
    row = row_bytes(checkpoint.unet.config.block_out_channels[0], cells, compute.dtype)
    return max(1, min(MOST_ROWS, int(free_memory(compute.device) * FREE_SHARE) // row))


def row_bytes(channels: int, cells: tuple[int, int], dtype: torch.dtype) -> int:
    """Estimated bytes that one row of a UNet call needs beside the weights."""
    return ROW_TENSORS * channels * cells[0] * cells[1] * dtype.itemsize


def is_out_of_memory(error: BaseException) -> bool:
    """The device, or the machine, had no memory left for a tensor."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)
