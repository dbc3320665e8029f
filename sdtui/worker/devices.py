"""Which devices this machine has, told without torch, and the advisory lock that one worker per device holds."""

from __future__ import annotations

import fcntl
import os
import platform
from collections.abc import Mapping
from pathlib import Path

NVIDIA = Path("/proc/driver/nvidia/gpus")
AMD = Path("/sys/class/kfd/kfd/topology/nodes")


def find_devices(environ: Mapping[str, str], *, nvidia: Path = NVIDIA, amd: Path = AMD) -> tuple[str, ...]:
    """The devices that `devices: auto` means: every CUDA or ROCm card that is visible, else mps on a Mac, else the CPU.

    ROCm cards are called cuda too, as torch does. CUDA_VISIBLE_DEVICES (HIP_VISIBLE_DEVICES) is obeyed.
    """
    if nvidia.is_dir():
        cards, visible = len(list(nvidia.iterdir())), environ.get("CUDA_VISIBLE_DEVICES")
    else:
        cards, visible = _amd_cards(amd), environ.get("HIP_VISIBLE_DEVICES")
    if visible is not None:
        cards = min(cards, len([name for name in visible.split(",") if name.strip() not in {"", "-1"}]))
    if cards:
        return tuple(f"cuda:{number}" for number in range(cards))
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return ("mps",)
    return ("cpu",)


def _amd_cards(nodes: Path) -> int:
    """ROCm's topology lists CPUs too; only nodes with SIMD units are cards."""
    cards = 0
    for properties in sorted(nodes.glob("*/properties")):
        words = properties.read_text().split()
        if "simd_count" in words and words[words.index("simd_count") + 1] != "0":
            cards += 1
    return cards


class DeviceLock:
    """An advisory lock for a device across servers; CPUs need none, the kernel shares them."""

    def __init__(self, folder: Path, device: str, owner: str) -> None:
        """`owner` is what a second worker will say about the holder."""
        self._path = folder / f"device-{device.replace(':', '')}.lock"
        self._owner = owner
        self._shared = device.startswith("cpu")
        self._file: int | None = None

    def acquire(self) -> str:
        """Take the lock; returns "" when it is held now, else who holds it."""
        if self._shared or self._file is not None:
            return ""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 500).decode(errors="replace").strip()
            os.close(handle)
            return holder or "another server"
        os.ftruncate(handle, 0)
        os.pwrite(handle, self._owner.encode(), 0)
        self._file = handle
        return ""

    def release(self) -> None:
        """Let others have the device."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
