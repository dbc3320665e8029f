"""The device a worker computes on, and in which numbers."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

from sdtui.errors import UsageError
from sdtui.spec.tuning import Tuning

HALF_OF_MEMORY = 0.5
GPU_SHARE = 0.8
SMALL_CALL = 5e10
GB = 1e9
CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


class Budget(NamedTuple):
    """Bytes of checkpoints on the device, and of those that wait in RAM; 0 there where the device is the machine itself."""

    device: int
    ram: int = 0


class Compute(NamedTuple):
    """Where tensors live and the dtype of weights there: float32 on a CPU, float16 on a GPU. Latents are float32 everywhere.

    On a card that has it the VAE is in bfloat16, which never overflows.
    """

    device: torch.device
    dtype: torch.dtype
    threads: int = 1
    has_bfloat16: bool = False

    @property
    def vae_dtype(self) -> torch.dtype:
        """The dtype of the VAE's weights."""
        return torch.bfloat16 if self.has_bfloat16 else self.dtype

    @property
    def vae_channels_last(self) -> bool:
        """Convolutions of the VAE are faster with the channels last: a fifth on a CPU; published for CUDA's half precision."""
        return self.device.type in {"cpu", "cuda"}

    @property
    def unet_channels_last(self) -> bool:
        """As for the VAE, but a CPU gains nothing from it."""
        return self.device.type == "cuda"

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
    has_bfloat16 = kind == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return Compute(device, torch.float16, has_bfloat16=has_bfloat16)


def memory_budget(device: torch.device, tuning: Tuning) -> Budget:
    """Bytes that loaded checkpoints may take: as configured, else 0.8 of a GPU's memory and half of the machine's.

    Where the device's memory is the machine's, on a CPU and on mps, there is one budget: of the device if it is set, else of RAM.
    The workers of a machine share its memory.
    """
    ram = int(tuning.ram_gb * GB or machine_memory() * HALF_OF_MEMORY) // max(1, tuning.workers)
    own = int(tuning.device_gb * GB)
    if device.type != "cuda":
        return Budget(own or ram)
    return Budget(own or int(torch.cuda.mem_get_info(device)[1] * GPU_SHARE), ram)


def machine_memory(limit: Path = CONTAINER_LIMIT) -> int:
    """Bytes of RAM that this machine, or the container we are in, has."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(whole, int(limit.read_text()))
    except (OSError, ValueError):
        return whole


def free_memory(device: torch.device) -> int:
    """Bytes that a call may still take on a GPU, torch's own idle cache included; elsewhere what the machine has."""
    if device.type != "cuda":
        return machine_memory()
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
