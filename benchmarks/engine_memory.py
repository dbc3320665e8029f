"""Memory after fifty switches between three checkpoints, and how often 24 jobs in random order load them.

python -m benchmarks.engine_memory
"""

from __future__ import annotations

import gc
import os
import random
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figure import Figure

if TYPE_CHECKING:
    from sdtui.engine.engine import Engine
    from sdtui.spec.model import ModelFile

SWITCHES, WARM_SWITCHES = 50, 6
JOBS = 24
BUDGET_BYTES = 12_000_000
"""Room for one of the small checkpoints, which take 10 MB each."""
GROWTH_BAR = 1.05


def measure() -> list[Figure]:
    """Resident memory after the switches beside that before them, and the loads and seconds of the jobs."""
    from tests.engine.checkpoints import write_original
    from tests.engine.renders import model_file

    with tempfile.TemporaryDirectory() as folder:
        models = [model_file(write_original(Path(folder) / f"{seed}.safetensors", seed=seed)) for seed in range(3)]
        growth, resident = _switches(models)
        loads, seconds = _jobs(models)
    return [
        Figure(f"memory after {SWITCHES} switches / before", growth, "×", GROWTH_BAR),
        Figure("resident memory of the engine", resident / 1e6, "MB"),
        Figure(f"loads for {JOBS} jobs of three checkpoints in random order", loads, "", 3),
        Figure(f"{JOBS} jobs of three checkpoints", seconds, "s"),
    ]


def _engine() -> Engine:
    from sdtui.engine.device import Budget
    from sdtui.engine.engine import Engine

    return Engine("cpu", budget=Budget(BUDGET_BYTES))


def _switches(models: list[ModelFile]) -> tuple[float, int]:
    from tests.engine.renders import paint, render

    engine = _engine()
    for number in range(WARM_SWITCHES):
        paint(engine, render(model=models[number % 3], steps=1))
    before = _resident()
    for number in range(SWITCHES):
        paint(engine, render(model=models[number % 3], steps=1))
    after = _resident()
    return after / before, after


def _jobs(models: list[ModelFile]) -> tuple[int, float]:
    """The loads from the disk and the seconds for jobs that are all in flight together, as the worker's queue hands them out."""
    from sdtui.spec.outcome import Loading, Painted
    from tests.engine.renders import drive, of, render

    engine = _engine()
    jobs = [render(model=models[number % 3], seed=number, steps=8) for number in range(JOBS)]
    random.Random(7).shuffle(jobs)
    started = time.perf_counter()
    for one in jobs:
        engine.add(one)
    outcomes = drive(engine)
    assert len(of(Painted, outcomes)) == JOBS
    loads = sum(loading.progress == 0.0 for loading in of(Loading, outcomes))
    return loads, time.perf_counter() - started


def _resident() -> int:
    """Bytes of this process that are in memory."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    print(*measure(), sep="\n")
