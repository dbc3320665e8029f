"""What a checkpoint predicts, and the size that follows from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sdtui.weights.identify import identify
from tests.weights.synthetic import Shapes, sd1, sd2, sdxl, write_folder, write_model

YAML = """model:
  target: ldm.models.diffusion.ddpm.LatentDiffusion
  params:
    parameterization: "v"
    # parameterization: "eps"
"""


@pytest.mark.parametrize(
    ("shapes", "metadata", "wanted", "side"),
    [
        (sd1(), {}, "epsilon", None),
        (sd2(), {}, "unknown", 768),
        (sd2(), {"modelspec.architecture": "stable-diffusion-v2-768-v"}, "v_prediction", 768),
        (sd2(), {"modelspec.architecture": "stable-diffusion-v2-512"}, "epsilon", None),
        (sd2(), {"modelspec.prediction_type": "v"}, "v_prediction", 768),
        (sd2(), {"modelspec.prediction_type": "epsilon"}, "epsilon", None),
        (sd2(9), {}, "unknown", None),
        (sdxl(), {}, "epsilon", 1024),
        ({**sdxl(), "v_pred": (0,)}, {}, "v_prediction", 1024),
    ],
)
def test_a_files_marks_tell_what_it_predicts_and_how_large_its_pictures_are(
    shapes: Shapes, metadata: dict[str, str], wanted: str, side: int | None, tmp_path: Path
) -> None:
    record = identify(write_model(tmp_path / "m.safetensors", shapes, metadata))
    assert (record.problem, record.prediction, record.zero_terminal) == ("", wanted, False)
    assert record.defaults == ({} if side is None else {"width": side, "height": side})


def test_a_marker_tells_of_zero_terminal_noise(tmp_path: Path) -> None:
    record = identify(write_model(tmp_path / "m.safetensors", {**sdxl(), "v_pred": (0,), "ztsnr": (0,)}))
    assert (record.prediction, record.zero_terminal) == ("v_prediction", True)


def test_the_yaml_beside_a_file_tells_as_in_a1111_and_the_json_overrules_it(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.safetensors", sd2(), {"modelspec.prediction_type": "epsilon"})
    (tmp_path / "m.yaml").write_text(YAML)
    assert identify(path).prediction == "v_prediction"
    (tmp_path / "m.json").write_text('{"sdtui": {"prediction": "epsilon", "width": 640}}')
    record = identify(path)
    assert (record.prediction, record.defaults) == ("epsilon", {"width": 640})


@pytest.mark.parametrize("word", ["sample", "", "v\u0000"])
def test_a_word_nobody_knows_is_a_problem(word: str, tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.safetensors", sd1())
    (tmp_path / "m.json").write_text(json.dumps({"sdtui": {"prediction": word}}))
    assert ("predicts" in identify(path).problem) == bool(word)


def test_a_folders_scheduler_tells(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "m", width=1024)
    (folder / "scheduler").mkdir()
    config = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True}
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(config))
    record = identify(folder)
    assert (record.problem, record.prediction, record.zero_terminal) == ("", "v_prediction", True)
    assert record.defaults == {"width": 768, "height": 768}
