"""How long a LoRA of rank 32 takes from its file into the weights of a full-size SD 1.5 UNet, and out again."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import save_file

from benchmarks.figure import Figure
from benchmarks.full_size import write_sd1_file
from sdtui.engine.adapters.applied import Adapters
from sdtui.engine.checkpoint import Checkpoint, load_checkpoint
from sdtui.engine.device import Compute
from sdtui.spec.adapter import Network
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile
from sdtui.spec.params import Params
from sdtui.weights.identify import identify
from sdtui.weights.stamp import stamp

RANK = 32
ROUNDS = 4


def measure() -> list[Figure]:
    """The quickest of some times in and out, on the threads that torch takes by itself, in float32 from a file of float16."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = _full_size(write_sd1_file(Path(folder) / "full.safetensors"))
        file = _write_lora(Path(folder) / "rank-32.safetensors", checkpoint)
        network = Network(kind="lora", file=file)
        adapters = Adapters()
        into, out = [], []
        for _ in range(ROUNDS):
            into.append(_seconds(adapters, checkpoint, _render(network)))
            out.append(_seconds(adapters, checkpoint, _render()))
    return [
        Figure("LoRA of rank 32 from its file into a full-size UNet", min(into), "s", 1.0),
        Figure("the same LoRA out again", min(out), "s", 1.0),
    ]


def _full_size(path: Path) -> Checkpoint:
    """An SD 1.5 checkpoint with a UNet of 860 million weights."""
    stages = load_checkpoint(identify(path), Compute(torch.device("cpu"), torch.float32))
    while True:
        try:
            next(stages)
        except StopIteration as finished:
            loaded: Checkpoint = finished.value
            return loaded


def _modules(unet: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """What kohya's trainer takes by default: everything linear in the transformers, their projections too."""
    for path, module in unet.named_modules():
        if ".attentions." in path and isinstance(module, torch.nn.Linear | torch.nn.Conv2d):
            yield path, module.weight


def _write_lora(path: Path, checkpoint: Checkpoint) -> ModelFile:
    tensors: dict[str, torch.Tensor] = {}
    for module, weight in _modules(checkpoint.unet):
        out, into, *window = weight.shape
        name = "lora_unet_" + module.replace(".", "_")
        ones = [1] * len(window)
        tensors[f"{name}.lora_up.weight"] = torch.full((out, RANK, *ones), 0.01, dtype=torch.float16)
        tensors[f"{name}.lora_down.weight"] = torch.full((RANK, into, *window), 0.01, dtype=torch.float16)
        tensors[f"{name}.alpha"] = torch.tensor(16.0, dtype=torch.float16)
    save_file(tensors, path)
    size, mtime_ns = stamp(path)
    return ModelFile(name=path.stem, path=str(path), size=size, mtime_ns=mtime_ns)


def _render(*networks: Network) -> Render:
    nothing = ModelFile(name="full", path="/full", size=0, mtime_ns=0)
    return Render(
        id="r",
        job_id=1,
        index=0,
        prompt="",
        negative_prompt="",
        params=Params(),
        checkpoint=nothing,
        path="",
        networks=networks,
    )


@torch.inference_mode()
def _seconds(adapters: Adapters, checkpoint: Checkpoint, render: Render) -> float:
    start = time.perf_counter()
    adapters.apply(checkpoint, render)
    return time.perf_counter() - start


if __name__ == "__main__":
    print(*measure(), sep="\n")
