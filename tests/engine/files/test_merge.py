"""Merging is exact arithmetic on every tensor, and says what it did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from sdtui.engine.files import writing
from sdtui.engine.files.merge import Recipe, merge
from sdtui.errors import ModelError, UsageError
from sdtui.weights.identify import identify
from tests.engine.checkpoints import write_original
from tests.engine.small import SMALL

IN = "model.diffusion_model.input_blocks.0.0.weight"
POSITIONS = "cond_stage_model.transformer.text_model.embeddings.position_ids"


def quiet(_: float) -> None:
    pass


def blend(tmp_path: Path, a: Path, b: Path, c: Path | None = None, **options: object):
    """The tensors of the merge, its notes and its metadata."""
    chosen: dict[str, object] = {"weight": 0.5, "half": False, "vae": None} | options
    target = tmp_path / "out.safetensors"
    made = merge(Recipe(a=a, b=b, c=c, **chosen), target, overwrite=True, tell_share=quiet)
    with safe_open(target, "pt") as file:
        return load_file(target), made.notes, file.metadata()


@pytest.fixture
def files(tmp_path):
    return [
        write_original(tmp_path / f"{name}.safetensors", seed=seed, dtype=torch.float32)
        for seed, name in enumerate("abc")
    ]


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.5, 1.0])
def test_a_weighted_sum_is_that_of_every_tensor(tmp_path, files, weight, monkeypatch):
    monkeypatch.setattr(writing, "PIECE", 1000)
    a, b = load_file(files[0]), load_file(files[1])
    held, notes, metadata = blend(tmp_path, *files[:2], weight=weight)
    assert held.keys() == a.keys()
    for name, tensor in held.items():
        assert torch.equal(tensor, a[name] * (1.0 - weight) + b[name] * weight), name
    assert notes == ()
    recipe = json.loads(metadata["sd_merge_recipe"])
    assert recipe["primary_model"] == "a.safetensors"
    assert (recipe["interp_method"], recipe["multiplier"]) == ("Weighted sum", weight)
    assert identify(tmp_path / "out.safetensors").problem == ""


def test_add_difference_adds_the_difference(tmp_path, files):
    a, b, c = map(load_file, files)
    held, _, metadata = blend(tmp_path, *files, weight=0.7)
    for name, tensor in held.items():
        assert torch.equal(tensor, a[name] + (b[name] - c[name]) * 0.7), name
    assert json.loads(metadata["sd_merge_recipe"])["interp_method"] == "Add difference"


def test_the_precision_is_as_that_computed_in_float32_and_rounded_once(tmp_path, files):
    a = write_original(tmp_path / "half.safetensors", seed=4)
    held, _, _ = blend(tmp_path, a, files[1], weight=0.3)
    one, other = load_file(a), load_file(files[1])
    for name, tensor in held.items():
        assert tensor.dtype == torch.float16
        assert torch.equal(tensor, (one[name].float() * 0.7 + other[name] * 0.3).half()), name


def test_half_halves(tmp_path, files):
    full, _, _ = blend(tmp_path, *files[:2])
    half, _, _ = blend(tmp_path, *files[:2], half=True)
    assert all(torch.equal(half[name], full[name].half()) for name in full)


def test_an_inpainting_model_is_merged_by_its_first_four_channels(tmp_path, files):
    inpaint = write_original(tmp_path / "i.safetensors", family="sd1-inpaint", seed=3, dtype=torch.float32)
    held, _, _ = blend(tmp_path, inpaint, files[1], files[2], weight=1.0)
    a, b, c = map(load_file, (inpaint, files[1], files[2]))
    assert torch.equal(held[IN][:, :4], a[IN][:, :4] + (b[IN] - c[IN]))
    assert torch.equal(held[IN][:, 4:], a[IN][:, 4:])
    assert identify(tmp_path / "out.safetensors").family == "sd1-inpaint"
    with pytest.raises(ModelError, match=r"i\.safetensors is an inpainting model and b\.safetensors is none"):
        blend(tmp_path, files[1], inpaint)


def test_what_only_one_has_is_said(tmp_path, files):
    def lose(tensors):
        del tensors["first_stage_model.encoder.conv_in.bias"]
        tensors["model.diffusion_model.extra"] = torch.ones(2)

    b = write_original(tmp_path / "odd.safetensors", seed=1, dtype=torch.float32, edit=lose)
    held, notes, _ = blend(tmp_path, files[0], b)
    name = "first_stage_model.encoder.conv_in.bias"
    assert torch.equal(held[name], load_file(files[0])[name])
    assert "model.diffusion_model.extra" not in held
    assert notes == (
        f"1 tensor ({name}) is not in B and stays as in A.",
        "1 tensor (model.diffusion_model.extra) is only in B and is left out.",
    )


def test_positions_are_never_merged(tmp_path):
    paths = []
    for seed, name in enumerate("ab"):
        edit = {POSITIONS: torch.arange(77)[None] + seed, "betas": torch.full((3,), float(seed))}
        paths.append(write_original(tmp_path / f"{name}.safetensors", seed=seed, edit=lambda t, e=edit: t.update(e)))
    held, _, _ = blend(tmp_path, *paths)
    assert torch.equal(held[POSITIONS], torch.arange(77)[None])
    # as A1111: only tensors with `model` in their name are merged
    assert torch.equal(held["betas"], torch.zeros(3))


@pytest.mark.parametrize("prefix", ["", "first_stage_model."])
def test_a_vae_is_baked_in(tmp_path, files, prefix):
    vae = {
        name.removeprefix("first_stage_model."): tensor
        for name, tensor in load_file(files[2]).items()
        if name.startswith("first_stage_model.")
    }
    save_file({prefix + name: tensor for name, tensor in vae.items()}, tmp_path / "vae.safetensors")
    held, notes, _ = blend(tmp_path, *files[:2], vae=tmp_path / "vae.safetensors")
    assert all(torch.equal(held[f"first_stage_model.{name}"], tensor) for name, tensor in vae.items())
    assert f"took the place of {len(vae)} tensors" in notes[-1]


def test_a_ckpt_can_be_merged(tmp_path, files):
    torch.save(load_file(files[1]), tmp_path / "b.ckpt")
    one, _, _ = blend(tmp_path, files[0], tmp_path / "b.ckpt")
    other, _, _ = blend(tmp_path, *files[:2])
    assert all(torch.equal(one[name], other[name]) for name in other)


@pytest.mark.parametrize("family", [family for family in SMALL if family != "sd1"])
def test_every_family_merges_with_itself(tmp_path, family):
    a, b = (write_original(tmp_path / f"{seed}.safetensors", seed=seed, family=family) for seed in (1, 2))
    blend(tmp_path, a, b)
    record = identify(tmp_path / "out.safetensors")
    assert (record.family, record.problem) == (family, "")


def test_files_of_two_families_are_refused(tmp_path, files):
    other = write_original(tmp_path / "xl.safetensors", family="sdxl")
    with pytest.raises(ModelError, match="A is sd1, B is sdxl"):
        blend(tmp_path, files[0], other)
    save_file({"lora_unet_x.lora_down.weight": torch.zeros(4, 4)}, tmp_path / "lora.safetensors")
    with pytest.raises(ModelError, match="looks like: lora"):
        blend(tmp_path, files[0], tmp_path / "lora.safetensors")


def test_another_architecture_is_refused_by_the_tensor(tmp_path, files):
    def shrink(tensors):
        tensors["model.diffusion_model.time_embed.0.bias"] = torch.zeros(3)

    odd = write_original(tmp_path / "odd.safetensors", edit=shrink)
    with pytest.raises(ModelError, match=r"time_embed\.0\.bias' is 128 in A and 3 in odd\.safetensors"):
        blend(tmp_path, files[0], odd)


@pytest.mark.parametrize("weight", [-1.5, 2.5, float("nan")])
def test_a_senseless_weight_is_refused(tmp_path, files, weight):
    with pytest.raises(UsageError, match="number from -1 to 2"):
        blend(tmp_path, *files[:2], weight=weight)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_file_with_what_is_no_number_is_refused_and_nothing_is_written(tmp_path, files, place):
    held = load_file(files[place])
    held[IN].view(-1)[-1] = torch.nan
    save_file(held, files[place])

    with pytest.raises(ModelError) as caught:
        blend(tmp_path, *files)

    assert f"The tensor '{IN}' of {files[place].name} holds what is no number (NaN)" in caught.value.what
    assert not list(tmp_path.glob("*out*"))


def test_what_is_infinite_in_all_of_them_stays_so(tmp_path, files):
    mask = "cond_stage_model.model.attn_mask"
    for file in files[:2]:
        save_file(load_file(file) | {mask: torch.full((3, 3), -torch.inf)}, file)

    assert blend(tmp_path, *files[:2])[0][mask].isneginf().all()
