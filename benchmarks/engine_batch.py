"""Eight different jobs in flight at once, against the same eight one after another: UNet calls and time.

python -m benchmarks.engine_batch
"""

from __future__ import annotations

import os
import time
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.figure import Figure

if TYPE_CHECKING:
    from sdtui.engine.engine import Engine

ROUNDS = 7
STEPS = 20
JOBS = (
    ("a large red circle on a white background", "DPM++ 2M", 4.0),
    ("a small blue square on the left", "Euler", 7.0),
    ("a yellow star on a black background", "Euler a", 3.0),
    ("a green ring", "DDIM", 5.0),
    ("a white cross on a night sky background", "DPM++ 2M", 6.0),
    ("a purple triangle at the top", "Euler a", 4.5),
    ("a striped orange square", "Euler", 2.0),
    ("a pink star below a blue ring", "DPM++ 2M", 8.0),
)
CALLS_BAR, TIME_BAR = STEPS + 2, 0.6


def measure() -> list[Figure]:
    """UNet calls of eight jobs together, and their time relative to one after another."""
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    from sdtui.engine.engine import Engine
    from tests.engine.renders import builtin, drive

    engine = Engine("cpu")
    engine.warm(builtin())
    drive(engine)
    _make(engine, 1)
    together, apart, calls = [], [], []
    for number in range(ROUNDS):
        before = engine.unet_calls
        if number % 2:
            apart.append(_make(engine, 1))
        together.append(_make(engine, len(JOBS)))
        if not number % 2:
            calls.append(engine.unet_calls - before)
            apart.append(_make(engine, 1))
    return [
        Figure(f"UNet calls of eight jobs of {STEPS} steps", max(calls), "", CALLS_BAR),
        Figure("eight jobs at once / one after another", median(together) / median(apart), "×", TIME_BAR),
        Figure("eight pictures at once", median(together), "s"),
    ]


def _make(engine: Engine, at_once: int) -> float:
    """Seconds for all jobs, so many in flight at once."""
    from tests.engine.renders import drive, render

    started = time.perf_counter()
    for first in range(0, len(JOBS), at_once):
        for number, (prompt, sampler, cfg_scale) in enumerate(JOBS[first : first + at_once], first):
            engine.add(render(prompt, sampler=sampler, cfg_scale=cfg_scale, steps=STEPS, seed=number))
        drive(engine)
    return time.perf_counter() - started


if __name__ == "__main__":
    print(*measure(), sep="\n")
