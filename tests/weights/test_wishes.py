from __future__ import annotations

from pathlib import Path

import pytest

from sdtui.weights.identify import identify
from tests.weights.synthetic import sd1, write_model


def test_side_file_overrules_the_metadatas_defaults(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.safetensors", sd1(), {"sdtui.defaults": '{"steps": 30, "cfg_scale": 5}'})
    assert identify(path).defaults == {"steps": 30, "cfg_scale": 5.0}
    (tmp_path / "m.json").write_text('{"notes": "mine", "sdtui": {"cfg_scale": 3, "sampler": "Euler a"}}')
    record = identify(path)
    assert record.defaults == {"steps": 30, "cfg_scale": 3.0, "sampler": "Euler a"}
    assert record.problem == ""


@pytest.mark.parametrize(
    ("side", "says"),
    [
        ('{"sdtui": {"width": 65}}', "Width must be a multiple of 8, not 65."),
        ('{"sdtui": {"widht": 64}}', "Did you mean 'width'?"),
        ('{"sdtui": {"width": [64]}}', "not an object of parameters"),
        ('{"sdtui": 4}', "not an object of parameters"),
        ('{"sdtui": {"width": 64}', "not valid JSON"),
        ('{"sdtui": ' + "[" * 50_000, "not valid JSON"),
        ("[" + " " * 2**20, "longer than"),
    ],
)
def test_wrong_side_file_is_a_problem_that_names_it(side: str, says: str, tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.safetensors", sd1())
    (tmp_path / "m.json").write_text(side)
    problem = identify(path).problem
    assert says in problem
    assert str(tmp_path / "m.json") in problem


@pytest.mark.parametrize(
    "side", ["", "not json", "[1]", '{"activation text": "cat", "preferred weight": 0.8}', "\udcff"]
)
def test_side_file_of_another_program_is_left_alone(side: str, tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.safetensors", sd1())
    (tmp_path / "m.json").write_bytes(side.encode("utf-8", "surrogateescape"))
    record = identify(path)
    assert (record.problem, record.defaults) == ("", {})


@pytest.mark.parametrize(
    "architecture",
    ["", "[]", '{"unet": {}}', '{"unet": {}, "vae": {}, "text_encoder": 1}', '{"unet": {"a": {"b": 1}}}', "x" * 70_000],
)
def test_broken_architecture_is_a_problem(architecture: str, tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.safetensors", sd1(), {"sdtui.architecture": architecture})
    assert "sdtui.architecture" in identify(path).problem
