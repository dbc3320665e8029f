from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest

from sdtui.errors import ModelError
from sdtui.spec.model import ModelRecord
from sdtui.weights.configs import family_config
from sdtui.weights.families import FAMILIES
from sdtui.weights.header import read_header
from sdtui.weights.identify import builtin_path, identify
from tests.weights.synthetic import (
    CONTEXT,
    UNET,
    VAE,
    XL_CONTEXT,
    Shapes,
    header_bytes,
    kohya_lora,
    refiner,
    sd1,
    sd2,
    sdxl,
    write_folder,
    write_model,
)

DOWN_0 = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
PEFT_0 = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"

TABLE: dict[str, tuple[Shapes, str, str]] = {
    "SD1": (sd1(), "checkpoint", "sd1"),
    "SD1 of the first naming": (
        {UNET + "input_blocks.0.0.weight": (320, 4, 3, 3), "cond_stage_model.transformer.embeddings.x": (1,), **VAE},
        "checkpoint",
        "sd1",
    ),
    "SD1 inpaint": (sd1(9), "checkpoint", "sd1-inpaint"),
    "SD1 edit (eight channels)": (sd1(8), "checkpoint", "unknown"),
    "SD2": (sd2(), "checkpoint", "sd2"),
    "SD2 inpaint": (sd2(9), "checkpoint", "sd2-inpaint"),
    "SD2 depth (five channels)": (sd2(5), "checkpoint", "unknown"),
    "SDXL": (sdxl(), "checkpoint", "sdxl"),
    "SDXL inpaint": (sdxl(9), "checkpoint", "sdxl-inpaint"),
    "SDXL refiner": (refiner(), "checkpoint", "sdxl-refiner"),
    "SD3": ({UNET + "joint_blocks.0.x_block.attn.qkv.weight": (4, 4)}, "checkpoint", "sd3"),
    "Flux": ({UNET + "double_blocks.0.img_attn.qkv.weight": (4, 4)}, "checkpoint", "flux"),
    "Flux, transformer alone": ({"double_blocks.0.img_attn.qkv.weight": (4, 4)}, "checkpoint", "flux"),
    "a foreign diffusion model": ({UNET + "patchify_proj.weight": (4, 4)}, "checkpoint", "unknown"),
    "UNet alone": ({UNET + "input_blocks.0.0.weight": (320, 4, 3, 3), UNET + CONTEXT: (320, 768)}, "checkpoint", "sd1"),
    "UNet alone, diffusers names": (
        {
            "conv_in.weight": (320, 9, 3, 3),
            "time_embedding.linear_1.weight": (1280, 320),
            "up_blocks.0.resnets.0.conv1.weight": (1,),
            "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight": (640, 2048),
        },
        "checkpoint",
        "sdxl-inpaint",
    ),
    "kohya LoRA, SD1": (kohya_lora(768), "lora", "sd1"),
    "kohya LoRA, SD2": (kohya_lora(1024), "lora", "sd2"),
    "kohya LoRA, SDXL": (kohya_lora(2048), "lora", "sdxl"),
    "kohya LoRA, SDXL by its second text encoder": (
        kohya_lora(1280, "lora_te2_text_model_encoder_layers_0_self_attn_q_proj"),
        "lora",
        "sdxl",
    ),
    "kohya LoRA, SDXL by its deep transformer": (
        kohya_lora(640, "lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q"),
        "lora",
        "sdxl",
    ),
    "kohya LoRA of the text encoder alone": (
        kohya_lora(768, "lora_te_text_model_encoder_layers_0_self_attn_q_proj"),
        "lora",
        "sd1",
    ),
    "kohya LoRA without a telling module": (kohya_lora(320, "lora_unet_conv_in"), "lora", "unknown"),
    "kohya LoRA, Flux": (kohya_lora(3072, "lora_unet_double_blocks_0_img_attn_qkv"), "lora", "flux"),
    "LoHa": ({f"{DOWN_0}.hada_w1_a": (320, 8), f"{DOWN_0}.hada_w1_b": (8, 768)}, "lora", "sd1"),
    "LoKr": ({f"{DOWN_0}.lokr_w1": (8, 8), f"{DOWN_0}.lokr_w2": (40, 96)}, "lora", "unknown"),
    "full difference": ({f"{DOWN_0}.diff": (320, 1024)}, "lora", "sd2"),
    "PEFT LoRA, SD1": ({f"{PEFT_0}.lora_A.weight": (8, 768), f"{PEFT_0}.lora_B.weight": (320, 8)}, "lora", "sd1"),
    "PEFT LoRA, saved by peft itself": (
        {"base_model.model.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight": (8, 768)},
        "lora",
        "sd1",
    ),
    "diffusers LoRA, SD2": ({f"{PEFT_0}.lora.down.weight": (8, 1024)}, "lora", "sd2"),
    "diffusers LoRA, attention processors": (
        {"unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.processor.to_k_lora.down.weight": (8, 768)},
        "lora",
        "sd1",
    ),
    "PEFT LoRA, SDXL": (
        {"unet.down_blocks.1.attentions.0.transformer_blocks.1.attn1.to_q.lora_A.weight": (8, 640)},
        "lora",
        "sdxl",
    ),
    "embedding, SD1": ({"emb_params": (8, 768)}, "embedding", "sd1"),
    "embedding, SD2": ({"emb_params": (8, 1024)}, "embedding", "sd2"),
    "embedding, SDXL": ({"clip_g": (8, 1280), "clip_l": (8, 768)}, "embedding", "sdxl"),
    "embedding, diffusers": ({"<cat-toy>": (768,)}, "embedding", "sd1"),
    "hypernetwork": ({"768.0.linear.0.weight": (1536, 768)}, "hypernetwork", "sd1"),
    "VAE, original": (
        {"decoder.conv_in.weight": (512, 4, 3, 3), "decoder.conv_out.weight": (3, 128, 3, 3)},
        "vae",
        "sd",
    ),
    "VAE of sixteen channels": (
        {"decoder.conv_in.weight": (512, 16, 3, 3), "decoder.conv_out.weight": (3, 128, 3, 3)},
        "vae",
        "unknown",
    ),
    "VAE cut out of a checkpoint": (VAE, "vae", "sd"),
    "ControlNet, original": (
        {"control_model.input_hint_block.0.weight": (16, 3, 3, 3), "control_model." + CONTEXT: (320, 768)},
        "controlnet",
        "sd1",
    ),
    "ControlNet without prefix": (
        {
            "input_hint_block.0.weight": (16, 3, 3, 3),
            "zero_convs.0.0.weight": (320, 320, 1, 1),
            XL_CONTEXT: (640, 2048),
        },
        "controlnet",
        "sdxl",
    ),
    "ControlNet, diffusers": (
        {
            "controlnet_cond_embedding.conv_in.weight": (16, 3, 3, 3),
            "conv_in.weight": (320, 4, 3, 3),
            "time_embedding.linear_1.weight": (1280, 320),
            "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight": (320, 1024),
        },
        "controlnet",
        "sd2",
    ),
    "Control-LoRA": ({"lora_controlnet": (1,), "input_blocks.0.0.weight": (4, 4)}, "controlnet", "unknown"),
    "ESRGAN": ({"model.1.sub.0.RDB1.conv1.0.weight": (32, 64, 3, 3)}, "upscaler", "any"),
    "Real-ESRGAN": ({"conv_first.weight": (64, 3, 3, 3), "body.0.rdb1.conv1.weight": (4,)}, "upscaler", "any"),
    "compact upscaler": (
        {"body.0.weight": (64, 3, 3, 3), "body.1.weight": (64,), "body.2.weight": (64, 64, 3, 3)},
        "upscaler",
        "any",
    ),
    "a text encoder": ({"text_model.encoder.layers.0.mlp.fc1.weight": (4, 4)}, "unknown", "unknown"),
    "nothing": ({}, "unknown", "unknown"),
    "one tensor of any shape": ({"weight": (5, 5, 5)}, "unknown", "unknown"),
}


