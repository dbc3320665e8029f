"""How a worker may use its device."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Compiled = Literal["off", "blocks", "whole"]
"""What of a UNet is compiled: nothing, the blocks that it repeats, or all of it (with CUDA graphs where there is CUDA)."""


class Tuning(Struct, frozen=True, kw_only=True):
    """Budgets of loaded models in gigabytes (10⁹ bytes; 0: a share of what the machine has) and what is compiled.

    `workers` is how many share the machine's memory.
    """

    device_gb: float = 0
    ram_gb: float = 0
    compiled: Compiled = "off"
    workers: int = 1
