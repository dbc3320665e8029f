"""How long it takes to find what a job names, in a library of ten thousand LoRAs."""

from __future__ import annotations

import time
from collections.abc import Iterable
from statistics import median

from benchmarks.figure import Figure
from sdtui.jobs.adapting import adapt
from sdtui.library.names import Named
from sdtui.spec.document import Document
from sdtui.spec.model import ModelKind, ModelRecord

COUNT = 10_000
ROUNDS = 20
PROMPT = "a red circle, <lora:folder 7/style 7007:0.8> <lora:style 9009>, detailed"


def measure() -> list[Figure]:
    """Milliseconds for the first job after a scan, and for each one after it."""
    shelf = _Shelf([_lora(number) for number in range(COUNT)])
    checkpoint = ModelRecord(name="model", path="/models/model.safetensors", kind="checkpoint", family="sd1")
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        found = adapt(Document(), "Original", [(PROMPT, "blurry")], checkpoint, shelf)
        times.append((time.perf_counter() - started) * 1000)
        assert len(found.added[PROMPT, "blurry"].networks) == 2
    return [
        Figure("finding what a job names among 10,000 LoRAs", median(times), "ms", 20.0),
        Figure("the same for the first job after a scan", times[0], "ms", 20.0),
    ]


def _lora(number: int) -> ModelRecord:
    name = f"folder {number % 100}/style {number}"
    return ModelRecord(name=name, path=f"/models/Lora/{name}.safetensors", kind="lora", family="sd1")


class _Shelf:
    """What the planner asks, answered as the library does, without files."""

    def __init__(self, records: Iterable[ModelRecord]) -> None:
        self._named = Named(records)
        self._named.prepare()

    @property
    def records(self) -> tuple[ModelRecord, ...]:
        return self._named.records

    def find(self, kind: ModelKind, name: str) -> ModelRecord:
        return self._named.find(kind, name)

    def find_vae(self, name: str, checkpoint: ModelRecord) -> ModelRecord | None:
        return None


if __name__ == "__main__":
    print(*measure(), sep="\n")
