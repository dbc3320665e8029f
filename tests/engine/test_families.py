"""Every family's files: where their tensors are, and that they become pictures."""

from __future__ import annotations

import pytest
import torch
from msgspec.structs import replace

from sdtui.engine.checkpoint import load_checkpoint
from sdtui.engine.clip import ClipTextEncoder
from sdtui.engine.device import open_device
from sdtui.engine.keys import cut_of, original_naming
from sdtui.engine.libraries import load_libraries
from sdtui.engine.stored import Component, Stored, place
from sdtui.engine.traits import TRAITS
from sdtui.errors import ModelError
from sdtui.spec.model import ModelRecord
from sdtui.spec.outcome import Painted
from sdtui.weights.configs import family_config
from sdtui.weights.families import FAMILIES
from sdtui.weights.header import TensorInfo
from sdtui.weights.identify import builtin_path, identify
from tests.engine.checkpoints import original_tensors, random_state, write_folder, write_original
from tests.engine.renders import drive, final_latents, model_file, of, paint, relative, render
from tests.engine.small import SMALL

CPU = open_device("cpu")
FULL_SIZE = ("sd1", "sd1-inpaint", "sd2", "sdxl", "sdxl-refiner")


def load(path):
    return last(load_checkpoint(identify(path), CPU))


def last(stages):
    try:
        while True:
            next(stages)
    except StopIteration as finished:
        return finished.value


@pytest.mark.parametrize("make", [write_original, write_folder])
@pytest.mark.parametrize("family", SMALL)
def test_every_tensor_of_a_family_gets_into_its_place(tmp_path, family, make):
    path = make(tmp_path / ("m.safetensors" if make is write_original else "m"), family=family)
    record = identify(path)
    assert (record.problem, record.family) == ("", family)
    checkpoint = load(path)
    wanted = random_state(family=family)
    assert set(checkpoint.modules) == set(wanted)
    for name, tensors in wanted.items():
        held = checkpoint.modules[name].state_dict()
        assert held.keys() == tensors.keys()
        for key, tensor in tensors.items():
            assert torch.equal(held[key], tensor.float()), f"{name}.{key}"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_a_file_of_any_precision_loads(tmp_path, dtype):
    checkpoint = load(write_original(tmp_path / "m.safetensors", family="sdxl", dtype=dtype))
    wanted = random_state(family="sdxl", dtype=dtype)["text_encoder_2"]["text_projection.weight"]
    assert torch.equal(checkpoint.text_encoders["text_encoder_2"].text_projection.weight, wanted.float())


@pytest.mark.parametrize("component", ["unet", "vae"])
@pytest.mark.parametrize("family", FULL_SIZE)
def test_the_names_of_a_full_size_file_are_those_diffusers_converts(family, component):
    from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint

    convert = {"unet": convert_ldm_unet_checkpoint, "vae": convert_ldm_vae_checkpoint}[component]
    config = family_config(family)[component]
    with torch.device("meta"):
        module = getattr(load_libraries(), component).from_config(config)
    naming = original_naming(component, config, family)
    ours = {naming(name)[0]: name for name in module.state_dict()}
    # each tensor is a number of its own, so that a swap shows
    numbered = {original: torch.full((1, 1, 1, 1), float(number)) for number, original in enumerate(ours)}
    theirs = convert(dict(numbered), dict(module.config))
    assert {name: float(tensor.flatten()[0]) for name, tensor in theirs.items()} == {
        name: float(number) for number, name in enumerate(ours.values())
    }


@pytest.mark.parametrize(
    ("family", "prefix", "component"),
    [
        ("sd2", "cond_stage_model.model.", "text_encoder"),
        ("sdxl", "conditioner.embedders.1.model.", "text_encoder_2"),
        ("sdxl-refiner", "conditioner.embedders.0.model.", "text_encoder_2"),
    ],
)
def test_openclips_tensors_are_read_as_diffusers_converts_them(tmp_path, family, prefix, component):
    from diffusers.loaders.single_file_utils import convert_open_clip_checkpoint
    from safetensors.torch import load_file

    path = write_original(tmp_path / "m.safetensors", family=family)
    ours = load(path).text_encoders[component]
    # it cuts q, k and v by the width of the projection, which is the encoder's in the real files
    tensors = load_file(path)
    wide = tensors.pop(f"{prefix}text_projection")

    class Theirs:
        config = type("Config", (), {"hidden_size": ours.width})

    theirs = convert_open_clip_checkpoint(Theirs, tensors, prefix)
    assert len(theirs) >= len(ours.state_dict()) - 1
    for name, tensor in ours.state_dict().items():
        if name == "text_projection.weight":
            assert torch.equal(tensor, wide.T.float())
        else:
            found = theirs.get(name, theirs.get(f"text_model.{name}"))
            assert torch.equal(tensor, found.float()), name


