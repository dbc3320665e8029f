"""What each sampler computes beside its UNet calls, noise included, relative to a call of the 64-pixel model.

python -m benchmarks.engine_samplers
"""

from __future__ import annotations

import os
import time
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.figure import Figure

if TYPE_CHECKING:
    from sdtui.engine.checkpoint import Checkpoint

ROUNDS = 15
STEPS = 20
BAR = 1.03


def measure() -> list[Figure]:
    """The dearest sampler: its run without a model, a call at a time, on top of what a call of two rows takes."""
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    from sdtui.engine.sampling.table import SAMPLERS
    from tests.engine.renders import builtin, loaded

    engine = loaded()
    checkpoint = engine.checkpoint(builtin())
    assert checkpoint is not None
    own: dict[str, list[float]] = {name: [] for name in SAMPLERS}
    calls: list[float] = []
    for _ in range(ROUNDS):
        calls.append(_unet_call(checkpoint))
        for name in SAMPLERS:
            own[name].append(_own_share(name))
    shares = {name: 1 + median(times) / median(calls) for name, times in own.items()}
    dearest = max(shares, key=shares.__getitem__)
    return [
        Figure(f"the dearest sampler's loop / its UNet calls ({dearest})", shares[dearest], "×", BAR),
        Figure("the middle sampler's loop / its UNet calls", median(shares.values()), "×", BAR),
    ]


def _unet_call(checkpoint: Checkpoint) -> float:
    """Seconds of one UNet call of two rows."""
    import torch

    latents, contexts = torch.randn(2, 4, 8, 8), torch.randn(2, 77, 56)
    timestep = torch.tensor(500.0)
    with torch.inference_mode():
        started = time.perf_counter()
        for _ in range(STEPS):
            checkpoint.unet(latents, timestep, contexts, return_dict=False)
        return (time.perf_counter() - started) / STEPS


def _own_share(name: str) -> float:
    """Seconds that a sampler takes for itself, a call."""
    import torch

    from sdtui.engine.noise import PictureNoise
    from sdtui.engine.sampling.steps import Point
    from sdtui.engine.sampling.table import SAMPLERS
    from sdtui.engine.schedules import schedule_sigmas
    from sdtui.engine.sigmas import NoiseLevels
    from sdtui.spec.params import Params

    params = Params(width=64, height=64, seed=1, sampler=name)
    noise = PictureNoise(params, torch.device("cpu"), eta=SAMPLERS[name].eta_of(params))
    sigmas = schedule_sigmas(NoiseLevels(), "Automatic", name, STEPS)
    calls = 0
    with torch.inference_mode():
        latents = noise.first() * sigmas[0]
        guess = latents * 0.01
        started = time.perf_counter()
        steps = SAMPLERS[name].sample(latents, sigmas, noise)
        try:
            asked = next(steps)
            while True:
                calls += isinstance(asked, Point)
                asked = steps.send(guess)
        except StopIteration:
            return (time.perf_counter() - started) / calls


if __name__ == "__main__":
    print(*measure(), sep="\n")
