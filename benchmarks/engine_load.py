"""Loading a full-size SD 1.5 file, beside diffusers' from_single_file: medians of interleaved rounds, weights in half precision.

python -m benchmarks.engine_load      writes 2.1 GB to the temporary folder, and removes it
"""

from __future__ import annotations

import gc
import json
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figure import Figure
from benchmarks.full_size import write_sd1_file

ROUNDS = 2
BAR = 0.6
NEEDED_BYTES = 4 << 30


def measure() -> list[Figure]:
    """Seconds from the path to modules that can be called, ours and theirs; the file is in the page cache."""
    if shutil.disk_usage(tempfile.gettempdir()).free < NEEDED_BYTES:
        raise OSError("The temporary folder has no room for a file of 2.1 GB.")
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = write_sd1_file(Path(folder) / "full.safetensors")
        config = _write_configs(Path(folder) / "config")
        takes = [lambda: ours.append(_ours(path)), lambda: theirs.append(_theirs(path, config))]
        for number in range(ROUNDS + 1):
            for place in range(2):
                takes[(number + place) % 2]()
                gc.collect()
    # the first round imports and fills the cache
    ours, theirs = ours[1:], theirs[1:]
    return [
        Figure("loading SD 1.5 / from_single_file", median(ours) / median(theirs), "×", BAR),
        Figure("loading a full-size SD 1.5 file", median(ours), "s"),
        Figure("from_single_file", median(theirs), "s"),
    ]


def _ours(path: Path) -> float:
    import torch

    from sdtui.engine.checkpoint import load_checkpoint
    from sdtui.engine.device import Compute
    from sdtui.weights.identify import identify

    started = time.perf_counter()
    stages, loaded = load_checkpoint(identify(path), Compute(torch.device("cpu"), torch.float16)), None
    while loaded is None:
        try:
            next(stages)
        except StopIteration as finished:
            loaded = finished.value
    took = time.perf_counter() - started
    assert loaded.size_bytes > 2e9
    return took


def _theirs(path: Path, config: Path) -> float:
    import torch
    from diffusers import StableDiffusionPipeline

    from tests.engine.pipeline import tokenizer

    words: Any = tokenizer()
    started = time.perf_counter()
    made = StableDiffusionPipeline.from_single_file(
        str(path),
        config=str(config),
        tokenizer=words,
        torch_dtype=torch.float16,
        safety_checker=None,
        local_files_only=True,
    )
    took = time.perf_counter() - started
    assert sum(weight.numel() for weight in made.unet.parameters()) > 8e8
    return took


def _write_configs(folder: Path) -> Path:
    """The folder of configs that from_single_file wants, so that it asks no network."""
    from diffusers import EulerDiscreteScheduler

    from sdtui.weights.configs import family_config
    from tests.engine.pipeline import BETAS

    index = {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.42.1"}
    index |= {
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "scheduler": ["diffusers", "EulerDiscreteScheduler"],
        "safety_checker": [None, None],
        "feature_extractor": [None, None],
    }
    folder.mkdir()
    (folder / "model_index.json").write_text(json.dumps(index))
    for component, config in family_config("sd1").items():
        (folder / component).mkdir()
        (folder / component / "config.json").write_text(json.dumps(config))
    EulerDiscreteScheduler(**BETAS, steps_offset=1).save_pretrained(folder / "scheduler")
    return folder


if __name__ == "__main__":
    print(*measure(), sep="\n")
