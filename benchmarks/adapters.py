"""How long a LoRA of rank 32 takes from its file into the weights of a full-size SD 1.5 UNet, and out again."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import save_file

from benchmarks.figure import Figure
from sdtui.engine.adapters.applied import Adapters
from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.device import Compute
from sdtui.engine.libraries import load_libraries
from sdtui.engine.prediction import epsilon
from sdtui.engine.sigmas import NoiseLevels
from sdtui.engine.traits import traits_of
from sdtui.spec.adapter import Network
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile
from sdtui.spec.params import Params
from sdtui.weights.configs import family_config
from sdtui.weights.stamp import stamp

RANK = 32
ROUNDS = 3


def measure() -> list[Figure]:
    """Medians of three times in and out, on the threads that torch takes by itself, in float32."""
    checkpoint = _full_size()
    with tempfile.TemporaryDirectory() as folder:
        file = _write_lora(Path(folder) / "rank-32.safetensors", checkpoint)
        network = Network(kind="lora", file=file)
        adapters = Adapters()
        into, out = [], []
        for _ in range(ROUNDS):
            into.append(_seconds(adapters, checkpoint, _render(network)))
            out.append(_seconds(adapters, checkpoint, _render()))
    return [
        Figure("LoRA of rank 32 from its file into a full-size UNet", statistics.median(into), "s", 1.0),
        Figure("the same LoRA out again", statistics.median(out), "s", 1.0),
    ]


def _full_size() -> Checkpoint:
    """An SD 1.5 UNet of 860 million weights; nothing else of it is needed."""
    libraries = load_libraries()
    with torch.device("meta"):
        unet = libraries.unet.from_config(family_config("sd1")["unet"])
        vae = libraries.vae.from_config(family_config("sd1")["vae"])
    unet.to_empty(device="cpu").requires_grad_(False)
    for weight in unet.parameters():
        weight.fill_(0.01)
    compute = Compute(torch.device("cpu"), torch.float32)
    return Checkpoint("full", "sd1", traits_of("sd1"), unet, vae, {}, epsilon, NoiseLevels(), None, None, compute, 0)


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
