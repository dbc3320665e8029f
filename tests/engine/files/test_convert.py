"""Checkpoints become single safetensors files, whole and exact."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from sdtui.engine.files import writing
from sdtui.engine.files.convert import convert
from sdtui.engine.files.writing import Output, write_safetensors
from sdtui.errors import ModelError, UsageError, WorkspaceError
from sdtui.weights.header import read_header
from sdtui.weights.identify import identify
from tests.engine.checkpoints import original_tensors, random_state, write_folder, write_original
from tests.engine.small import SMALL

UNREAD = ("text_projection", "logit_scale")


def quiet(_: float) -> None:
    pass


def same(one, other):
    return one.dtype == other.dtype and torch.equal(one, other)


def test_a_ckpt_becomes_the_same_tensors(tmp_path):
    tensors = original_tensors(random_state())
    source, target = tmp_path / "m.ckpt", tmp_path / "m.safetensors"
    torch.save({"state_dict": tensors, "global_step": 7}, source)
    shares: list[float] = []
    made = convert(source, target, half=False, overwrite=False, tell=shares.append)
    assert made.path == target
    held = load_file(target)
    assert held.keys() == tensors.keys()
    assert all(same(held[name], tensors[name]) for name in tensors)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert read_header(target).tensors.keys() == tensors.keys()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.ckpt", "m.safetensors"]


@pytest.mark.parametrize("old_names", [False, True])
@pytest.mark.parametrize("family", SMALL)
def test_a_folder_becomes_the_file_that_its_family_publishes(tmp_path, family, old_names):
    folder = write_folder(tmp_path / "folder", family=family, old_names=old_names)
    target = tmp_path / "m.safetensors"
    convert(folder, target, half=False, overwrite=False, tell=quiet)
    wanted = load_file(write_original(tmp_path / "wanted.safetensors", family=family))
    held = load_file(target)
    unknown = {name for name in wanted if name.endswith(UNREAD) and name not in held}
    unread = {name for name in wanted if family == "sd2" and ".resblocks.2." in name}
    assert held.keys() == wanted.keys() - unknown - unread
    assert all(same(held[name], wanted[name]) for name in held)
    record = identify(target)
    assert (record.problem, record.family) == ("", family)
    assert record.architecture is not None


def test_a_folders_marks_go_along(tmp_path):
    folder = write_folder(tmp_path / "folder", family="sdxl")
    (folder / "scheduler").mkdir()
    config = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True}
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(config))
    convert(folder, tmp_path / "m.safetensors", half=False, overwrite=False, tell=quiet)
    record = identify(tmp_path / "m.safetensors")
    assert (record.problem, record.prediction, record.zero_terminal) == ("", "v_prediction", True)


def test_half_makes_half_of_what_is_full_and_leaves_the_rest(tmp_path):
    tensors = {
        "full": torch.tensor([1.0, 0.1, 65504.0]),
        "double": torch.tensor([0.1], dtype=torch.float64),
        "brain": torch.tensor([0.1], dtype=torch.bfloat16),
        "number": torch.tensor([77]),
        "none": torch.zeros(0),
        "one": torch.tensor(4.6),
    }
    source, target = tmp_path / "m.safetensors", tmp_path / "half.safetensors"
    save_file(tensors, source, {"modelspec.title": "Mine", "ü": "ö"})
    assert convert(source, target, half=True, overwrite=False, tell=quiet).notes == ()
    held = load_file(target)
    assert {name: tensor.dtype for name, tensor in held.items()} == {
        "full": torch.float16,
        "double": torch.float16,
        "brain": torch.bfloat16,
        "number": torch.int64,
        "none": torch.float16,
        "one": torch.float16,
    }
    assert torch.equal(held["full"], tensors["full"].half())
    with safe_open(target, "pt") as file:
        assert file.metadata() == {"modelspec.title": "Mine", "ü": "ö"}


def test_what_is_too_large_for_half_is_said(tmp_path):
    save_file({"a": torch.tensor([1e6])}, tmp_path / "m.safetensors")
    made = convert(tmp_path / "m.safetensors", tmp_path / "h.safetensors", half=True, overwrite=False, tell=quiet)
    assert "too large for half precision (a" in made.notes[0]


def test_nothing_to_do_is_said(tmp_path):
    with pytest.raises(UsageError, match="safetensors already"):
        convert(
            write_original(tmp_path / "m.safetensors"),
            tmp_path / "o.safetensors",
            half=False,
            overwrite=False,
            tell=quiet,
        )


def test_a_file_that_exists_stays_unless_it_is_forced(tmp_path):
    source, target = write_original(tmp_path / "m.safetensors", dtype=torch.float32), tmp_path / "o.safetensors"
    target.write_bytes(b"mine")
    with pytest.raises(WorkspaceError, match="exists"):
        convert(source, target, half=True, overwrite=False, tell=quiet)
    assert target.read_bytes() == b"mine"
    convert(source, target, half=True, overwrite=True, tell=quiet)
    assert read_header(target).tensors


def test_a_file_may_take_its_own_place(tmp_path):
    path = write_original(tmp_path / "m.safetensors", dtype=torch.float32)
    before = load_file(path)
    convert(path, path, half=True, overwrite=True, tell=quiet)
    assert all(torch.equal(tensor, before[name].half()) for name, tensor in load_file(path).items())


def test_an_end_half_way_leaves_nothing(tmp_path):
    source, target = write_original(tmp_path / "m.safetensors", dtype=torch.float32), tmp_path / "o.safetensors"

    def stop(share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(source, target, half=True, overwrite=False, tell=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["m.safetensors"]


def test_a_full_disk_is_said_before_anything_is_written(tmp_path):
    huge = Output("a", "F32", (1 << 50,), tuple)
    with pytest.raises(WorkspaceError, match="GB left"):
        write_safetensors(tmp_path / "o.safetensors", [huge], {}, overwrite=False, tell=quiet)
    assert list(tmp_path.iterdir()) == []


def test_no_piece_is_larger_than_it_may_be(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "PIECE", 100)
    sizes: list[int] = []
    tensor = torch.arange(1050, dtype=torch.float32).reshape(35, 30)

    def pieces():
        for piece in writing.pieces_of(tensor):
            sizes.append(piece.numel())
            yield piece

    write_safetensors(
        tmp_path / "o.safetensors", [Output("a", "F32", (35, 30), pieces)], {}, overwrite=False, tell=quiet
    )
    assert sizes == [100] * 10 + [50]
    assert torch.equal(load_file(tmp_path / "o.safetensors")["a"], tensor)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("m.ckpt", b"not a pickle", "no zip archive of torch"),
        ("m.safetensors", b"not safetensors", "safetensors"),
        ("missing.ckpt", None, "no such file"),
    ],
)
def test_another_file_says_what_it_is(tmp_path, name, content, says):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=says):
        convert(tmp_path / name, tmp_path / "o.safetensors", half=True, overwrite=False, tell=quiet)


def test_a_folder_that_is_no_model_says_so(tmp_path):
    with pytest.raises(ModelError, match=r"no model_index\.json"):
        convert(tmp_path, tmp_path / "o.safetensors", half=False, overwrite=False, tell=quiet)
