"""What every training stage shares: learning rate by progress, averaged weights, checkpoints, one line of figures."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch


def rate(step: int, done: float, *, flat: float = 0.45, warm_up: int = 100, least: float = 0.01) -> float:
    """Share (0..1) of the learning rate at `done` (0..1): rises for `warm_up` steps, is flat, falls as a cosine."""
    falling = 1.0 if done < flat else max(least, 0.5 * (1 + math.cos(math.pi * (done - flat) / (1 - flat))))
    return min(1.0, (step + 1) / warm_up) * falling


class Course:
    """How far a run is (0..1): by its steps, or, with a time limit, by the time since it went on at step `first`.

    A limit ends the run in time on a machine that others use too; the steps then only say where it went on.
    """

    def __init__(
        self, first: int, steps: int, minutes: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.first, self.steps, self.minutes, self.clock = first, steps, minutes, clock
        self.began = clock()

    def done(self, step: int) -> float:
        """Share of the run that lies behind `step`; 1 or more: it is over."""
        if self.minutes is None:
            return step / self.steps
        start = self.first / self.steps
        return start + (1 - start) * (self.clock() - self.began) / (60 * self.minutes)


class AveragedWeights:
    """An exponential average of parameters that can change places with them."""

    def __init__(self, parameters: Sequence[torch.nn.Parameter], decay: float) -> None:
        self.parameters, self.decay = list(parameters), decay
        self.averages = [parameter.detach().clone() for parameter in self.parameters]

    def update(self, step: int) -> None:
        """Move the averages towards the parameters; quickly at the start of a run."""
        decay = min(self.decay, (step + 1) / (step + 10))
        torch._foreach_lerp_(self.averages, [parameter.data for parameter in self.parameters], 1 - decay)

    def swap(self) -> None:
        """Exchange parameters and averages; a second call takes it back."""
        for parameter, average in zip(self.parameters, self.averages, strict=True):
            kept = parameter.data.clone()
            parameter.data.copy_(average)
            average.copy_(kept)


def save_whole(path: Path, content: object) -> None:
    """Write a checkpoint so that a kill in the middle leaves the earlier one."""
    part = path.with_suffix(".part")
    torch.save(content, part)
    part.replace(path)


class Meter:
    """Running mean of losses and the pace, printed now and then."""

    def __init__(self, name: str, steps: int) -> None:
        self.name, self.steps, self.means = name, steps, {}
        self.began, self.first = time.monotonic(), None

    def add(self, step: int, **losses: float) -> None:
        """Take one step's losses."""
        self.first = step if self.first is None else self.first
        for key, value in losses.items():
            self.means[key] = 0.98 * self.means.get(key, value) + 0.02 * value

    def line(self, step: int, pictures: int) -> str:
        """`unet 2000/9000 loss 0.12 …`: pictures is how many one step takes."""
        spent = time.monotonic() - self.began
        pace = (step - (self.first or 0) + 1) * pictures / max(spent, 1e-9)
        figures = " ".join(f"{key} {value:.4f}" for key, value in self.means.items())
        return f"{self.name} {step}/{self.steps} {figures} ({pace:.0f} pictures/s, {spent / 60:.1f} min)"
