"""LoRAs into a checkpoint's weights and out of them: the formula, every naming, bit-equal removal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from msgspec.structs import replace

from sdtui.engine.adapters.applied import Adapters
from sdtui.engine.checkpoint import Checkpoint
from sdtui.errors import ModelError
from sdtui.spec.adapter import Network
from tests.engine.adapters.made import (
    CONVOLUTION,
    LINEAR,
    RANK,
    TEXT_PATH,
    UNET_PATHS,
    all_weights,
    factors,
    fresh_checkpoint,
    kohya,
    lora,
    original,
    same,
    weight_of,
    write,
    write_lora,
)
from tests.engine.renders import render

ALPHA = 2.0


@pytest.fixture
def adapters(toy: Checkpoint) -> Adapters:
    return Adapters()


@pytest.fixture(autouse=True)
def _put_back(adapters: Adapters, toy: Checkpoint):  # type: ignore[no-untyped-def]
    yield
    adapters.apply(toy, render())


def apply(adapters: Adapters, checkpoint: Checkpoint, *networks: Network) -> None:
    adapters.apply(checkpoint, replace(render(), networks=networks))


def expected(weight: torch.Tensor, parts: dict[str, torch.Tensor], multiplier: float = 1.0) -> torch.Tensor:
    up, down = parts["lora_up.weight"].flatten(1), parts["lora_down.weight"].flatten(1)
    return weight + multiplier * ALPHA / RANK * (up @ down).reshape(weight.shape)


def made(checkpoint: Checkpoint) -> dict[str, dict[str, torch.Tensor]]:
    generator = torch.Generator().manual_seed(3)
    return {path: factors(weight_of(checkpoint, path), generator) for path in UNET_PATHS}


def kohya_names(path: str, checkpoint: Checkpoint) -> dict[str, str]:
    return {
        "up": f"{kohya(path)}.lora_up.weight",
        "down": f"{kohya(path)}.lora_down.weight",
        "alpha": f"{kohya(path)}.alpha",
    }


def original_names(path: str, checkpoint: Checkpoint) -> dict[str, str]:
    return kohya_names(original(path, checkpoint), checkpoint)


def peft_names(path: str, checkpoint: Checkpoint) -> dict[str, str]:
    return {"up": f"unet.{path}.lora_B.weight", "down": f"unet.{path}.lora_A.weight", "alpha": f"unet.{path}.alpha"}


def saved_peft_names(path: str, checkpoint: Checkpoint) -> dict[str, str]:
    head = f"base_model.model.{path}"
    return {"up": f"{head}.lora_B.default.weight", "down": f"{head}.lora_A.default.weight", "alpha": f"{head}.alpha"}


def old_diffusers_names(path: str, checkpoint: Checkpoint) -> dict[str, str]:
    return {"up": f"unet.{path}.lora.up.weight", "down": f"unet.{path}.lora.down.weight", "alpha": f"unet.{path}.alpha"}


def processor_names(path: str, checkpoint: Checkpoint) -> dict[str, str]:
    block, _, name = path.removesuffix(".0").rpartition(".")
    if not name.startswith("to_"):
        return old_diffusers_names(path, checkpoint)
    head = f"{block}.processor.{name}_lora"
    return {"up": f"{head}.up.weight", "down": f"{head}.down.weight", "alpha": f"unet.{path}.alpha"}


NAMINGS: dict[str, Callable[[str, Checkpoint], dict[str, str]]] = {
    "kohya": kohya_names,
    "kohya with the original blocks": original_names,
    "PEFT": peft_names,
    "PEFT as it saves itself": saved_peft_names,
    "old diffusers": old_diffusers_names,
    "attention processors": processor_names,
}


@pytest.mark.parametrize("naming", NAMINGS)
def test_every_naming_reaches_the_same_weights(
    naming: str, toy: Checkpoint, adapters: Adapters, tmp_path: Path
) -> None:
    parts, before = made(toy), {path: weight_of(toy, path).clone() for path in UNET_PATHS}
    tensors = {}
    for path in UNET_PATHS:
        names = NAMINGS[naming](path, toy)
        tensors[names["up"]], tensors[names["down"]] = parts[path]["lora_up.weight"], parts[path]["lora_down.weight"]
        tensors[names["alpha"]] = torch.tensor(ALPHA)

    apply(adapters, toy, lora(write(tmp_path / "a.safetensors", tensors)))

    for path in UNET_PATHS:
        torch.testing.assert_close(weight_of(toy, path), expected(before[path], parts[path]))
        assert not torch.equal(weight_of(toy, path), before[path])


def test_peft_keeps_alpha_in_the_metadata(toy: Checkpoint, adapters: Adapters, tmp_path: Path) -> None:
    parts, before = made(toy)[LINEAR], weight_of(toy, LINEAR).clone()
    tensors = {
        f"unet.{LINEAR}.lora_B.weight": parts["lora_up.weight"],
        f"unet.{LINEAR}.lora_A.weight": parts["lora_down.weight"],
    }
    file = write(tmp_path / "a.safetensors", tensors, {"lora_adapter_metadata": f'{{"unet.lora_alpha": {ALPHA}}}'})

    apply(adapters, toy, lora(file))

    torch.testing.assert_close(weight_of(toy, LINEAR), expected(before, parts))


def test_each_side_has_its_own_weight(toy: Checkpoint, adapters: Adapters, tmp_path: Path) -> None:
    file = write_lora(tmp_path / "a.safetensors", toy)
    unet, text = weight_of(toy, LINEAR).clone(), weight_of(toy, TEXT_PATH, "text_encoder1").clone()

    apply(adapters, toy, lora(file, te=0, unet=0.5))
    assert torch.equal(weight_of(toy, TEXT_PATH, "text_encoder1"), text)
    half = weight_of(toy, LINEAR) - unet

    apply(adapters, toy, lora(file, te=1, unet=1))
    torch.testing.assert_close(weight_of(toy, LINEAR) - unet, 2 * half, rtol=1e-3, atol=1e-6)
    assert not torch.equal(weight_of(toy, TEXT_PATH, "text_encoder1"), text)

    apply(adapters, toy, lora(file, te=1, unet=0))
    assert torch.equal(weight_of(toy, LINEAR), unet)


def test_removed_and_at_weight_0_is_bit_equal(toy: Checkpoint, adapters: Adapters, tmp_path: Path) -> None:
    before = all_weights(toy)
    one, two = (write_lora(tmp_path / f"{n}.safetensors", toy, seed=n) for n in (1, 2))

    apply(adapters, toy, lora(one, 0.7, 0.7))
    assert not same(all_weights(toy), before)
    apply(adapters, toy, lora(one, 0.7, 0.7), lora(two, -0.3, -0.3))
    apply(adapters, toy, lora(two, 0, 0))
    assert same(all_weights(toy), before)


def test_weights_stay_where_they_are(toy: Checkpoint, adapters: Adapters, tmp_path: Path) -> None:
    """A compiled graph holds the memory, not the module."""
    place = weight_of(toy, LINEAR).data_ptr()

    apply(adapters, toy, lora(write_lora(tmp_path / "a.safetensors", toy)))

    assert weight_of(toy, LINEAR).data_ptr() == place


def test_several_add_up_whatever_was_there_before(toy: Checkpoint, adapters: Adapters, tmp_path: Path) -> None:
    one, two = (lora(write_lora(tmp_path / f"{n}.safetensors", toy, seed=n)) for n in (1, 2))
    pristine = weight_of(toy, CONVOLUTION).clone()
    apply(adapters, toy, one)
    first = weight_of(toy, CONVOLUTION) - pristine
    apply(adapters, toy, two)
    second = weight_of(toy, CONVOLUTION) - pristine

    apply(adapters, toy, one, two)

    torch.testing.assert_close(weight_of(toy, CONVOLUTION), pristine + first + second, rtol=1e-4, atol=1e-6)


def test_a_file_on_the_disk_is_never_written(tmp_path: Path) -> None:
    from tests.engine.checkpoints import write_original

    file = write_original(tmp_path / "whole.safetensors", dtype=torch.float32)
    held = file.read_bytes()
    checkpoint = fresh_checkpoint(file)
    path = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"
    before = weight_of(checkpoint, path).clone()

    apply(Adapters(), checkpoint, lora(write_lora(tmp_path / "a.safetensors", checkpoint, paths=[path], text=False)))

    assert not torch.equal(weight_of(checkpoint, path), before)
    assert file.read_bytes() == held


def test_half_precision_is_merged_in_float32(tmp_path: Path) -> None:

    checkpoint = fresh_checkpoint()
    checkpoint.unet.half()
    before = weight_of(checkpoint, LINEAR).clone()
    parts = made(checkpoint)[LINEAR]
    names = kohya_names(LINEAR, checkpoint)
    tensors = {
        names["up"]: parts["lora_up.weight"].float(),
        names["down"]: parts["lora_down.weight"].float(),
        names["alpha"]: torch.tensor(ALPHA),
    }
    adapters = Adapters()

    apply(adapters, checkpoint, lora(write(tmp_path / "a.safetensors", tensors)))

    assert torch.equal(weight_of(checkpoint, LINEAR), expected(before.float(), parts).half())
    apply(adapters, checkpoint)
    assert torch.equal(weight_of(checkpoint, LINEAR), before)


def test_differences_of_weight_and_bias(toy: Checkpoint, adapters: Adapters, tmp_path: Path) -> None:
    module = toy.unet.get_submodule(CONVOLUTION)
    weight, bias = module.weight.data.clone(), module.bias.data.clone()
    tensors = {
        f"{kohya(CONVOLUTION)}.diff": torch.full_like(weight, 0.25),
        f"{kohya(CONVOLUTION)}.diff_b": torch.full_like(bias, 0.5),
    }

    apply(adapters, toy, lora(write(tmp_path / "a.safetensors", tensors), unet=0.5))

    torch.testing.assert_close(module.weight.data, weight + 0.125)
    torch.testing.assert_close(module.bias.data, bias + 0.25)
    apply(adapters, toy)
    assert torch.equal(module.weight.data, weight)
    assert torch.equal(module.bias.data, bias)


def test_what_fits_nothing_is_said_in_one_line(toy: Checkpoint, adapters: Adapters, tmp_path: Path) -> None:
    parts = made(toy)[LINEAR]
    strange = "lora_te2_text_model_encoder_layers_0_mlp_fc1"
    tensors = {f"{kohya(LINEAR)}.{name}": tensor for name, tensor in parts.items()}
    tensors |= {f"{strange}.{name}": tensor.clone() for name, tensor in parts.items()}
    tensors["bundle.thing"] = torch.zeros(1)
    network = lora(write(tmp_path / "a.safetensors", tensors))

    adapted = adapters.apply(toy, replace(render(), networks=(network,)))

    (note,) = adapted.notes
    assert "3 tensors of the LoRA a fit nothing" in note
    assert "bundle.thing" in note
    assert "SDXL" in note
    assert "1 module is used" in note


def foreign(toy: Checkpoint, path: Path) -> Path:
    return write(path, {"lora_unet_double_blocks_0_img_attn_proj.lora_up.weight": torch.zeros(4, 4)})


def misshapen(toy: Checkpoint, path: Path) -> Path:
    tensors = {
        f"{kohya(LINEAR)}.lora_up.weight": torch.zeros(320, 4),
        f"{kohya(LINEAR)}.lora_down.weight": torch.zeros(4, 768),
    }
    return write(path, tensors)


def lonely(toy: Checkpoint, path: Path) -> Path:
    return write(path, {f"{kohya(LINEAR)}.lora_up.weight": torch.zeros(64, 4)})


def many_alphas(toy: Checkpoint, path: Path) -> Path:
    parts = {f"{kohya(LINEAR)}.{name}": tensor for name, tensor in made(toy)[LINEAR].items()}
    return write(path, parts | {f"{kohya(LINEAR)}.alpha": torch.ones(3)})


def not_finite(toy: Checkpoint, path: Path) -> Path:
    parts = {f"{kohya(LINEAR)}.{name}": tensor for name, tensor in made(toy)[LINEAR].items()}
    parts[f"{kohya(LINEAR)}.lora_up.weight"][0, 0] = float("nan")
    return write(path, parts)


def truncated(toy: Checkpoint, path: Path) -> Path:
    file = write_lora(path, toy)
    file.write_bytes(file.read_bytes()[:-100])
    return file


def web_page(toy: Checkpoint, path: Path) -> Path:
    path.write_text("<!DOCTYPE html><html>" + " " * 100)
    return path


BROKEN = {
    foreign: "Flux",
    misshapen: "does not fit",
    lonely: "does not fit",
    many_alphas: "does not fit",
    not_finite: "not finite",
    truncated: "cut off",
    web_page: "web page",
}


@pytest.mark.parametrize("build", BROKEN, ids=lambda build: build.__name__)
def test_a_file_that_cannot_be_used_is_named_and_changes_nothing(
    build: Callable[[Checkpoint, Path], Path], toy: Checkpoint, adapters: Adapters, tmp_path: Path
) -> None:
    good, bad = lora(write_lora(tmp_path / "good.safetensors", toy)), lora(build(toy, tmp_path / "bad.safetensors"))
    before = all_weights(toy)
    apply(adapters, toy, good)

    with pytest.raises(ModelError, match=BROKEN[build]) as caught:
        apply(adapters, toy, good, bad)

    assert caught.value.where.endswith("bad.safetensors")
    assert same(all_weights(toy), before)
    apply(adapters, toy, good)
    assert not same(all_weights(toy), before)


def test_what_fails_while_it_is_merged_is_an_error_of_the_file_and_leaves_no_trace(
    toy: Checkpoint, adapters: Adapters, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sdtui.engine.adapters import merge

    before, network = all_weights(toy), lora(write_lora(tmp_path / "a.safetensors", toy))
    put = merge._add
    calls = []

    def fail(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        put(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(merge, "_add", fail)
    with pytest.raises(ModelError, match="a cannot be applied to shapes-64: there is not enough memory"):
        apply(adapters, toy, network)
    assert same(all_weights(toy), before)
    monkeypatch.undo()
    apply(adapters, toy, network)
    assert not same(all_weights(toy), before)


def test_a_file_that_changed_since_planning_is_refused(toy: Checkpoint, adapters: Adapters, tmp_path: Path) -> None:
    network = lora(write_lora(tmp_path / "a.safetensors", toy))
    write_lora(tmp_path / "a.safetensors", toy, text=False)

    with pytest.raises(ModelError, match="The LoRA a has changed"):
        apply(adapters, toy, network)


def test_pickles_are_read_as_tensors_and_nothing_else(toy: Checkpoint, adapters: Adapters, tmp_path: Path) -> None:
    parts = {f"{kohya(LINEAR)}.{name}": tensor for name, tensor in made(toy)[LINEAR].items()}
    torch.save({"state_dict": parts}, tmp_path / "good.pt")
    torch.save({"state_dict": parts, "run": _Evil(tmp_path / "ran")}, tmp_path / "bad.pt")
    before = weight_of(toy, LINEAR).clone()

    apply(adapters, toy, lora(tmp_path / "good.pt"))
    assert not torch.equal(weight_of(toy, LINEAR), before)
    with pytest.raises(ModelError, match="could run code"):
        apply(adapters, toy, lora(tmp_path / "bad.pt"))
    assert not (tmp_path / "ran").exists()


class _Evil:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.marker,))
