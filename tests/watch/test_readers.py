"""What prompt files of every kind say, and where they are wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdtui.images import chunk, png
from sdtui.images.infotext import KEY
from sdtui.spec.document import Document
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile
from sdtui.spec.params import Params
from sdtui.watch.readers import READERS, read

SAYS = {
    "a prompt": ("a.txt", "a red circle\n", Document(prompt="a red circle")),
    "several lines": ("a.txt", "a red circle,\nand a star", Document(prompt="a red circle,\nand a star")),
    "Windows": ("a.txt", "\ufeffa\r\nNegative prompt: b\r\n", Document(prompt="a", negative_prompt="b")),
    "negative": ("a.txt", "a\nNegative prompt: b,\nc", Document(prompt="a", negative_prompt="b,\nc")),
    "one parameter": ("a.txt", "a {b|c}\nSteps: 12", Document(prompt="a {b|c}", params={"steps": 12})),
    "parameters": (
        "a.txt",
        "a\nNegative prompt: b\nSteps: 12, Seed: 5, Size: 64x128",
        Document(prompt="a", negative_prompt="b", params={"steps": 12, "seed": 5, "width": 64, "height": 128}),
    ),
    "a prompt like a pair": ("a.txt", "portrait: a cat\n", Document(prompt="portrait: a cat")),
    "wildcards stay": ("a.txt", "a __colour__ star", Document(prompt="a __colour__ star")),
    "markdown": ("a.md", "a *red* circle", Document(prompt="a *red* circle")),
    "front matter": (
        "a.md",
        "---\nsteps: 12\ncheckpoint: dream\n---\n\na circle\nNegative prompt: b",
        Document(prompt="a circle", negative_prompt="b", params={"steps": 12}, checkpoint="dream"),
    ),
    "empty front matter": ("a.md", "---\n---\na", Document(prompt="a")),
    "yaml": ("a.yaml", "prompt: a\nparams: {steps: 12}", Document(prompt="a", params={"steps": 12})),
    "flat yaml": ("a.yml", "prompt: a\nseed: 3", Document(prompt="a", params={"seed": 3})),
    "presets": ("a.yaml", "prompt: a\npresets: [night, careful]", Document(prompt="a", presets=("night", "careful"))),
    "one preset": ("a.yaml", "presets: night", Document(presets=("night",))),
    "json": ("a.json", '{"prompt": "a", "params": {"cfg_scale": 4}}', Document(prompt="a", params={"cfg_scale": 4.0})),
    "upper case": ("A.TXT", "a", Document(prompt="a")),
}


@pytest.mark.parametrize(("name", "text", "document"), SAYS.values(), ids=SAYS)
def test_what_a_file_says(tmp_path: Path, name: str, text: str, document: Document) -> None:
    (tmp_path / name).write_bytes(text.encode())
    reading = read(tmp_path / name, name)
    assert reading.error is None
    assert reading.sheet is not None
    assert reading.sheet.document == document


WRONG = {
    "a value": ("a.yaml", "prompt: a\nparams:\n  steps: many\n", "a.yaml:3", "Steps"),
    "a flat value": ("a.yaml", "prompt: a\n\nsteps: 0\n", "a.yaml:3", "Steps"),
    "a key": ("a.yaml", "prompt: a\npromt: b\n", "a.yaml:2", "promt"),
    "no yaml": ("a.yaml", "prompt: [a\n", "a.yaml:2", "not YAML"),
    "a list": ("a.yaml", "- a\n- b\n", "a.yaml:1", "no keys"),
    "only a comment": ("a.yaml", "# nothing\n", "a.yaml", "nothing in it"),
    "twice": ("a.yaml", "steps: 3\nparams: {steps: 4}\n", "a.yaml:1", "second time"),
    "no json": ("a.json", '{\n "prompt": "a",\n}\n', "a.json:3", "not JSON"),
    "a json value": ("a.json", '{\n "prompt": "a",\n "params": {\n  "steps": 0}}', "a.json:4", "Steps"),
    "no number": ("a.json", '{"params": {"cfg_scale": NaN}}', "a.json", "NaN"),
    "deep json": ("a.json", "[" * 100_000, "a.json", "not JSON"),
    "a typed parameter": ("a.txt", "a\nb\nSteps: many", "a.txt:3", "Steps"),
    "below the front matter": ("a.md", "---\nsteps: 3\n---\na\nSeed: x", "a.md:5", "Seed"),
    "in the front matter": ("a.md", "---\n\nsteps: 0\n---\na", "a.md:3", "Steps"),
    "no end": ("a.md", "---\nsteps: 3\na\n", "a.md:1", "no end"),
    "two prompts": ("a.md", "---\nprompt: a\n---\nb", "a.md:2", "two prompts"),
    "presets of numbers": ("a.yaml", "prompt: a\npresets: [3]", "a.yaml:2", "words"),
    "empty": ("a.txt", " \n", "a.txt", "empty"),
    "no picture": ("a.png", "hello", "a.png", "no PNG"),
}


@pytest.mark.parametrize(("name", "text", "where", "says"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_file_is_said_with_its_line(
    tmp_path: Path, name: str, text: str, where: str, says: str
) -> None:
    (tmp_path / name).write_text(text)
    reading = read(tmp_path / name, name)
    assert reading.sheet is None
    assert reading.error is not None
    assert reading.error.where == where
    assert says in str(reading.error)
    assert reading.digest


def test_bytes_that_are_no_text_are_told_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a\nb\nc\xff\xfe")
    error = read(tmp_path / "a.txt", "sub/a.txt").error
    assert error is not None
    assert error.where == "sub/a.txt:3"
    assert "UTF-8" in str(error)


def test_a_huge_file_a_pipe_a_folder_and_a_missing_file_are_errors(tmp_path: Path) -> None:
    (tmp_path / "huge.txt").write_bytes(b"a" * 1_100_000)
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    for name in ("huge.txt", "pipe.txt", "folder.txt", "missing.txt", "missing.png"):
        error = read(tmp_path / name, name).error
        assert error is not None, name
        assert error.where.startswith(name)


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "a.txt").symlink_to("secret")
    assert read(tmp_path / "a.txt", "a.txt").sheet is None


def picture(path: Path, **texts: str) -> None:
    path.write_bytes(png.encode(b"\0\0\0", 1, 1, texts=texts))


def test_our_own_picture_is_made_again_with_its_seed(tmp_path: Path) -> None:
    document = Document(prompt="a {b|c}", params={"steps": 3, "batch_count": 4}, checkpoint="")
    render = Render(
        id="r", job_id=1, index=2, prompt="a b", negative_prompt="", params=Params(seed=7, steps=3),
        checkpoint=ModelFile(name="shapes", path="/m", size=1, mtime_ns=1), path="/p",
        vae=ModelFile(name="shapes.vae", path="/v", size=1, mtime_ns=1),
    )  # fmt: skip
    picture(tmp_path / "a.png", **{chunk.KEY: chunk.encode(render, document)})
    sheet = read(tmp_path / "a.png", "a.png").sheet
    assert sheet is not None
    assert sheet.document.prompt == "a {b|c}"
    assert sheet.document.checkpoint == "shapes"
    assert sheet.document.vae == "shapes.vae"
    assert sheet.document.params == {"steps": 3, "seed": 7, "batch_size": 1, "batch_count": 1}


def test_a_picture_of_a1111_is_read_and_what_it_cannot_have_is_a_note(tmp_path: Path) -> None:
    picture(
        tmp_path / "a.png", **{KEY: "a cat\nSteps: 20, Sampler: Euler a, Seed: 9, Frobnication: 31337, Version: v1.9.4"}
    )
    sheet = read(tmp_path / "a.png", "a.png").sheet
    assert sheet is not None
    assert sheet.document.params["seed"] == 9
    assert any("Frobnication" in note for note in sheet.notes)
    picture(tmp_path / "b.png")
    error = read(tmp_path / "b.png", "b.png").error
    assert error is not None
    assert "does not say" in str(error)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=300), ending=st.sampled_from([*READERS, ".png"]))
def test_no_content_raises(tmp_path_factory: pytest.TempPathFactory, data: bytes, ending: str) -> None:
    path = tmp_path_factory.mktemp("any") / f"a{ending}"
    path.write_bytes(data)
    reading = read(path, path.name)
    assert (reading.sheet is None) != (reading.error is None)
    assert reading.digest


@given(text=st.text(max_size=50))
def test_any_json_string_can_be_a_prompt(text: str) -> None:
    from sdtui.watch.trees import read_json_sheet

    assert read_json_sheet(json.dumps({"prompt": text}), "a").document.prompt == text
