"""The list of models with ten thousand files: what taking them in costs, and each key of a filter."""

from __future__ import annotations

import random
import time

from benchmarks.figure import Figure
from sdtui.spec.model import ModelKind, ModelRecord
from sdtui.ui.models.list import ModelList

COUNT = 10_000
WORDS = (
    "detail",
    "anime",
    "gloss",
    "film",
    "portrait",
    "sketch",
    "hands",
    "night",
    "paper",
    "style",
    "tweaker",
    "soft",
)
KINDS: tuple[ModelKind, ...] = ("lora", "lora", "lora", "checkpoint", "embedding", "vae")
TYPED = ("detail tw", "dtlpp", "sdxl hands", "qqq", "style/soft-9")
FRAME_MS = 50.0
"""What comes within so many milliseconds is shown together; a filter has to be done by then, painting included."""


def measure() -> list[Figure]:
    """The slowest key of several filters, typed letter by letter, best of three rounds."""
    models = ModelList()
    records = _records()
    start = time.perf_counter()
    models.update(records)
    taken = (time.perf_counter() - start) * 1000
    rounds = [[_typed_ms(models, typed) for typed in TYPED] for _ in range(3)]
    slowest = max(min(times) for times in zip(*rounds, strict=True))
    return [
        Figure("10,000 models taken into the list", taken, "ms"),
        Figure("a key of the filter over 10,000 models, slowest", slowest, "ms", FRAME_MS),
    ]


def _typed_ms(models: ModelList, typed: str) -> float:
    models.filter((), None)
    slowest = 0.0
    for end in range(1, len(typed) + 1):
        start = time.perf_counter()
        models.filter(tuple(typed[:end].split()), None)
        slowest = max(slowest, (time.perf_counter() - start) * 1000)
    return slowest


def _records() -> tuple[ModelRecord, ...]:
    dice = random.Random(7)
    made = []
    for number in range(COUNT):
        name = f"{dice.choice(WORDS)}/{dice.choice(WORDS)}-{dice.choice(WORDS)}_{number}"
        kind = dice.choice(KINDS)
        made.append(ModelRecord(name=name, path=f"/m/{name}", kind=kind, family=dice.choice(("sd1", "sdxl"))))
    return tuple(made)