@pytest.mark.parametrize("name", TABLE)
def test_kind_and_family_are_told_by_the_header(name: str, tmp_path: Path) -> None:
    shapes, kind, family = TABLE[name]
    record = identify(write_model(tmp_path / "some name.v1.safetensors", shapes))
    assert (record.kind, record.family) == (kind, family)
    assert record.name == "some name.v1"
    assert record.size == (tmp_path / "some name.v1.safetensors").stat().st_size
    usable = name in {"SD1", "SD1 of the first naming"} or kind not in {"checkpoint", "unknown"}
    assert (record.problem == "") == usable
    assert family in {row.id for row in FAMILIES}


@pytest.mark.parametrize(
    ("shapes", "says"),
    [
        (sdxl(), "SDXL checkpoints cannot be rendered yet; SD 1.x can."),
        (sd1(9), "SD 1.x inpainting checkpoints cannot be rendered yet"),
        (TABLE["UNet alone"][0], "no text encoder and no VAE"),
        ({name: shape for name, shape in sd1().items() if name not in VAE}, "holds no VAE"),
        ({**sd1(), "v_pred": ()}, "predicts 'v_prediction'"),
        ({"strange.weight": (2, 3, 4), "b": (1,)}, "first keys: strange.weight, b"),
    ],
)
def test_checkpoint_that_cannot_be_rendered_says_why(shapes: Shapes, says: str, tmp_path: Path) -> None:
    assert says in identify(write_model(tmp_path / "m.safetensors", shapes)).problem