@pytest.mark.parametrize(
    ("family", "component"),
    [("sd1", "text_encoder"), ("sd2", "text_encoder"), ("sdxl", "text_encoder"), ("sdxl", "text_encoder_2")],
)
def test_a_full_size_text_encoder_is_transformers_own(family, component):
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = family_config(family)[component]
    kind = CLIPTextModelWithProjection if component == "text_encoder_2" else CLIPTextModel
    with torch.device("meta"):
        ours = ClipTextEncoder(config).state_dict()
        theirs = kind(CLIPTextConfig(**config)).state_dict()
    named = {name.removeprefix("text_model."): tuple(tensor.shape) for name, tensor in theirs.items()}
    assert {name: tuple(tensor.shape) for name, tensor in ours.items()} == named


COUNTS = {
    # tensors of the modules, and millions of parameters as they are published
    "sd1": ({"unet": 686, "vae": 248, "text_encoder": 196}, {"unet": 860, "text_encoder": 123}),
    "sd2": ({"unet": 686, "vae": 248, "text_encoder": 372}, {"unet": 866, "text_encoder": 340}),
    "sdxl": (
        {"unet": 1680, "vae": 248, "text_encoder": 196, "text_encoder_2": 517},
        {"unet": 2567, "text_encoder": 123, "text_encoder_2": 695},
    ),
    "sdxl-refiner": ({"unet": 1220, "vae": 248, "text_encoder_2": 517}, {"unet": 2260, "text_encoder_2": 695}),
}


def full_size(family):
    """The empty modules of a full-size file's family, and the file's tensors without the tensors."""
    libraries, configs = load_libraries(), family_config(family)
    with torch.device("meta"):
        modules = {
            name: getattr(libraries, name).from_config(config) if name in {"unet", "vae"} else ClipTextEncoder(config)
            for name, config in configs.items()
        }
    states = {name: module.state_dict() for name, module in modules.items()}
    namings = {name: original_naming(name, configs[name], family) for name in modules}
    stored = {}
    for component, state in states.items():
        for name, tensor in state.items():
            original = namings[component](name)[0]
            part = cut_of(name, original)
            shape = tuple(tensor.shape)[::-1] if part.transposed else tuple(tensor.shape)
            shape = shape if part.third is None else (3 * shape[0], *shape[1:])
            stored[original] = Stored(builtin_path(), original, TensorInfo("F16", shape, 0, 0))
    return states, {name: Component(configs[name], namings[name], stored) for name in modules}


@pytest.mark.parametrize("family", COUNTS)
def test_a_full_size_file_has_exactly_the_tensors_and_parameters_that_are_known(family):
    states, components = full_size(family)
    counts, millions = COUNTS[family]
    placed = place(states, components, ModelRecord(name="m", path="/m", kind="checkpoint", family=family))
    assert {name: len(tensors) for name, tensors in placed.items()} == counts
    for name, wanted in millions.items():
        assert round(sum(tensor.numel() for tensor in states[name].values()) / 1e6) == pytest.approx(wanted, abs=1)


@pytest.mark.parametrize(
    ("family", "lost"),
    [
        ("sdxl", "conditioner.embedders.1.model.transformer.resblocks.1.attn.in_proj_weight"),
        ("sdxl", "model.diffusion_model.label_emb.0.0.weight"),
        ("sd2", "cond_stage_model.model.ln_final.weight"),
        ("sdxl-refiner", "conditioner.embedders.0.model.text_projection"),
    ],
)
def test_a_tensor_that_is_missing_is_named(tmp_path, family, lost):
    path = write_original(tmp_path / "m.safetensors", family=family, edit=lambda tensors: tensors.pop(lost))
    with pytest.raises(ModelError, match=rf"cannot be loaded as {family}: .*missing \({lost}") as caught:
        load(path)
    assert f"looks like {family}" in caught.value.todo


