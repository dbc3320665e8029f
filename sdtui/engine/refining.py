"""A refiner: another checkpoint that takes a picture over for its last steps."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from sdtui.engine.denoise import Guide
from sdtui.engine.requests import Request
from sdtui.engine.sigmas import TRAIN_STEPS, NoiseLevels
from sdtui.spec.model import ModelFile


@dataclass(frozen=True, slots=True)
class Refining:
    """The refiner, when it takes over, and how it is told the texts: only then, so that it is not loaded before."""

    model: ModelFile
    switch_at: float
    levels: NoiseLevels
    guided: Callable[[], Generator[Request, Any, Guide]]

    def begins(self, sigma: float) -> bool:
        """Whether so much of the noise is gone that it takes over: the share of the training's timesteps, as A1111 counts it."""
        timestep = round(self.levels.timestep(sigma))
        return (TRAIN_STEPS - 1 - timestep) / TRAIN_STEPS >= self.switch_at