@pytest.mark.parametrize(
    ("metadata", "family"),
    [
        ({"ss_base_model_version": "sdxl_base_v1-0"}, "sdxl"),
        ({"ss_base_model_version": "sd_v1"}, "sd1"),
        ({"modelspec.architecture": "stable-diffusion-v2-768-v/lora"}, "sd2"),
        ({"modelspec.architecture": "Flux.1-dev/lora"}, "flux"),
        ({"modelspec.architecture": "something"}, "unknown"),
    ],
)
def test_metadata_tells_the_family_where_the_tensors_do_not(
    metadata: dict[str, str], family: str, tmp_path: Path
) -> None:
    assert identify(write_model(tmp_path / "m.safetensors", TABLE["LoKr"][0], metadata)).family == family


def test_tensors_overrule_metadata(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.safetensors", kohya_lora(768), {"ss_base_model_version": "sdxl_base_v1-0"})
    assert identify(path).family == "sd1"


def test_built_in_model_brings_its_architecture_and_defaults() -> None:
    record = identify(builtin_path())
    assert (record.name, record.kind, record.family) == ("shapes-64", "checkpoint", "sd1")
    assert (record.builtin, record.problem, record.title) == (True, "", "Shapes 64")
    assert record.defaults == {"width": 64, "height": 64, "cfg_scale": 4.0}
    assert record.architecture is not None
    assert set(record.architecture) == {"unet", "vae", "text_encoder"}
    assert msgspec.json.decode(msgspec.json.encode(record), type=ModelRecord) == record


def test_copy_of_the_built_in_model_is_not_built_in(tmp_path: Path) -> None:
    copy = tmp_path / builtin_path().name
    copy.write_bytes(builtin_path().read_bytes())
    assert not identify(copy).builtin
    assert identify(copy).problem == ""


@pytest.mark.parametrize("suffix", [".ckpt", ".pt", ".pth", ".bin", ".CKPT"])
def test_pickle_is_recorded_and_never_opened(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"m{suffix}"
    path.write_bytes(b"\x80\x02cos\nsystem\n")
    path.chmod(0)
    record = identify(path, expected="vae")
    assert "Pickles are off" in record.problem
    assert record.kind == ("checkpoint" if suffix.lower() == ".ckpt" else "vae")
    assert record.size == 13


@pytest.mark.parametrize("content", [b"", b"<html>", b"\0" * 8, header_bytes({}, b"x"), b"\xff" * 100])
def test_broken_file_has_a_problem_and_its_folders_kind(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    record = identify(path, expected="lora")
    assert record.kind == "lora"
    assert record.problem
    assert str(path) not in record.problem


@pytest.mark.parametrize("what", ["missing", "pipe", "folder", "loop", "zero byte"])
def test_what_is_no_model_at_all_has_a_problem(what: str, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    match what:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "loop":
            path.symlink_to(path)
        case "zero byte":
            path = tmp_path / "a\0b.safetensors"
    assert identify(path).problem


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


FOLDERS = [
    (768, 4, "StableDiffusionPipeline", "sd1", ""),
    (56, 4, "StableDiffusionPipeline", "sd1", ""),
    (768, 9, "StableDiffusionInpaintPipeline", "sd1-inpaint", "cannot be rendered yet"),
    (1024, 4, "StableDiffusionPipeline", "sd2", "cannot be rendered yet"),
    (2048, 4, "StableDiffusionXLPipeline", "sdxl", "cannot be rendered yet"),
    (1280, 4, "StableDiffusionXLImg2ImgPipeline", "sdxl-refiner", "cannot be rendered yet"),
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
        case "velocity":
            (folder / "scheduler").mkdir()
            (folder / "scheduler" / "scheduler_config.json").write_text('{"prediction_type": "v_prediction"}')


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
        ("velocity", "v_prediction"),
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


def test_configs_of_sd1_ship_and_others_are_refused() -> None:
    configs = family_config("sd1")
    assert set(configs) == {"unet", "vae", "text_encoder"}
    unet = configs["unet"]
    assert isinstance(unet, dict)
    assert unet["block_out_channels"] == [320, 640, 1280, 1280]
    for family in ("sdxl", "../sd1", "", "nonsense"):
        with pytest.raises(ModelError):
            family_config(family)


def test_architecture_of_the_built_in_model_is_that_of_its_tensors() -> None:
    header = read_header(builtin_path())
    architecture = json.loads(header.metadata["sdtui.architecture"])
    first = header.tensors[UNET + "input_blocks.0.0.weight"].shape
    assert first == (architecture["unet"]["block_out_channels"][0], architecture["unet"]["in_channels"], 3, 3)
    words = header.tensors["cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"].shape
    assert words == (architecture["text_encoder"]["vocab_size"], architecture["text_encoder"]["hidden_size"])
