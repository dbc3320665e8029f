"""Hypernetworks against A1111's own way of putting their layers together."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from sdtui.engine.adapters.hypernetworks import read_hypernetwork
from sdtui.errors import ModelError
from tests.engine.adapters.made import model_file, write

WIDTH = 8
CPU = torch.device("cpu")


def built(structure: list[float], activation: str, *, norm: bool, output: bool, dropout: bool) -> nn.Sequential:
    """The layers in the order in which they are trained."""
    made: list[nn.Module] = []
    functions = {"relu": nn.ReLU, "swish": nn.Hardswish, "tanh": nn.Tanh, "leakyrelu": nn.LeakyReLU, "mish": nn.Mish}
    for place in range(len(structure) - 1):
        made.append(nn.Linear(int(WIDTH * structure[place]), int(WIDTH * structure[place + 1])))
        if activation != "linear" and (place < len(structure) - 2 or output):
            made.append(functions[activation]())
        if norm:
            made.append(nn.LayerNorm(int(WIDTH * structure[place + 1])))
        if dropout and place < len(structure) - 2:
            made.append(nn.Dropout(0.3))
    return nn.Sequential(*made).eval()


def state(layers: nn.Sequential) -> dict[str, Tensor]:
    return {f"linear.{name}": tensor for name, tensor in layers.state_dict().items()}


@pytest.mark.parametrize("activation", ["linear", "relu", "swish", "tanh", "leakyrelu", "mish"])
@pytest.mark.parametrize("structure", [[1, 2, 1], [1, 1.5, 2, 1]])
@pytest.mark.parametrize(
    ("norm", "output", "dropout"), [(False, False, False), (True, True, True), (True, False, False)]
)
def test_layers_are_put_together_as_they_were_trained(
    activation: str, structure: list[float], norm: bool, output: bool, dropout: bool, tmp_path: Path
) -> None:
    torch.manual_seed(3)
    pair = [built(structure, activation, norm=norm, output=output, dropout=dropout) for _ in range(2)]
    held = {
        "layer_structure": structure,
        "activation_func": activation,
        "activate_output": output,
        "is_layer_norm": norm,
    }
    torch.save(held | {WIDTH: tuple(map(state, pair)), "step": 3}, tmp_path / "h.pt")
    x = torch.randn(2, 3, WIDTH)

    read = read_hypernetwork(model_file(tmp_path / "h.pt"), CPU, torch.float32)

    for side, layers in enumerate(pair):
        torch.testing.assert_close(read.pairs[WIDTH][side](x), layers(x))


def test_the_first_ones_had_other_names(tmp_path: Path) -> None:
    torch.manual_seed(3)
    layers = built([1, 2, 1], "linear", norm=False, output=False, dropout=False)
    old = {
        name.replace("linear.0.", "linear1.").replace("linear.1.", "linear2."): t for name, t in state(layers).items()
    }
    torch.save({WIDTH: (old, old)}, tmp_path / "h.pt")
    x = torch.randn(1, WIDTH)

    read = read_hypernetwork(model_file(tmp_path / "h.pt"), CPU, torch.float32)

    torch.testing.assert_close(read.pairs[WIDTH][0](x), layers(x))


def test_a_safetensors_file_holds_the_same(tmp_path: Path) -> None:
    torch.manual_seed(3)
    layers = built([1, 2, 1], "relu", norm=False, output=False, dropout=False)
    tensors = {f"{WIDTH}.{side}.{name}": t.clone() for side in range(2) for name, t in state(layers).items()}
    file = write(tmp_path / "h.safetensors", tensors, {"activation_func": "relu", "activate_output": "False"})
    x = torch.randn(1, WIDTH)

    read = read_hypernetwork(model_file(file), CPU, torch.float32)

    torch.testing.assert_close(read.pairs[WIDTH][1](x), layers(x))


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        ({"name": "x"}, "is no hypernetwork"),
        ({"activation_func": "magic", WIDTH: ({}, {})}, "activation 'magic'"),
        ({WIDTH: ({}, {})}, "do not fit together"),
        ({WIDTH: ({"linear.0.weight": torch.zeros(3, WIDTH)},) * 2}, "they give 3 numbers where 8"),
        ({WIDTH: ({"linear.0.weight": torch.zeros(WIDTH, 3)},) * 2}, "takes 3 numbers where 8 come"),
        ({WIDTH: ({"other": torch.zeros(1)},) * 2}, "'other' is not known"),
        ({WIDTH: ({"linear.0.weight": torch.full((WIDTH, WIDTH), float("nan"))},) * 2}, "not finite"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(held: dict[object, object], sentence: str, tmp_path: Path) -> None:
    torch.save(held, tmp_path / "h.pt")

    with pytest.raises(ModelError) as caught:
        read_hypernetwork(model_file(tmp_path / "h.pt"), CPU, torch.float32)

    assert sentence in str(caught.value)
    assert caught.value.where.endswith("h.pt")
