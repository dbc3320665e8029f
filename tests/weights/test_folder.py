from __future__ import annotations

import os
from pathlib import Path

import pytest

from sdtui.weights.identify import identify
from tests.weights.synthetic import write_folder

FOLDERS = [
    (768, 4, "StableDiffusionPipeline", "sd1", ""),
    (56, 4, "StableDiffusionPipeline", "sd1", ""),
    (768, 9, "StableDiffusionInpaintPipeline", "sd1-inpaint", ""),
    (1024, 4, "StableDiffusionPipeline", "sd2", ""),
    (2048, 4, "StableDiffusionXLPipeline", "sdxl", ""),
    (1280, 4, "StableDiffusionXLImg2ImgPipeline", "sdxl-refiner", ""),
    (1536, 16, "StableDiffusion3Pipeline", "sd3", "cannot be rendered yet"),
    (768, 16, "FluxPipeline", "flux", "cannot be rendered yet"),
    (768, 4, "WanPipeline", "unknown", "unknown family"),
]


@pytest.mark.parametrize(("width", "channels", "pipeline", "family", "says"), FOLDERS)
def test_family_of_a_diffusers_folder_is_told_by_its_configs(
    width: int, channels: int, pipeline: str, family: str, says: str, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path / "sd-v1.5", width=width, channels=channels, pipeline=pipeline)
    record = identify(folder)
    assert (record.name, record.kind, record.layout, record.family) == ("sd-v1.5", "checkpoint", "diffusers", family)
    assert says in record.problem
    assert bool(record.problem) == bool(says)
    assert record.size > 0


def break_folder(folder: Path, how: str) -> None:
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    match how:
        case "no weights":
            weights.unlink()
        case "pickled":
            weights.rename(weights.with_suffix(".bin"))
        case "sharded":
            weights.rename(folder / "unet" / "diffusion_pytorch_model-00001-of-00002.safetensors")
            (folder / "unet" / "diffusion_pytorch_model.safetensors.index.json").write_text("{}")
        case "cut off":
            weights.write_bytes(weights.read_bytes()[:-1])
        case "config is a list":
            (folder / "vae" / "config.json").write_text("[]")
        case "config is missing":
            (folder / "text_encoder" / "config.json").unlink()
        case "other class":
            (folder / "vae" / "config.json").write_text('{"_class_name": "AutoencoderTiny"}')
        case "index is no JSON":
            (folder / "model_index.json").write_text("{")
        case "custom pipeline":
            (folder / "model_index.json").write_text('{"_class_name": ["pipeline", "Evil"]}')
        case "sample":
            (folder / "scheduler").mkdir()
            (folder / "scheduler" / "scheduler_config.json").write_text('{"prediction_type": "sample"}')


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("no weights", "weights are missing"),
        ("pickled", "pickles are off"),
        ("sharded", "split"),
        ("cut off", "cut off"),
        ("config is a list", "not a JSON object"),
        ("config is missing", "no such file"),
        ("other class", "AutoencoderTiny"),
        ("index is no JSON", "not a JSON object"),
        ("custom pipeline", "unknown family"),
        ("sample", "predicts 'sample'"),
    ],
)
def test_broken_diffusers_folder_says_what_is_wrong(how: str, says: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model")
    break_folder(folder, how)
    assert says in identify(folder).problem


def test_version_of_a_diffusers_folder_changes_with_any_part(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model")
    before = identify(folder)
    vae = folder / "vae" / "diffusion_pytorch_model.safetensors"
    os.utime(vae, ns=(before.mtime_ns + 5, before.mtime_ns + 5))
    assert identify(folder).mtime_ns == before.mtime_ns + 5


def test_weights_in_several_files_are_one_model_when_all_of_them_are_there(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "large")
    whole = folder / "unet" / "diffusion_pytorch_model.safetensors"
    shards = [folder / "unet" / f"diffusion_pytorch_model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    for shard in shards:
        shard.write_bytes(whole.read_bytes())
    whole.unlink()
    before = identify(folder)
    assert before.problem == ""
    assert before.size > whole.parent.joinpath(shards[0].name).stat().st_size * 2
    os.utime(shards[1], (9e9, 9e9))
    assert identify(folder).mtime_ns == 9 * 10**18
    shards[1].write_bytes(shards[1].read_bytes()[:-1])
    assert "cut off" in identify(folder).problem
    shards[1].unlink()
    assert "not all of them are there" in identify(folder).problem
