"""What -f takes: prompt files, read as those of a watched folder are."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from sdtui.cli.given import read_given
from sdtui.errors import UsageError, WorkspaceError
from sdtui.spec.document import Document


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
        (
            "a.txt",
            "a cat\nNegative prompt: blurry\nSteps: 12, Seed: 5",
            Document(prompt="a cat", negative_prompt="blurry", params={"steps": 12, "seed": 5}),
        ),
        ("a.md", "---\nsteps: 3\n---\na cat\n", Document(prompt="a cat", params={"steps": 3})),
    ],
)
def test_files_become_documents(tmp_path: Path, name: str, text: str, document: Document) -> None:
    (tmp_path / name).write_text(text)
    assert read_given(tmp_path / name) == document


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
        ("a.jpg", "", "ends in .txt"),
    ],
)
def test_files_that_do_not_fit_are_sentences(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError) as caught:
        read_given(tmp_path / name)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_told_before_how_it_should_end(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="No such file"):
        read_given(tmp_path / "nofile")


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a cat")
    (tmp_path / "link.txt").symlink_to(tmp_path / "a.txt")
    assert read_given(tmp_path / "link.txt") == Document(prompt="a cat")


def test_a_picture_is_made_again_and_what_is_not_to_be_had_is_noted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chunks = PngInfo()
    chunks.add_text("parameters", "a cat\nSteps: 9, Sampler: Unheard Of, Seed: 4, Size: 64x64, Version: v1.9.0")
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png", pnginfo=chunks)
    found = read_given(tmp_path / "a.png")
    assert (found.prompt, found.params["steps"], found.params["seed"]) == ("a cat", 9, 4)
    assert "Unheard Of" in capsys.readouterr().err
