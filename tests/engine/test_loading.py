"""Checkpoints from the disk: both layouts, and sentences for whatever does not fit."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files

import pytest
import torch

from sdtui.engine.checkpoint import load_checkpoint
from sdtui.engine.device import open_device
from sdtui.engine.keys import COMPONENTS, harmless, original_naming
from sdtui.engine.libraries import load_libraries
from sdtui.engine.stored import Stored, place
from sdtui.errors import ModelError
from sdtui.spec.model import ModelRecord
from sdtui.spec.outcome import Broken, Loading, Painted
from sdtui.weights.configs import family_config
from sdtui.weights.header import TensorInfo
from sdtui.weights.identify import builtin_path, identify
from tests.engine.checkpoints import CONFIGS, random_state, write_folder, write_original
from tests.engine.pipeline import pipeline, scheduler_for
from tests.engine.renders import drive, final_latents, model_file, of, render

CPU = open_device("cpu")


def load(path):
    """The checkpoint, and how its load went."""
    progress = []
    stages = load_checkpoint(identify(path), CPU)
    try:
        while True:
            progress.append(next(stages))
    except StopIteration as finished:
        return finished.value, progress


def assert_holds(checkpoint, seed=0):
    """The checkpoint's modules hold the random tensors of this seed, in float32, none left empty."""
    for name, wanted in random_state(seed).items():
        held = getattr(checkpoint, name).state_dict()
        assert held.keys() == wanted.keys()
        for key, tensor in wanted.items():
            assert held[key].dtype == torch.float32
            assert torch.equal(held[key], tensor.float()), f"{name}.{key}"


@pytest.mark.parametrize("text_model", [True, False])
def test_a_file_of_the_original_layout_loads_with_every_tensor_in_its_place(tmp_path, text_model):
    checkpoint, _ = load(write_original(tmp_path / "small.safetensors", text_model=text_model))
    assert_holds(checkpoint)


def test_a_float32_file_loads_too(tmp_path):
    checkpoint, _ = load(write_original(tmp_path / "small.safetensors", dtype=torch.float32))
    wanted = random_state(0, torch.float32)
    assert torch.equal(checkpoint.unet.state_dict()["conv_in.weight"], wanted["unet"]["conv_in.weight"])


@pytest.mark.parametrize("old_names", [True, False])
def test_a_diffusers_folder_loads_with_every_tensor_in_its_place(tmp_path, old_names):
    checkpoint, _ = load(write_folder(tmp_path / "folder", old_names=old_names))
    assert_holds(checkpoint)


def test_a_diffusers_folder_in_half_precision_files_loads(tmp_path):
    checkpoint, _ = load(write_folder(tmp_path / "folder", variant=".fp16"))
    assert_holds(checkpoint)


def test_tensors_that_training_left_behind_do_no_harm(tmp_path):
    def edit(tensors):
        for name in (
            "model_ema.decay",
            "model_ema.diffusion_modelinput_blocks00weight",
            "betas",
            "alphas_cumprod_prev",
            "sqrt_one_minus_alphas_cumprod",
            "posterior_mean_coef1",
            "logvar",
            "cond_stage_model.logit_scale",
            "cond_stage_model.transformer.text_model.embeddings.position_ids",
            "first_stage_model.loss.logvar",
        ):
            tensors[name] = torch.zeros(3)

    checkpoint, _ = load(write_original(tmp_path / "trained.safetensors", edit=edit))
    assert_holds(checkpoint)


def test_the_load_says_how_far_it_is(tmp_path):
    _, progress = load(write_original(tmp_path / "small.safetensors"))
    shares = [stage.share for stage in progress]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] < 1
    assert {"reading unet", "reading vae", "reading text encoder"} <= {stage.text for stage in progress}


def test_loaded_modules_cannot_be_trained_and_are_in_their_quiet_mode(tmp_path):
    checkpoint, _ = load(write_original(tmp_path / "small.safetensors"))
    for name in COMPONENTS:
        module = getattr(checkpoint, name)
        assert not module.training
        assert not any(parameter.requires_grad or parameter.is_meta for parameter in module.parameters())


