"""The samplers and schedule types by the names users know; the engine implements one generator for each row."""

from __future__ import annotations

from msgspec import Struct


class SamplerSpec(Struct, frozen=True, kw_only=True):
    """One sampler: its name as A1111 writes it and the schedule type that "Automatic" means for it.

    `skips_lowest`: it is given a step more and the last sigma above 0 taken out, as A1111 does for it.
    """

    name: str
    automatic: str = "Uniform"
    skips_lowest: bool = False


SAMPLERS: tuple[SamplerSpec, ...] = (
    SamplerSpec(name="DPM++ 2M", automatic="Karras"),
    SamplerSpec(name="DPM++ SDE", automatic="Karras"),
    SamplerSpec(name="DPM++ 2M SDE", automatic="Exponential"),
    SamplerSpec(name="DPM++ 2M SDE Heun", automatic="Exponential"),
    SamplerSpec(name="DPM++ 2S a", automatic="Karras"),
    SamplerSpec(name="DPM++ 3M SDE", automatic="Exponential", skips_lowest=True),
    SamplerSpec(name="Euler"),
    SamplerSpec(name="Euler a"),
    SamplerSpec(name="LMS"),
    SamplerSpec(name="Heun"),
    SamplerSpec(name="DPM2", automatic="Karras", skips_lowest=True),
    SamplerSpec(name="DPM2 a", automatic="Karras", skips_lowest=True),
    SamplerSpec(name="DPM fast", automatic="Exponential"),
    SamplerSpec(name="DPM adaptive", automatic="Exponential"),
    SamplerSpec(name="Restart", automatic="Karras"),
    SamplerSpec(name="DDIM", automatic="DDIM"),
    SamplerSpec(name="DDIM CFG++", automatic="DDIM"),
    SamplerSpec(name="PLMS", automatic="DDIM"),
    SamplerSpec(name="UniPC", automatic="DDIM"),
    SamplerSpec(name="LCM", automatic="SGM Uniform"),
)
SAMPLER_NAMES: tuple[str, ...] = tuple(row.name for row in SAMPLERS)
SCHEDULE_TYPES: tuple[str, ...] = (
    "Automatic",
    "Uniform",
    "Karras",
    "Exponential",
    "SGM Uniform",
    "Simple",
    "Beta",
    "Align Your Steps",
    "DDIM",
)
FORMER_SCHEDULES = ("Karras", "Exponential", "SGM Uniform", "Uniform", "Polyexponential")
"""Schedules that a sampler's name carried at its end before A1111 1.9."""
EMPHASIS_MODES: tuple[str, ...] = ("Original", "No norm", "Ignore", "None", "ComfyUI")


def sampler_spec(name: str) -> SamplerSpec:
    """The row of a sampler; raises KeyError on an unknown name."""
    for row in SAMPLERS:
        if row.name == name:
            return row
    raise KeyError(name)


def split_former(name: str) -> tuple[str, str]:
    """A former name in its two parts: "DPM++ 2M Karras" is DPM++ 2M and Karras; the name and nothing when it is none."""
    for schedule in FORMER_SCHEDULES:
        sampler = name.removesuffix(f" {schedule}")
        if sampler != name:
            return sampler, schedule
    return name, ""
