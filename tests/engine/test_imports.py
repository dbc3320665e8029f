"""What a worker imports before its first picture: torch and two modules of diffusers, as narrow as they can be had."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHILD = """
import sys
import sdtui.engine.engine
early = {name.partition(".")[0] for name in sys.modules}
assert not early & {"diffusers", "transformers"}, "the heavy imports belong to the first load"
from tests.engine.renders import builtin, paint, render
engine = sdtui.engine.engine.Engine("cpu")
one = render(steps=2)
assert paint(engine, one)
unwanted = ["torch._dynamo", "torch._inductor", "transformers", "scipy", "torchvision", "pandas", "peft", "accelerate"]
found = [name for name in unwanted if name in sys.modules]
assert not found, found
left = [name for name, module in sys.modules.items() if name.startswith("diffusers.models.") and not module.__spec__]
assert not left, left
"""
LATER = """
from sdtui.engine.libraries import load_libraries
ours = load_libraries()
from diffusers import StableDiffusionPipeline, UNet2DConditionModel, AutoencoderKL
from transformers import CLIPTextModel
assert ours == (UNet2DConditionModel, AutoencoderKL)
assert issubclass(CLIPTextModel, __import__("torch").nn.Module)
"""


def run(code: str) -> None:
    environ = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path.cwd()), "HF_HUB_OFFLINE": "1"}
    child = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=110, check=False
    )
    assert child.returncode == 0, child.stderr
    assert "rror" not in child.stderr


def test_a_first_picture_imports_no_compiler_no_transformers_and_nothing_else_it_can_do_without() -> None:
    run(CHILD)


def test_the_whole_of_diffusers_and_transformers_can_still_be_imported_afterwards() -> None:
    run(LATER)


def test_the_libraries_load_where_transformers_was_imported_before() -> None:
    run("import transformers\nfrom sdtui.engine.libraries import load_libraries\nload_libraries()\n")
