"""Small pickled models by their outlines: what torch saved is told, nothing in it runs, nothing damaged gets through."""

from __future__ import annotations

import contextlib
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sdtui.errors import ModelError
from sdtui.spec.model import ModelKind
from sdtui.weights.identify import identify
from sdtui.weights.pickles import read_outline
from tests.weights.synthetic import write_model


def vectors(count: int, width: int = 768) -> torch.Tensor:
    return torch.nn.Parameter(torch.zeros(count, width))


def layers(width: int) -> dict[str, torch.Tensor]:
    return {"linear.0.weight": torch.zeros(width, width), "linear.0.bias": torch.zeros(width)}


LAYERS = torch.nn.Linear(4, 4).state_dict()
TORCHED: dict[str, tuple[object, ModelKind, str, int]] = {
    "A1111's embedding": ({"string_to_token": {"*": 265}, "string_to_param": {"*": vectors(4)}}, "embedding", "sd1", 4),
    "the first embeddings": (
        {"string_to_token": {"*": torch.tensor(1)}, "string_to_param": torch.nn.ParameterDict({"*": vectors(2)})},
        "embedding",
        "sd1",
        2,
    ),
    "diffusers' embedding": ({"<cat>": torch.zeros(1024)}, "embedding", "sd2", 1),
    "an embedding for a small model": ({"<cat>": torch.zeros(3, 56)}, "embedding", "unknown", 3),
    "a hypernetwork": (
        {"name": "x", 320: (layers(320), layers(320)), 768: (layers(768), layers(768))},
        "hypernetwork",
        "sd1",
        0,
    ),
    "a VAE": (
        {
            "state_dict": {
                "decoder.conv_in.weight": torch.zeros(8, 4, 3, 3),
                "decoder.conv_out.weight": torch.zeros(3, 8),
            }
        },
        "vae",
        "sd",
        0,
    ),
    "a LoRA": (
        {
            "lora_unet_a_attn2_to_k.lora_down.weight": torch.zeros(4, 768),
            "lora_unet_a_attn2_to_k.alpha": torch.ones(()),
        },
        "lora",
        "sd1",
        0,
    ),
}


@pytest.mark.parametrize("old", [False, True], ids=["zip", "before 1.6"])
@pytest.mark.parametrize("name", TORCHED)
def test_outline_tells_kind_family_and_vectors(name: str, old: bool, tmp_path: Path) -> None:
    held, kind, family, count = TORCHED[name]
    torch.save(held, tmp_path / "m.pt", _use_new_zipfile_serialization=not old)

    record = identify(tmp_path / "m.pt", expected="embedding" if kind == "embedding" else "unknown")

    assert (record.kind, record.family, record.vectors, record.problem) == (kind, family, count, "")


def test_checkpoint_in_a_pickle_is_told_as_one(tmp_path: Path) -> None:
    held = {"state_dict": {"model.diffusion_model.input_blocks.0.0.weight": torch.zeros(4, 4, 3, 3)}}
    torch.save(held, tmp_path / "m.pt")

    record = identify(tmp_path / "m.pt")
    assert record.kind == "checkpoint"
    assert "unknown family" in record.problem


@pytest.mark.parametrize(
    ("shapes", "count"),
    [
        ({"emb_params": (8, 768)}, 8),
        ({"clip_g": (2, 1280), "clip_l": (2, 768)}, 2),
        ({"<x>": (5, 768)}, 5),
        ({"<x>": (768,)}, 1),
    ],
)
def test_safetensors_embedding_tells_its_vectors(
    shapes: dict[str, tuple[int, ...]], count: int, tmp_path: Path
) -> None:
    assert identify(write_model(tmp_path / "m.safetensors", shapes)).vectors == count


def test_embedding_of_any_width_is_one_in_its_folder(tmp_path: Path) -> None:
    record = identify(write_model(tmp_path / "m.safetensors", {"<x>": (3, 56)}), expected="embedding")

    assert (record.kind, record.family, record.vectors, record.problem) == ("embedding", "unknown", 3, "")


def test_hypernetwork_of_any_width_is_told(tmp_path: Path) -> None:
    shapes = {f"56.{side}.linear.0.weight": (56, 56) for side in "01"}

    assert identify(write_model(tmp_path / "m.safetensors", shapes)).kind == "hypernetwork"


class _Evil:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.marker,))


def huge_memo(path: Path) -> None:
    path.write_bytes(b"\x80\x02Nr\xff\xff\xff\x7f.")


def deep(path: Path) -> None:
    path.write_bytes(b"\x80\x02" + b"(" * 100_000 + b"t" * 100_000 + b".")


def empty_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/other", b"")


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * (20 * 2**20))


def cut(path: Path) -> None:
    torch.save({"a": torch.zeros(3)}, path)
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize("make", [huge_memo, deep, empty_zip, bomb, cut], ids=lambda make: make.__name__)
def test_damaged_and_hostile_files_are_refused(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "m.pt")
    with pytest.raises(ModelError, match=r"damaged"):
        read_outline(tmp_path / "m.pt")


def test_nothing_in_a_pickle_runs(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    (tmp_path / "m.pt").write_bytes(pickle.dumps(_Evil(marker)))
    torch.save({"x": _Evil(marker)}, tmp_path / "n.pt")
    for name in ("m.pt", "n.pt"):
        with pytest.raises(ModelError, match="could run code"):
            read_outline(tmp_path / name)
    assert not marker.exists()


@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.pt"
    path.write_bytes(b"\x80\x02" + data)
    with contextlib.suppress(ModelError):
        read_outline(path)