@pytest.mark.parametrize("component", ["unet", "vae"])
def test_the_names_of_a_full_size_checkpoint_are_those_diffusers_converts(component):
    from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint

    convert = {"unet": convert_ldm_unet_checkpoint, "vae": convert_ldm_vae_checkpoint}[component]
    config = family_config("sd1")[component]
    with torch.device("meta"):
        module = getattr(load_libraries(), component).from_config(config)
    naming = original_naming(component, config)
    ours = {naming(name)[0]: name for name in module.state_dict()}
    # each tensor is a number of its own, so that a swap shows
    numbered = {original: torch.full((1, 1, 1, 1), float(place)) for place, original in enumerate(ours)}
    theirs = convert(dict(numbered), dict(module.config))
    assert {name: float(tensor.flatten()[0]) for name, tensor in theirs.items()} == {
        name: float(place) for place, name in enumerate(ours.values())
    }


def full_size(edit=lambda names: None):
    """A full-size SD 1.x file's tensors by name, without the tensors, and the modules they belong to."""
    libraries = load_libraries()
    configs = family_config("sd1")
    from sdtui.engine.clip import ClipTextEncoder
    from sdtui.engine.stored import Component

    with torch.device("meta"):
        modules = {
            "unet": libraries.unet.from_config(configs["unet"]),
            "vae": libraries.vae.from_config(configs["vae"]),
            "text_encoder": ClipTextEncoder(configs["text_encoder"]),
        }
    states = {name: module.state_dict() for name, module in modules.items()}
    namings = {name: original_naming(name, configs[name]) for name in modules}
    stored = {}
    for component, state in states.items():
        for name, tensor in state.items():
            original = namings[component](name)[0]
            stored[original] = Stored(builtin_path(), original, TensorInfo("F16", tuple(tensor.shape), 0, 0))
    edit(stored)
    return states, {name: Component(configs[name], namings[name], stored) for name in modules}


RECORD = ModelRecord(name="m", path="/m.safetensors", kind="checkpoint", family="sd1")


def test_a_full_size_file_has_exactly_the_tensors_that_are_wanted():
    states, components = full_size()
    placed = place(states, components, RECORD)
    assert sum(map(len, placed.values())) == 686 + 248 + 196
    # as every SD 1.x file names them
    assert placed["unet"]["up_blocks.2.upsamplers.0.conv.weight"].name == (
        "model.diffusion_model.output_blocks.8.2.conv.weight"
    )
    assert placed["vae"]["decoder.mid_block.attentions.0.to_out.0.bias"].name == (
        "first_stage_model.decoder.mid.attn_1.proj_out.bias"
    )


def break_file(kind):
    """An edit of a file's tensors, and what the error has to say about it."""
    lost = "model.diffusion_model.middle_block.0.in_layers.2.weight"
    edits = {
        "missing": (lambda tensors: tensors.pop(lost), rf"1 tensor is missing \({lost}\)"),
        "no vae decoder": (
            lambda tensors: [tensors.pop(name) for name in list(tensors) if "stage_model.decoder.up" in name],
            r"\d+ tensors are missing \(first_stage_model\.decoder\.up\..*, …\)",
        ),
        "unknown": (
            lambda tensors: tensors.update({"model.diffusion_model.adapter.weight": torch.zeros(2)}),
            r"1 tensor is not known \(model\.diffusion_model\.adapter\.weight\)",
        ),
        "misshapen": (
            lambda tensors: tensors.update({lost: torch.zeros(64, 64, 1, 1)}),
            r"has another shape .*64×64×1×1 instead of 64×64×3×3",
        ),
    }
    return edits[kind]


@pytest.mark.parametrize("kind", ["missing", "no vae decoder", "unknown", "misshapen"])
def test_a_file_that_does_not_fit_says_which_tensors_and_what_it_looks_like(tmp_path, kind):
    edit, sentence = break_file(kind)
    path = write_original(tmp_path / "broken.safetensors", edit=edit)
    with pytest.raises(ModelError, match=sentence) as caught:
        load(path)
    assert caught.value.where == str(path)
    assert "sd1" in caught.value.what


