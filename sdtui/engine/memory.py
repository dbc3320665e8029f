"""How much room a UNet call needs, and what an error says about memory and device."""

from __future__ import annotations

from collections.abc import Callable

import torch

from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.device import free_memory
from sdtui.engine.noise import PIXELS_PER_CELL
from sdtui.errors import RenderError
from sdtui.spec.job import Render

RowLimit = Callable[[Checkpoint, tuple[int, int]], int]

MOST_ROWS = 64
CPU_CELLS = 4096
ROW_TENSORS = 40
FREE_SHARE = 0.8
LEAST_TENSORS = 6
NO_MEMORY = ("can't allocate memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")
DEAD = ("CUDA error", "HIP error", "CUBLAS_STATUS_", "CUDNN_STATUS_", "CUSOLVER_STATUS_")


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


def too_large(checkpoint: Checkpoint, cells: tuple[int, int], free_bytes: int) -> None:
    """Raises RenderError with the numbers for a picture that cannot fit into so many bytes whatever is done.

    The least that one row needs are LEAST_TENSORS tensors as wide as the UNet's first block: what it keeps for its way up.
    """
    dtype = checkpoint.compute.dtype
    least = LEAST_TENSORS * checkpoint.unet.config.block_out_channels[0] * cells[0] * cells[1] * dtype.itemsize
    if least > free_bytes:
        height, width = (side * PIXELS_PER_CELL for side in cells)
        raise RenderError(
            f"A picture of {width}×{height} needs at least {least / 1e9:.1f} GB of memory beside the model, and "
            f"{checkpoint.compute.device} has {free_bytes / 1e9:.1f} GB.",
            todo="Try a smaller size, or close what else uses the device.",
        )


def no_room(render: Render, device: torch.device) -> RenderError:
    """The error of a picture for which nothing is left to try."""
    params = render.params
    free = f" {free_memory(device) / 1e9:.1f} GB are free." if device.type == "cuda" else ""
    return RenderError(
        f"There is not enough memory on {device} for a picture of {params.width}×{params.height}.{free}",
        todo="Try a smaller size, or close what else uses the device.",
    )


def is_out_of_memory(error: BaseException) -> bool:
    """The device, or the machine, had no memory left for a tensor."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in NO_MEMORY)


def is_dead(error: BaseException) -> bool:
    """The device's context is broken: nothing will work in this process any more, and another has to take over."""
    if is_out_of_memory(error):
        return False
    if isinstance(error, torch.AcceleratorError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in DEAD)
