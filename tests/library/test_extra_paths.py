from __future__ import annotations

from pathlib import Path

import pytest

from sdtui.library.extra_paths import NAME
from sdtui.library.library import Library
from sdtui.weights.hashes import HashStore
from tests.weights.synthetic import kohya_lora, sd1, write_model


def library(tmp_path: Path, *folders: Path) -> Library:
    return Library(folders, HashStore(tmp_path / "hashes.json"))


def names(library: Library) -> dict[str, str]:
    return {record.name: record.kind for record in library.scan() if not record.builtin}


@pytest.fixture
def comfy(tmp_path: Path) -> Path:
    write_model(tmp_path / "ComfyUI" / "models" / "checkpoints" / "own.safetensors", sd1())
    write_model(tmp_path / "a1111" / "models" / "Stable-diffusion" / "theirs.safetensors", sd1())
    write_model(tmp_path / "a1111" / "models" / "Lora" / "film.safetensors", kohya_lora(768))
    write_model(tmp_path / "a1111" / "models" / "LyCORIS" / "night.safetensors", kohya_lora(768))
    write_model(tmp_path / "a1111" / "stray.safetensors", sd1())
    return tmp_path / "ComfyUI"


def test_folders_of_other_programs_that_comfyui_names_are_looked_through(comfy: Path, tmp_path: Path) -> None:
    (comfy / NAME).write_text(
        "# a comment\n"
        "a111:\n"
        "    base_path: ../a1111\n"
        "    checkpoints: models/Stable-diffusion\n"
        "    loras: |\n"
        "         models/Lora\n"
        "         models/LyCORIS\n"
        "    is_default: true\n"
        "    gone: nowhere\n"
        "    vae: models/nowhere\n"
    )
    shelf = library(tmp_path, comfy)
    assert names(shelf) == {"own": "checkpoint", "theirs": "checkpoint", "film": "lora", "night": "lora"}
    assert shelf.notes == ()


def test_absolute_paths_homes_and_variables_are_understood(
    comfy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OTHER", str(tmp_path / "a1111"))
    (comfy / NAME).write_text(
        "one:\n  base_path: ~/a1111/\n  checkpoints: models/Stable-diffusion/\n"
        "two:\n  base_path: $OTHER\n  loras: models/Lora\n  checkpoints: models/Stable-diffusion\n"
        f"three:\n  loras: {tmp_path}/a1111/models/LyCORIS\n"
    )
    found = names(library(tmp_path, comfy))
    assert found == {"own": "checkpoint", "theirs": "checkpoint", "film": "lora", "night": "lora"}


@pytest.mark.parametrize(
    "text", ["a: [", "just text", "- a\n- b", "a: 1\nb:\n  loras: 5\n", "a: &x {loras: y}\nb: *x\n", ""]
)
def test_a_file_that_says_something_else_costs_only_itself(text: str, comfy: Path, tmp_path: Path) -> None:
    (comfy / NAME).write_text(text)
    assert names(library(tmp_path, comfy)) == {"own": "checkpoint"}


def test_a_broken_file_is_a_note_with_its_line(comfy: Path, tmp_path: Path) -> None:
    (comfy / NAME).write_text("a:\n  - [\n")
    shelf = library(tmp_path, comfy)
    shelf.scan()
    assert len(shelf.notes) == 1
    assert f"{comfy / NAME}:" in shelf.notes[0]
