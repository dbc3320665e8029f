"""Pickled checkpoints are read without being run."""

from __future__ import annotations

import collections
import io
import os
import pickle
import zipfile
from pathlib import Path

import pytest
import torch

from sdtui.errors import ModelError
from sdtui.weights.archive import read_archive

TENSORS = {
    "model.diffusion_model.a.weight": torch.arange(24, dtype=torch.float16).reshape(2, 3, 4),
    "b": torch.arange(5, dtype=torch.float32),
    "c": torch.arange(6, dtype=torch.bfloat16).reshape(2, 3, 1),
    "scalar": torch.tensor(3, dtype=torch.int64),
}


def read_back(path: Path, name: str) -> torch.Tensor:
    info = read_archive(path).tensors[name]
    dtype = {"F16": torch.float16, "F32": torch.float32, "BF16": torch.bfloat16, "I64": torch.int64}[info.dtype]
    return torch.frombuffer(bytearray(path.read_bytes()[info.start : info.end]), dtype=dtype).reshape(info.shape)


@pytest.mark.parametrize("wrap", [lambda held: held, lambda held: {"state_dict": held, "epoch": 3, "global_step": 7}])
def test_every_tensor_is_found_where_torch_put_it(tmp_path, wrap):
    path = tmp_path / "m.ckpt"
    held = dict(TENSORS) | {"part": TENSORS["b"][2:4], "parameter": torch.nn.Parameter(torch.ones(3))}
    torch.save(wrap(held), path)
    found = read_archive(path)
    assert set(found.tensors) == set(held)
    for name in (*TENSORS, "part"):
        assert torch.equal(read_back(path, name), held[name])


def test_a_tensor_on_its_side_is_refused_by_name(tmp_path):
    torch.save({"turned": torch.zeros(2, 3).T}, tmp_path / "m.ckpt")
    with pytest.raises(ModelError, match="'turned' does not lie in one piece"):
        read_archive(tmp_path / "m.ckpt")


def write_program(path: Path, program: bytes, name: str = "archive/data.pkl") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, program)
    return path


class Callback:
    """As training leaves it in a checkpoint."""


Callback.__module__ = "pytorch_lightning.callbacks.model_checkpoint"
Callback.__qualname__ = "ModelCheckpoint"


def test_what_training_left_behind_is_not_called(tmp_path):
    path = tmp_path / "m.ckpt"
    program = (
        b"\x80\x02}(X\x09\x00\x00\x00callbacks}cpytorch_lightning.callbacks.model_checkpoint\nModelCheckpoint\n"
        b"}(X\x04\x00\x00\x00bestcnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\nX\x02\x00\x00\x00f8\x85R"
        b"X\x01\x00\x00\x00xtRusX\x0a\x00\x00\x00state_dict}u."
    )
    assert read_archive(write_program(path, program)).tensors == {}


class Evil:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("place", ["state_dict", "callbacks"])
def test_a_hostile_pickle_is_refused_and_never_run(tmp_path, place):
    trap = tmp_path / "sprung"
    path = tmp_path / "m.ckpt"
    torch.save({place: {"a": Evil(str(trap))}}, path)
    with pytest.raises(ModelError, match=r"mkdir, which has no business in a checkpoint. It was not run"):
        read_archive(path)
    assert not trap.exists()


@pytest.mark.parametrize(
    "program",
    [
        b"c__builtin__\neval\n(X\x01\x00\x00\x001tR.",
        b"cos\nsystem\n(X\x04\x00\x00\x00truetR.",
        b"cbuiltins\ngetattr\n.",
        b"ctorch\nload\n.",
        b"ctorch.serialization\nload\n.",
        b"cnumpy.f2py\ncompile\n.",
        b"cnumpy.testing._private.utils\nrunstring\n.",
    ],
)
def test_nothing_else_can_be_named(tmp_path, program):
    with pytest.raises(ModelError, match="was not run"):
        read_archive(write_program(tmp_path / "m.ckpt", program))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no zip archive of torch"),
        (b"\x80\x02}.", "no zip archive of torch"),
        (b"PK\x03\x04 and nothing more", "no zip archive of torch"),
    ],
)
def test_another_file_says_so(tmp_path, content, says):
    path = tmp_path / "m.ckpt"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=says) as caught:
        read_archive(path)
    assert caught.value.where == str(path)


@pytest.mark.parametrize(
    "program", [b"", b".", b"\x80\x02]", b"(((((", b"\x80\x02X\xff\xff\xff\xff", b"\x80\x02K\x01."]
)
def test_a_broken_pickle_is_a_sentence(tmp_path, program):
    with pytest.raises(ModelError, match="pickle"):
        read_archive(write_program(tmp_path / "m.ckpt", program))


def test_an_archive_of_something_else_is_a_sentence(tmp_path):
    with pytest.raises(ModelError, match=r"no data\.pkl"):
        read_archive(write_program(tmp_path / "m.ckpt", b"", name="word/document.xml"))


def test_a_tensor_longer_than_its_storage_is_refused(tmp_path):
    def lies(size: int) -> bytes:
        class Tensor:
            def __reduce__(self):
                return torch._utils._rebuild_tensor_v2, (Storage(), 0, (size,), (1,), False, collections.OrderedDict())

        class Storage:
            pass

        class Writer(pickle.Pickler):
            def persistent_id(self, obj):
                return ("storage", torch.FloatStorage, "0", "cpu", 2) if isinstance(obj, Storage) else None

        program = io.BytesIO()
        Writer(program, 2).dump({"a": Tensor()})
        return program.getvalue()

    for size, fits in ((2, True), (3, False), (10**12, False)):
        path = tmp_path / f"{size}.ckpt"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", lies(size))
            archive.writestr("archive/data/0", bytes(8))
        if fits:
            assert read_archive(path).tensors["a"].shape == (2,)
        else:
            with pytest.raises(ModelError, match="longer than its storage"):
                read_archive(path)
