from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
import torch

from sdtui.spec.model import ModelRecord
from sdtui.weights.identify import builtin_path, identify
from tests.weights.synthetic import header_bytes


def test_built_in_model_brings_its_architecture_and_defaults() -> None:
    record = identify(builtin_path())
    assert (record.name, record.kind, record.family) == ("shapes-64", "checkpoint", "sd1")
    assert (record.builtin, record.problem, record.title) == (True, "", "Shapes 64")
    assert record.defaults == {"width": 64, "height": 64, "cfg_scale": 4.0}
    assert record.architecture is not None
    assert set(record.architecture) == {"unet", "vae", "text_encoder"}
    assert msgspec.json.decode(msgspec.json.encode(record), type=ModelRecord) == record


def test_copy_of_the_built_in_model_is_not_built_in(tmp_path: Path) -> None:
    copy = tmp_path / builtin_path().name
    copy.write_bytes(builtin_path().read_bytes())
    assert not identify(copy).builtin
    assert identify(copy).problem == ""


@pytest.mark.parametrize("suffix", [".ckpt", ".CKPT"])
def test_pickled_checkpoint_that_cannot_be_read_is_recorded(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"m{suffix}"
    path.write_bytes(b"\x80\x02cos\nsystem\n")
    record = identify(path)
    assert "no zip archive of torch" in record.problem
    assert record.kind == "checkpoint"
    assert record.size == 13


def test_pickled_checkpoint_is_told_by_its_tensors(tmp_path: Path) -> None:
    path = tmp_path / "m.ckpt"
    torch.save({"state_dict": {name: torch.zeros(shape) for name, shape in sd1_small().items()}}, path)
    record = identify(path)
    assert (record.kind, record.family, record.problem) == ("checkpoint", "sd1", "")


def sd1_small() -> dict[str, tuple[int, ...]]:
    return {
        "model.diffusion_model.input_blocks.0.0.weight": (2, 4, 3, 3),
        "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight": (2, 2),
        "first_stage_model.decoder.conv_in.weight": (2, 4, 3, 3),
    }


@pytest.mark.parametrize("suffix", [".ckpt", ".pt", ".pth", ".bin"])
def test_pickle_that_wants_to_run_code_is_told_and_runs_none(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"m{suffix}"
    path.write_bytes(b"\x80\x02cos\nsystem\n(X\x04\x00\x00\x00exittR.")
    record = identify(path, expected="vae")
    assert "os.system, which could run code" in record.problem
    assert record.kind == "vae"


@pytest.mark.parametrize("content", [b"", b"<html>", b"\0" * 8, header_bytes({}, b"x"), b"\xff" * 100])
def test_broken_file_has_a_problem_and_its_folders_kind(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    record = identify(path, expected="lora")
    assert record.kind == "lora"
    assert record.problem
    assert str(path) not in record.problem


@pytest.mark.parametrize("what", ["missing", "pipe", "folder", "loop", "zero byte"])
def test_what_is_no_model_at_all_has_a_problem(what: str, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    match what:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "loop":
            path.symlink_to(path)
        case "zero byte":
            path = tmp_path / "a\0b.safetensors"
    assert identify(path).problem
