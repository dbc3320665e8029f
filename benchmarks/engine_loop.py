"""What our sampling loop costs beside the bare UNet calls, and beside StableDiffusionPipeline: medians of interleaved rounds.

python -m benchmarks.engine_loop
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.figure import Figure

if TYPE_CHECKING:
    from sdtui.engine.checkpoint import Checkpoint
    from sdtui.engine.engine import Engine

ROUNDS = 21
STEPS = 20
CFG_SCALE = 4.0
LOOP_BAR, PIPELINE_BAR = 1.03, 1.02


def measure() -> list[Figure]:
    """Our loop against the bare calls, our picture against the pipeline's, and what a step takes."""
    # as the worker's environment has it: a thread that waits by spinning is worst where others want the core
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    from sdtui.engine.engine import Engine
    from tests.engine.pipeline import pipeline, scheduler_for
    from tests.engine.renders import builtin, drive

    engine = Engine("cpu")
    engine.warm(builtin())
    drive(engine)
    checkpoint = engine.checkpoint(builtin())
    pipe = pipeline(checkpoint, scheduler_for(checkpoint, "DPM++ 2M", "Karras"))
    bare, loops, pictures, pipes = [], [], [], []
    takes: list[Callable[[str], None]] = [
        lambda prompt: bare.append(_bare_calls(checkpoint)),
        lambda prompt: _note(_ours(engine, prompt), loops, pictures),
        lambda prompt: pipes.append(_theirs(pipe, prompt)),
    ]
    for number in range(ROUNDS + 2):
        for place in range(len(takes)):
            # every order in turn, and a prompt that nobody has encoded yet
            takes[(number + place) % len(takes)](f"a large red circle number {number}")
    bare, loops, pictures, pipes = (times[2:] for times in (bare, loops, pictures, pipes))
    return [
        Figure("sampling loop / bare UNet calls", median(loops) / median(bare), "×", LOOP_BAR),
        Figure("picture / StableDiffusionPipeline", median(pictures) / median(pipes), "×", PIPELINE_BAR),
        Figure("a UNet call of 2 rows", median(bare) / STEPS * 1000, "ms"),
        Figure("a picture of 20 steps", median(pictures), "s"),
    ]


def _bare_calls(checkpoint: Checkpoint) -> float:
    """Seconds for as many UNet calls as a picture takes, and nothing else."""
    import torch

    latents, contexts = torch.randn(2, 4, 8, 8), torch.randn(2, 77, 56)
    timestep = torch.tensor(500.0)
    with torch.inference_mode():
        started = time.perf_counter()
        for _ in range(STEPS):
            checkpoint.unet(latents, timestep, contexts, return_dict=False)
        return time.perf_counter() - started


def _ours(engine: Engine, prompt: str) -> tuple[float, float]:
    """Seconds in the turns that made steps, and seconds from asking for a picture to having it."""
    from sdtui.spec.outcome import Stepped
    from tests.engine.renders import render

    started = time.perf_counter()
    engine.add(render(prompt, steps=STEPS, cfg_scale=CFG_SCALE, sampler="DPM++ 2M"))
    stepping = 0.0
    while not engine.idle:
        turned = time.perf_counter()
        if any(isinstance(outcome, Stepped) for outcome in engine.turn()):
            stepping += time.perf_counter() - turned
    return stepping, time.perf_counter() - started


def _theirs(pipe: Any, prompt: str) -> float:
    """Seconds that StableDiffusionPipeline takes for the same picture."""
    import torch

    started = time.perf_counter()
    pipe(
        prompt,
        num_inference_steps=STEPS,
        guidance_scale=CFG_SCALE,
        width=64,
        height=64,
        generator=torch.Generator().manual_seed(7),
        output_type="np",
    )
    return time.perf_counter() - started


def _note(times: tuple[float, float], loops: list[float], pictures: list[float]) -> None:
    loops.append(times[0])
    pictures.append(times[1])


if __name__ == "__main__":
    print(*measure(), sep="\n")
