"""The device a worker computes on, and in which numbers."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

import torch

from sdtui.errors import UsageError

HALF_OF_MEMORY = 0.5
GPU_SHARE = 0.8
SMALL_CALL = 5e10


class Compute(NamedTuple):
    """Where tensors live and the dtype of weights there: float32 on a CPU, float16 on a GPU. Latents are float32 everywhere."""

    device: torch.device
    dtype: torch.dtype
    threads: int = 1

    @property
    def is_cpu(self) -> bool:
        """The device is the processor itself."""
        return self.device.type == "cpu"

    def spread(self, weight_bytes: int, cells: int) -> None:
        """Choose the threads of the calls that follow on this thread, for weights of this size and so many latent cells.

        The threads of a small call wait for each other longer than they work. The choice hangs on the call alone, never on
        how fast the last one was: other threads are other sums, and the same picture has to be the same picture.
        """
        if self.is_cpu:
            wanted = 1 if weight_bytes * cells < SMALL_CALL else self.threads
            if torch.get_num_threads() != wanted:
                torch.set_num_threads(wanted)


def open_device(name: str) -> Compute:
    """The device by its name (cpu, cuda:0, mps); raises UsageError when this machine or this torch has none such."""
    kind = name.partition(":")[0]
    if kind == "cpu":
        return Compute(torch.device("cpu"), torch.float32, torch.get_num_threads())
    available: dict[str, Callable[[], bool]] = {
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
    }
    if kind not in available:
        raise UsageError(f"There is no device '{name}'.", todo="Known: cpu, cuda, cuda:1, …, mps.")
    if not available[kind]():
        raise UsageError(
            f"The device {name} cannot be used: torch {torch.__version__} sees none.",
            todo="Install the torch that belongs to it (see the README), or use the device cpu.",
        )
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except RuntimeError as error:
        raise UsageError(f"The device {name} cannot be used: {str(error).splitlines()[0]}") from None
    return Compute(device, torch.float16)


def memory_budget(device: torch.device) -> int:
    """Bytes that loaded checkpoints may take: half of the machine's memory, or 0.8 of a GPU's."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[1] * GPU_SHARE)
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * HALF_OF_MEMORY)


def free_memory(device: torch.device) -> int:
    """Bytes that a call may still take on a GPU, torch's own idle cache included."""
    idle = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + idle


def used_memory(device: torch.device, loaded_bytes: int) -> int:
    """Bytes in use on the device; on a CPU those of the loaded checkpoints."""
    return torch.cuda.memory_allocated(device) if device.type == "cuda" else loaded_bytes


def finish(device: torch.device) -> None:
    """Wait until the device has done what it was given, so that times are true and errors come out here."""
    if device.type == "cuda":
        torch.cuda.current_stream(device).synchronize()
    elif device.type == "mps":
        torch.mps.synchronize()


def empty_cache(device: torch.device) -> None:
    """Give the memory that torch keeps for later back to the device."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