def test_a_foreign_file_says_what_it_is(tmp_path):
    from safetensors.torch import save_file

    path = tmp_path / "lora.safetensors"
    save_file({"lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight": torch.zeros(4, 320, 1, 1)}, path)
    with pytest.raises(ModelError, match="lora") as caught:
        load(path)
    assert caught.value.where == str(path)


def test_a_truncated_file_is_refused_before_a_tensor_is_read(tmp_path):
    path = write_original(tmp_path / "cut.safetensors")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelError):
        load(path)


def test_a_file_of_noise_is_refused(tmp_path):
    path = tmp_path / "noise.safetensors"
    path.write_bytes(bytes(range(256)) * 64)
    with pytest.raises(ModelError):
        load(path)


def test_a_folder_without_weights_for_a_module_says_which(tmp_path):
    path = write_folder(tmp_path / "folder", leave_out=["vae"])
    with pytest.raises(ModelError, match="vae"):
        load(path)


def test_a_config_that_builds_no_module_is_a_sentence(tmp_path):
    path = write_folder(tmp_path / "folder")
    config = CONFIGS["unet"] | {"down_block_types": ["NoSuchBlock"]}
    (path / "unet" / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="No model can be built"):
        load(path)


@pytest.mark.parametrize(
    "name", ["model_ema.decay", "betas", "x.embeddings.position_ids", "cond_stage_model.logit_scale"]
)
def test_left_behind(name):
    assert harmless(name)


@pytest.mark.parametrize("name", ["model.diffusion_model.x", "control_model.x", "lora_te_x", "first_stage_model.x"])
def test_not_left_behind(name):
    assert not harmless(name)


@pytest.mark.parametrize("make", [write_original, write_folder])
def test_the_engine_renders_with_a_checkpoint_of_either_layout(engine, tmp_path, make):
    one = render(model=model_file(make(tmp_path / "small.safetensors")), steps=2)
    engine.add(one)
    outcomes = drive(engine)
    assert [outcome.state for outcome in of(Loading, outcomes)][:2] == ["loading", "loading"]
    assert len(of(Painted, outcomes)) == 1
    loaded = next(outcome for outcome in of(Loading, outcomes) if outcome.state == "ready")
    assert loaded.checkpoint == "small"
    assert loaded.memory > 0


def test_the_built_in_model_loads_from_the_package(engine):
    shipped = files("sdtui.data") / "models" / "shapes-64.safetensors"
    assert str(shipped) == str(builtin_path())


def changed(path):
    with path.open("ab") as file:
        file.write(b"x")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [(changed, "has changed since"), (lambda path: path.unlink(), "cannot be read")],
)
@pytest.mark.parametrize("loaded", [True, False])
def test_a_model_that_changed_since_planning_breaks_its_renders_with_a_sentence(
    engine, tmp_path, spoil, sentence, loaded
):
    path = tmp_path / "small.safetensors"
    shutil.copy(builtin_path(), path)
    model = model_file(path)
    if loaded:
        engine.warm(model)
        drive(engine)
    spoil(path)
    engine.add(render(model=model))
    engine.add(render(model=model, seed=8))
    other = render(steps=2)
    engine.add(other)
    outcomes = drive(engine)
    broken = of(Broken, outcomes)
    assert len(broken) == 2
    assert all(sentence in str(outcome.error) for outcome in broken)
    assert all(isinstance(outcome.error, ModelError) for outcome in broken)
    assert [painted.render.id for painted in of(Painted, outcomes)] == [other.id]


def test_a_folder_that_diffusers_saved_gives_the_same_picture(engine, checkpoint, tmp_path):
    folder = tmp_path / "saved"
    pipeline(checkpoint, scheduler_for(checkpoint, "DDIM", "DDIM")).save_pretrained(folder)
    here, there = render("a yellow star", steps=4), render("a yellow star", steps=4, model=model_file(folder))
    assert torch.allclose(*final_latents(engine, here), *final_latents(engine, there), atol=1e-5)
