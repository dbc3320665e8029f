from __future__ import annotations

from pathlib import Path

import pytest

from sdtui.errors import UsageError, WorkspaceError
from sdtui.spec.document import Document
from sdtui.workspace.documents import read_document
from sdtui.workspace.paths import starter_folder


@pytest.mark.parametrize(
    ("name", "text", "document"),
    [
        ("a.txt", "  a (cat:1.2),\n night \n", Document(prompt="a (cat:1.2),\n night")),
        ("a.yaml", "", Document()),
        ("a.yaml", "prompt: a cat\nparams: {steps: 3}", Document(prompt="a cat", params={"steps": 3})),
        ("a.yml", "params: {exact: on, sampler: euler a}", Document(params={"exact": True, "sampler": "Euler a"})),
        ("a.yaml", "prompt:\nparams:\n  cfg_scale: 4", Document(params={"cfg_scale": 4.0})),
        ("a.json", '{"prompt": "\\ud83d\\ude00", "params": {"seed": 7}}', Document(prompt="😀", params={"seed": 7})),
        ("A.JSON", "{}", Document()),
    ],
)
def test_files_become_documents(tmp_path: Path, name: str, text: str, document: Document) -> None:
    (tmp_path / name).write_text(text)
    assert read_document(tmp_path / name) == document


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "promt: x", "a.yaml:1: There is no key 'promt'. Did you mean 'prompt'?"),
        ("a.yaml", "params:\n  step: 3", "a.yaml:2: There is no parameter 'step'. Did you mean 'steps'?"),
        (
            "a.yaml",
            "params:\n  width: 65",
            "a.yaml:2: Width must be a multiple of 8, not 65. Use 64 or 72.",
        ),
        ("a.yaml", "params:\n  seed:", "a.yaml:2: 'params.seed' must be"),
        ("a.yaml", "prompt: [a]", "'prompt' must be text, not ['a']."),
        ("a.yaml", "kind: img2img", "'kind' must be txt2img"),
        ("a.json", '{"params": {"steps": 0}}', "Steps is a whole number from 1 to 150, not 0."),
        ("a.json", "{", "not JSON"),
        ("a.json", "[" * 100_000, "not JSON"),
        ("a.png", "", "ends in .txt"),
    ],
)
def test_files_that_do_not_fit_are_sentences(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError) as caught:
        read_document(tmp_path / name)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_told_before_how_it_should_end(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="No such file"):
        read_document(tmp_path / "nofile")


def test_every_preset_that_ships_is_a_document_that_says_something() -> None:
    presets = sorted(starter_folder("presets").glob("*.yaml"))
    assert len(presets) >= 2
    for preset in presets:
        assert read_document(preset) != Document(), preset


def test_every_wildcard_that_ships_has_a_value_a_line() -> None:
    files = sorted(starter_folder("wildcards").glob("*.txt"))
    assert {file.stem for file in files} >= {"colours", "shapes"}
    for file in files:
        values = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
        assert len(values) == len(set(values)) > 1, file
