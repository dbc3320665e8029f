from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from sdtui.library.library import Library
from sdtui.library.trees import home_of
from sdtui.weights.hashes import HashStore
from tests.weights.synthetic import kohya_lora, sd1, write_model

SETTLE_S = 5.0


def library(tmp_path: Path, *folders: Path, own: Path | None = None) -> Library:
    return Library(folders, HashStore(tmp_path / "hashes.json"), own=own, settle_s=SETTLE_S)


def names(library: Library) -> list[str]:
    return [record.name for record in library.scan() if not record.builtin]


def age(path: Path, seconds: float) -> None:
    """As if it had been changed so long ago."""
    at = time.time() - seconds
    os.utime(path, (at, at))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_model(tmp_path / "mine" / "sub" / "a.safetensors", sd1())
    for each in (tmp_path / "mine", tmp_path / "mine" / "sub"):
        age(each, 100)
    return tmp_path / "mine"


def test_nothing_is_looked_through_again_while_nothing_changes(folder: Path, tmp_path: Path) -> None:
    shelf = library(tmp_path, folder)
    shelf.scan()
    assert not shelf.changed()


def test_what_lands_goes_or_gets_a_note_is_noticed(folder: Path, tmp_path: Path) -> None:
    shelf = library(tmp_path, folder)
    changes = (
        lambda: write_model(folder / "sub" / "b.safetensors", sd1()),
        lambda: (folder / "sub" / "b.json").write_text("{}"),
        lambda: (folder / "sub" / "b.safetensors").unlink(),
        lambda: (folder / "new").mkdir(),
        lambda: (folder / "sub").rename(folder / "other"),
    )
    for change in changes:
        for each in folder.iterdir():
            age(each, 100)
        age(folder, 100)
        shelf.scan()
        assert not shelf.changed()
        change()
        assert shelf.changed()


def test_a_folder_that_was_written_to_a_moment_ago_is_looked_at_once_more(folder: Path, tmp_path: Path) -> None:
    shelf = library(tmp_path, folder)
    age(folder / "sub", 0.1)
    shelf.scan()
    assert shelf.changed()


def test_a_configured_folder_that_comes_to_be_is_noticed(tmp_path: Path) -> None:
    shelf = library(tmp_path, tmp_path / "later", own=tmp_path / "w" / "models")
    shelf.scan()
    assert not shelf.changed()
    (tmp_path / "w" / "models").mkdir(parents=True)
    assert shelf.changed()
    age(tmp_path / "w" / "models", 100)
    shelf.scan()
    assert not shelf.changed()
    (tmp_path / "later").mkdir()
    assert shelf.changed()


def test_the_workspaces_own_folder_is_no_complaint_when_it_is_missing(tmp_path: Path) -> None:
    shelf = library(tmp_path, own=tmp_path / "models")
    assert names(shelf) == []
    assert shelf.notes == ()
    write_model(tmp_path / "models" / "Lora" / "film.safetensors", kohya_lora(768))
    assert names(shelf) == ["film"]


def test_a_half_written_file_is_not_shown_until_it_is_whole_or_left_alone(folder: Path, tmp_path: Path) -> None:
    shelf = library(tmp_path, folder)
    whole = (folder / "sub" / "a.safetensors").read_bytes()
    half = folder / "half.safetensors"
    half.write_bytes(whole[:1000])
    age(folder, 100)
    assert names(shelf) == ["sub/a"]
    assert not shelf.changed()
    half.write_bytes(whole[:2000])
    assert not shelf.changed()
    age(half, SETTLE_S + 1)
    assert shelf.changed()
    assert names(shelf) == ["half", "sub/a"]
    assert not shelf.changed()
    half.write_bytes(whole)
    assert shelf.changed()
    record = next(record for record in shelf.scan() if record.name == "half")
    assert record.problem == ""


def test_a_file_that_is_said_to_be_on_its_way_is_not_shown(folder: Path, tmp_path: Path) -> None:
    shelf = library(tmp_path, folder)
    write_model(folder / "b.safetensors", sd1())
    (folder / "b.safetensors.aria2").write_bytes(b"")
    age(folder / "b.safetensors", 1000)
    age(folder, 100)
    assert names(shelf) == ["sub/a"]
    assert not shelf.changed()
    (folder / "b.safetensors.aria2").unlink()
    assert shelf.changed()
    assert names(shelf) == ["b", "sub/a"]


@pytest.mark.parametrize(
    ("there", "kind", "home"),
    [
        ((), "lora", "Lora"),
        (("models",), "lora", "models/Lora"),
        (("models/loras", "models/checkpoints"), "lora", "models/loras"),
        (("models/loras",), "checkpoint", "models/Stable-diffusion"),
        (("models/Lora",), "embedding", "embeddings"),
        (("models/Lora", "embeddings"), "embedding", "embeddings"),
        (("models/embeddings",), "embedding", "models/embeddings"),
        (("models/BSRGAN", "models/ESRGAN", "models/RealESRGAN"), "upscaler", "models/ESRGAN"),
        (
            ("models/Lora", "extensions/sd-webui-controlnet/models"),
            "controlnet",
            "extensions/sd-webui-controlnet/models",
        ),
        (("Stable-diffusion",), "vae", "VAE"),
    ],
)
def test_a_new_model_goes_where_its_kind_is_kept(there: tuple[str, ...], kind: str, home: str, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for folder in there:
        (tree / folder).mkdir(parents=True)
    assert home_of(kind, tree) == tree / home  # type: ignore[arg-type]
