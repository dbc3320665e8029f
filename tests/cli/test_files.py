"""`sdtui convert` and `sdtui merge`, with the process that does it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from sdtui.cli.filing import target_for
from sdtui.errors import UsageError
from tests.cli.conftest import Sdtui

NAMES = ("model.diffusion_model.input_blocks.0.0.weight", "cond_stage_model.transformer.a", "first_stage_model.b")


def write(path: Path, value: float) -> Path:
    save_file({name: torch.full((2, 4, 3, 3), value) for name in NAMES}, path)
    return path


def test_a_ckpt_is_converted_beside_itself(sdtui: Sdtui, tmp_path: Path) -> None:
    source = tmp_path / "m.ckpt"
    torch.save({"state_dict": {"a": torch.ones(3)}}, source)
    told = sdtui("convert", str(source))
    assert (told.code, told.out.strip()) == (0, str(tmp_path / "m.safetensors"))
    assert torch.equal(load_file(tmp_path / "m.safetensors")["a"], torch.ones(3))
    again = sdtui("convert", str(source))
    assert (again.code, again.out) == (5, "")
    assert "This file exists. Choose another name, or say --force." in again.err
    assert sdtui("convert", str(source), "--force", "--half").code == 0


def test_checkpoints_are_merged(sdtui: Sdtui, tmp_path: Path) -> None:
    a, b, c = (
        str(write(tmp_path / f"{name}.safetensors", value)) for name, value in (("a", 1.0), ("b", 3.0), ("c", 2.0))
    )
    out = tmp_path / "out.safetensors"
    assert sdtui("merge", a, b, "-o", str(out), "--weight", "0.25").code == 0
    assert float(load_file(out)[NAMES[0]].mean()) == 1.5
    assert sdtui("merge", a, b, c, "--add-difference", "-o", str(out), "--weight", "1", "--force").code == 0
    assert float(load_file(out)[NAMES[0]].mean()) == 2.0


def test_models_are_merged_by_the_names_that_the_library_has_for_them(sdtui: Sdtui, tmp_path: Path) -> None:
    folder = tmp_path / "w" / "models" / "Stable-diffusion"
    (folder / "anime").mkdir(parents=True)
    write(folder / "one.safetensors", 1.0)
    write(folder / "anime" / "three.safetensors", 3.0)
    out = tmp_path / "out.safetensors"

    told = sdtui("--workspace", str(tmp_path / "w"), "merge", "one", "three", "-o", str(out))

    assert (told.err, told.code) == ("", 0)
    assert float(load_file(out)[NAMES[0]].mean()) == 2.0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("convert", "missing.ckpt"), 4, "There is no such file"),
        (("convert", "missing.ckpt", "out.ckpt"), 2, "does not end in .safetensors"),
        (("merge", "a", "b", "-o", "x.safetensors"), 4, "There is no checkpoint named 'a'"),
        (("merge", "a.safetensors", "b", "-o", "x.safetensors"), 4, "There is no such file either"),
        (("merge", "/a.safetensors", "/b", "-o", "x.safetensors"), 4, "There is no such file"),
        (("merge", "a", "b", "c", "-o", "x.safetensors"), 2, "has a C, which only --add-difference needs"),
        (("merge", "a", "b", "--add-difference", "-o", "x.safetensors"), 2, "names no C"),
        (("merge", "a", "b"), 2, "-o"),
    ],
)
def test_what_is_wrong_is_said(sdtui: Sdtui, arguments: tuple[str, ...], code: int, says: str) -> None:
    told = sdtui(*arguments)
    assert told.code == code
    assert says in told.err


def test_the_target_lies_beside_its_source(tmp_path: Path) -> None:
    (tmp_path / "v1.5").mkdir()
    assert target_for(tmp_path / "v1.5", None) == tmp_path / "v1.5.safetensors"
    assert target_for(tmp_path / "a.b.ckpt", None) == tmp_path / "a.b.safetensors"
    with pytest.raises(UsageError):
        target_for(tmp_path / "a.ckpt", tmp_path / "b.bin")


def test_the_command_line_imports_no_torch_for_it() -> None:
    script = "import sys, sdtui.cli.convert, sdtui.cli.merge, sdtui.cli.filing; print([m for m in sys.modules if m in (%r, %r)])"
    told = subprocess.run(
        [sys.executable, "-c", script % ("torch", "numpy")], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


def test_progress_is_a_line_of_json_each(tmp_path: Path) -> None:
    source = write(tmp_path / "m.safetensors", 1.0)
    order = {
        "do": "convert",
        "source": str(source),
        "target": str(tmp_path / "o.safetensors"),
        "half": True,
        "overwrite": False,
    }
    command = [sys.executable, "-m", "sdtui.engine.files", json.dumps(order)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    told = [json.loads(line) for line in lines]
    shares = [line["share"] for line in told[:-1]]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert told[-1] == {"path": str(tmp_path / "o.safetensors"), "notes": []}
