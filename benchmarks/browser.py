"""The model browser on ten thousand made files: looking through them cold and warm, and each key of a filter."""

from __future__ import annotations

import json
import random
import statistics
import struct
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.model_filter import TYPED, WORDS
from sdtui.library.library import Library
from sdtui.spec.model import ModelRecord
from sdtui.ui.models.list import Choice, ModelList
from sdtui.weights.hashes import HashStore

COUNT = 10_000
A_FOLDER = 100
FRAME_MS = 16.0
KEY_MS, SLOWEST_KEY_MS = 8.0, 12.0
"""Half a frame, and three quarters: the rest is for painting."""
COLD_S, WARM_S, LOOK_MS = 15.0, 2.0, 50.0
LORA = {
    "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight": (8, 768),
    "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_up.weight": (320, 8),
}


def measure() -> list[Figure]:
    """Files are sparse: what is measured is finding them and reading their headers."""
    with tempfile.TemporaryDirectory(prefix="sdtui-bench-") as folder:
        root = Path(folder) / "models" / "Lora"
        _make(root)
        hashes, cache = HashStore(Path(folder) / "hashes.json"), Path(folder) / "library.json"
        cold, records = _seconds(Library((Path(folder),), hashes, cache=cache))
        again = Library((Path(folder),), hashes, cache=cache)
        warm, _ = _seconds(again)
        start = time.perf_counter()
        again.changed()
        look = (time.perf_counter() - start) * 1000
    keys = _keys_ms(records)
    return [
        Figure("10,000 model files looked through, cold", cold, "s", COLD_S),
        Figure("10,000 model files looked through, warm", warm, "s", WARM_S),
        Figure("whether any of 10,000 files changed", look, "ms", LOOK_MS),
        Figure("a key of the browser's filter over 10,000 files, median", statistics.median(keys), "ms", KEY_MS),
        Figure("a key of the browser's filter over 10,000 files, slowest", max(keys), "ms", SLOWEST_KEY_MS),
        Figure("another kind, order or family over 10,000 files, slowest", _turn_ms(records), "ms", FRAME_MS),
    ]


def _make(root: Path) -> None:
    header: dict[str, object] = {}
    end = 0
    for name, shape in LORA.items():
        start, end = end, end + 2 * shape[0] * shape[1]
        header[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [start, end]}
    raw = json.dumps(header).encode()
    head, dice = struct.pack("<Q", len(raw)) + raw, random.Random(7)
    for number in range(COUNT):
        folder = root / f"{dice.choice(WORDS)}-{number // A_FOLDER}"
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{dice.choice(WORDS)}-{dice.choice(WORDS)}_{number}"
        with (folder / f"{stem}.safetensors").open("wb") as file:
            file.write(head)
            file.truncate(len(head) + end)
        if number % 4 == 0:
            (folder / f"{stem}.json").write_text('{"activation text": "grain", "preferred weight": 0.7}')


def _seconds(library: Library) -> tuple[float, Sequence[ModelRecord]]:
    start = time.perf_counter()
    records = library.scan()
    return time.perf_counter() - start, records


def _keys_ms(records: Sequence[ModelRecord]) -> list[float]:
    """Each key, as quick as it came in five rounds."""
    models = ModelList()
    models.update(records)
    rounds = []
    for _ in range(5):
        times = []
        for typed in TYPED:
            models.filter((), None)
            for end in range(1, len(typed) + 1):
                start = time.perf_counter()
                models.filter(tuple(typed[:end].split()), None)
                times.append((time.perf_counter() - start) * 1000)
        rounds.append(times)
    return [min(times) for times in zip(*rounds, strict=True)]


def _turn_ms(records: Sequence[ModelRecord]) -> float:
    models = ModelList()
    models.update(records)
    favourites = frozenset(record.path for record in records[::10])
    choices = (Choice("lora"), Choice(None, frozenset({"sd1"})), Choice(None, None, favourites), Choice())
    slowest = 0.0
    for choice in choices:
        for order in ("name", "newest", "size"):
            times = []
            for _ in range(3):
                start = time.perf_counter()
                models.filter((), choice, order)  # type: ignore[arg-type]
                times.append((time.perf_counter() - start) * 1000)
            slowest = max(slowest, min(times))
    return slowest
