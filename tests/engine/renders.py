"""Renders to give to an engine, and ways to drive it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path
from typing import TypeVar

from torch import Tensor

from sdtui.engine.engine import Engine
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile
from sdtui.spec.outcome import Outcome, Painted
from sdtui.spec.params import Params, Scalar
from sdtui.weights.identify import builtin_path
from sdtui.weights.stamp import stamp

ids = count(1)
Kind = TypeVar("Kind")


def model_file(path: Path) -> ModelFile:
    """The model as it is on the disk now."""
    size, mtime_ns = stamp(path)
    return ModelFile(name=path.stem, path=str(path), size=size, mtime_ns=mtime_ns)


def builtin() -> ModelFile:
    """The model that ships."""
    return model_file(builtin_path())


def render(
    prompt: str = "a large red circle", *, negative: str = "", model: ModelFile | None = None, **params: Scalar
) -> Render:
    """A render of 64×64 at cfg 4, seed 7, eight steps of Euler, unless told otherwise."""
    defaults: dict[str, Scalar] = {
        "width": 64,
        "height": 64,
        "cfg_scale": 4.0,
        "seed": 7,
        "steps": 8,
        "sampler": "Euler",
    }
    return Render(
        id=f"r{next(ids)}",
        job_id=1,
        index=0,
        prompt=prompt,
        negative_prompt=negative,
        params=Params(**(defaults | params)),  # type: ignore[arg-type]
        checkpoint=model or builtin(),
        path="",
    )


def drive(engine: Engine, until: Callable[[], bool] | None = None) -> list[Outcome]:
    """Turn the engine until it is idle, or until a condition holds; everything that came out."""
    outcomes: list[Outcome] = []
    done = until or (lambda: engine.idle)
    for _ in range(20_000):
        if done():
            return outcomes
        outcomes += engine.turn()
    raise AssertionError("The engine does not come to an end.")


def of(kind: type[Kind], outcomes: Iterable[Outcome]) -> list[Kind]:
    """The outcomes of one kind."""
    return [outcome for outcome in outcomes if isinstance(outcome, kind)]


def paint(engine: Engine, *renders: Render) -> dict[str, Painted]:
    """The finished pictures of these renders by id."""
    for one in renders:
        engine.add(one)
    return {painted.render.id: painted for painted in of(Painted, drive(engine))}


def final_latents(engine: Engine, *renders: Render) -> list[Tensor]:
    """The latents that these renders, in flight together, hand to the VAE."""
    held: dict[str, Tensor] = {}
    decoder = engine._decoder
    submit = decoder.submit

    def spy(flight, checkpoint, latents, **options):  # type: ignore[no-untyped-def]
        held[flight.render.id] = latents.clone()
        submit(flight, checkpoint, latents, **options)

    decoder.submit = spy  # type: ignore[method-assign]
    try:
        paint(engine, *renders)
    finally:
        decoder.submit = submit  # type: ignore[method-assign]
    return [held[one.id] for one in renders]


def relative(one: Tensor, other: Tensor) -> float:
    """The distance of two tensors relative to the second's length."""
    return float((one - other).norm() / other.norm())


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def loaded(*, clock: Callable[[], float] = time.monotonic) -> Engine:
    """A new engine with the built-in model."""
    made = Engine("cpu", clock=clock)
    made.warm(builtin())
    drive(made)
    return made
