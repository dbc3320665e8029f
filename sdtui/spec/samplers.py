"""The samplers and schedule types by the names users know; the engine implements one generator for each row."""

from __future__ import annotations

from msgspec import Struct


class SamplerSpec(Struct, frozen=True, kw_only=True):
    """One sampler: its name as A1111 writes it and the schedule type that "Automatic" means for it."""

    name: str
    automatic: str = "Uniform"


SAMPLERS: tuple[SamplerSpec, ...] = (
    SamplerSpec(name="DPM++ 2M", automatic="Karras"),
    SamplerSpec(name="Euler"),
    SamplerSpec(name="Euler a"),
    SamplerSpec(name="DDIM", automatic="DDIM"),
)
SAMPLER_NAMES: tuple[str, ...] = tuple(row.name for row in SAMPLERS)
SCHEDULE_TYPES: tuple[str, ...] = ("Automatic", "Uniform", "Karras", "Exponential", "DDIM")
EMPHASIS_MODES: tuple[str, ...] = ("Original", "No norm", "Ignore", "None", "ComfyUI")


def automatic_schedule(sampler: str) -> str:
    """The schedule type that "Automatic" stands for with this sampler (as A1111); raises KeyError on an unknown name."""
    for row in SAMPLERS:
        if row.name == sampler:
            return row.automatic
    raise KeyError(sampler)