def test_an_sdxl_encoder_that_is_not_its_own_is_an_error(tmp_path):
    """diffusers loads it without a word."""

    def spoil(tensors):
        for name in [name for name in tensors if "embedders.1.model.transformer" in name]:
            tensors[name.replace("resblocks", "blocks")] = tensors.pop(name)

    with pytest.raises(ModelError, match=r"tensors are missing .*; .* tensors are not known"):
        load(write_original(tmp_path / "m.safetensors", family="sdxl", edit=spoil))


def test_the_engine_and_the_readers_of_headers_agree_on_what_a_family_is_made_of():
    assert {family.id: family.modules for family in FAMILIES if family.renderable} == {
        name: traits.components for name, traits in TRAITS.items()
    }


@pytest.mark.parametrize("make", [write_original, write_folder])
@pytest.mark.parametrize("family", SMALL)
def test_every_family_renders_alone_and_in_company(engine, tmp_path, family, make):
    model = model_file(make(tmp_path / ("m.safetensors" if make is write_original else "m"), family=family))
    prompts = ("a (red:1.3) cat AND dog", "[red|blue] cat BREAK a dog", "")
    renders = [render(prompt, model=model, steps=2) for prompt in prompts]
    together = final_latents(engine, *renders)
    alone = [final_latents(engine, render(prompt, model=model, steps=2))[0] for prompt in prompts]
    for one, other in zip(together, alone, strict=True):
        assert relative(one, other) < 1e-4
    engine.add(renders[0])
    assert len(of(Painted, drive(engine))) == 1


@pytest.mark.parametrize("family", ["sd2", "sdxl", "sdxl-refiner"])
def test_clip_skip_changes_nothing_where_a_family_is_read_at_one_layer(engine, tmp_path, family):
    model = model_file(write_original(tmp_path / "m.safetensors", family=family))
    one, two = (final_latents(engine, render(model=model, steps=1, clip_skip=skip))[0] for skip in (1, 12))
    assert torch.equal(one, two)
    pictures = paint(engine, *(render(model=model, steps=1, clip_skip=skip) for skip in (1, 2, 3)))
    assert [len(painted.notes) for painted in pictures.values()] == [0, 0, 1]


@pytest.mark.parametrize("family", ["sd1", "sdxl"])
def test_a_pickled_checkpoint_loads_as_its_safetensors_does(tmp_path, family):
    state = random_state(family=family)
    pickled = tmp_path / "m.ckpt"
    torch.save({"state_dict": original_tensors(state, family=family), "global_step": 7}, pickled)
    record = identify(pickled)
    assert (record.kind, record.family, record.problem) == ("checkpoint", family, "")
    with pytest.raises(ModelError, match="have another shape"):
        load(pickled)
    # the architecture is in the metadata, which a pickle has not
    stages = load_checkpoint(replace(record, architecture=dict(SMALL[family])), CPU)
    checkpoint = last(stages)
    for name, tensors in state.items():
        held = checkpoint.modules[name].state_dict()
        assert all(torch.equal(held[key], tensor.float()) for key, tensor in tensors.items()), name


def test_an_inpainting_model_draws_as_if_all_were_masked(engine, tmp_path):
    """As A1111: a mask of ones, and the latents of the grey that masked pictures are filled with."""
    model = model_file(write_original(tmp_path / "m.safetensors", family="sd1-inpaint"))
    seen = []
    engine.warm(model)
    drive(engine)
    checkpoint = engine.checkpoint(model)
    handle = checkpoint.unet.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        final_latents(engine, render(model=model, steps=2, width=96), render(model=model, steps=2, width=96, seed=8))
    finally:
        handle.remove()
    with torch.inference_mode():
        grey = checkpoint.vae.encode(torch.zeros(1, 3, 64, 96)).latent_dist.mean * 0.18215
    assert {tuple(inputs.shape) for inputs in seen} == {(4, 9, 8, 12)}
    for inputs in seen:
        assert torch.equal(inputs[:, 4], torch.ones(4, 8, 12))
        assert torch.allclose(inputs[:, 5:], grey.expand(4, -1, -1, -1), atol=1e-6)
        assert not torch.equal(inputs[0, :4], inputs[2, :4])
