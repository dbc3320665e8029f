"""Hypernetworks as A1111 trains them: small networks before the keys and values of every attention of their width.

Each is x + net(x) · multiplier on what `to_k` and `to_v` read; they are hooks, so that taking them off leaves nothing behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.hooks import RemovableHandle

from sdtui.engine.adapters.tensors import check_finite, read_pickle, read_tensors
from sdtui.errors import ModelError
from sdtui.spec.model import ModelFile
from sdtui.weights.identify import SAFE_SUFFIXES

Step = Callable[[Tensor], Tensor]

ACTIVATIONS: Mapping[str, Step] = {
    "relu": functional.relu,
    "leakyrelu": functional.leaky_relu,
    "elu": functional.elu,
    "selu": functional.selu,
    "celu": functional.celu,
    "gelu": functional.gelu,
    "mish": functional.mish,
    "silu": functional.silu,
    "swish": functional.hardswish,
    "hardswish": functional.hardswish,
    "hardsigmoid": functional.hardsigmoid,
    "hardtanh": functional.hardtanh,
    "logsigmoid": functional.logsigmoid,
    "relu6": functional.relu6,
    "sigmoid": torch.sigmoid,
    "softplus": functional.softplus,
    "softsign": functional.softsign,
    "tanh": torch.tanh,
    "tanhshrink": functional.tanhshrink,
}
"""Activation functions by A1111's names; its "swish" is torch's hard one."""
PLAIN = frozenset({"", "linear", "None", "none"})
_FLAT = re.compile(r"(\d+)\.([01])\.(.+)")
_LAYER = re.compile(r"linear\.(\d+)\.(weight|bias)")
_FIRST_NAMES = {"linear1.": "linear.0.", "linear2.": "linear.1."}
"""How the first hypernetworks of all called their two layers."""


class Hypernetwork(NamedTuple):
    """For each width of attention the networks for keys and for values."""

    pairs: Mapping[int, tuple[Step, Step]]


class _Build(NamedTuple):
    """How the layers are put together, as the file says."""

    activation: str
    activate_output: bool


def read_hypernetwork(file: ModelFile, device: torch.device, dtype: torch.dtype) -> Hypernetwork:
    """A hypernetwork on a device; raises ModelError that names the file and what is wrong with it."""
    path = Path(file.path)
    states, build = _read(path)
    if not states:
        raise ModelError(f"{file.name} is no hypernetwork: it holds no layers by width.", where=file.path)
    if build.activation not in ACTIVATIONS and build.activation not in PLAIN:
        raise ModelError(
            f"The hypernetwork {file.name} wants the activation '{build.activation[:40]}', which is not known.",
            where=file.path,
            todo=f"Known: linear, {', '.join(ACTIVATIONS)}.",
        )
    pairs = {}
    for width, (keys, values) in states.items():
        for state in (keys, values):
            check_finite(state, path)
        try:
            pairs[width] = (
                _network(keys, build, width, device, dtype),
                _network(values, build, width, device, dtype),
            )
        except (ValueError, IndexError) as error:
            raise ModelError(
                f"The layers of the hypernetwork {file.name} for width {width} do not fit together: {error}.",
                where=file.path,
            ) from None
    return Hypernetwork(pairs)


def check_fits(network: Hypernetwork, file: ModelFile, checkpoint: str, unet: nn.Module) -> None:
    """Raises ModelError when a UNet has no attention of any of the network's widths: nothing would be changed."""
    theirs = {module.in_features for _, module in _attentions(unet)}
    if theirs.isdisjoint(network.pairs):
        raise ModelError(
            f"The hypernetwork {file.name} does not fit the checkpoint {checkpoint}: it is for attention of width "
            f"{_listed(network.pairs)}, and the model's is of width {_listed(theirs)}.",
            where=file.path,
            todo="Use it with the model that it was trained for.",
        )


def attach(unet: nn.Module, networks: Sequence[tuple[Hypernetwork, float]]) -> list[RemovableHandle]:
    """Hook hypernetworks with their multipliers before the keys and values of a UNet, one after another (as A1111).

    One with multiplier 0 is not hooked at all. The handles take them off again.
    """
    handles: list[RemovableHandle] = []
    for side, module in _attentions(unet):
        for network, multiplier in networks:
            pair = network.pairs.get(module.in_features)
            if pair is not None and multiplier != 0:
                handles.append(module.register_forward_pre_hook(_hook(pair[side], multiplier)))
    return handles


def _attentions(unet: nn.Module) -> Iterator[tuple[int, nn.Linear]]:
    """The modules that make the keys (0) and the values (1)."""
    for path, module in unet.named_modules():
        for side, name in enumerate(("to_k", "to_v")):
            if path.endswith(f".{name}") and isinstance(module, nn.Linear):
                yield side, module


def _listed(widths: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(widths)))


def _hook(network: Step, multiplier: float) -> Callable[[nn.Module, tuple[Any, ...]], tuple[Any, ...]]:
    def add(module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        x, *rest = inputs
        return (x + network(x) * multiplier, *rest)

    return add


def _read(path: Path) -> tuple[dict[int, tuple[dict[str, Tensor], dict[str, Tensor]]], _Build]:
    """The state dicts for keys and values by width, from A1111's pickle or from a safetensors file of `768.0.linear.0.weight`."""
    if path.suffix.lower() in SAFE_SUFFIXES:
        tensors, metadata = read_tensors(path)
        found: dict[int, tuple[dict[str, Tensor], dict[str, Tensor]]] = {}
        for name, tensor in tensors.items():
            if match := _FLAT.fullmatch(name):
                found.setdefault(int(match[1]), ({}, {}))[int(match[2])][match[3]] = tensor
        output = metadata.get("activate_output", "true").lower() not in {"false", "0", "no"}
        return found, _Build(metadata.get("activation_func", ""), output)
    held = read_pickle(path)
    if not isinstance(held, Mapping):
        return {}, _Build("", activate_output=False)
    pairs = {
        width: (_tensors(pair[0]), _tensors(pair[1]))
        for width, pair in held.items()
        if isinstance(width, int) and isinstance(pair, tuple | list) and len(pair) >= 2
    }
    return pairs, _Build(str(held.get("activation_func") or ""), held.get("activate_output", True) is not False)


def _tensors(state: Any) -> dict[str, Tensor]:
    held = {str(name): tensor for name, tensor in state.items() if isinstance(tensor, Tensor)} if state else {}
    for old, new in _FIRST_NAMES.items():
        held = {name.replace(old, new) if name.startswith(old) else name: tensor for name, tensor in held.items()}
    return held


def _network(state: Mapping[str, Tensor], build: _Build, width: int, device: torch.device, dtype: torch.dtype) -> Step:
    """The layers in their order: each linear one with the activation behind it, then the norm that may follow."""
    layers: dict[int, dict[str, Tensor]] = {}
    for name, tensor in state.items():
        match = _LAYER.fullmatch(name)
        if match is None:
            raise ValueError(f"'{name[:60]}' is not known")
        layers.setdefault(int(match[1]), {})[match[2]] = tensor.to(device, dtype)
    order = [layers[number] for number in sorted(layers)]
    last = max((place for place, layer in enumerate(order) if _weight(layer).ndim == 2), default=-1)
    steps: list[Step] = []
    extent = width
    for place, layer in enumerate(order):
        weight, bias = _weight(layer), layer.get("bias")
        if weight.shape[-1] != extent:
            raise ValueError(f"a layer takes {weight.shape[-1]} numbers where {extent} come")
        extent = weight.shape[0]
        steps.append(_linear(weight, bias) if weight.ndim == 2 else _norm(weight, bias))
        if weight.ndim == 2 and build.activation not in PLAIN and (place != last or build.activate_output):
            steps.append(ACTIVATIONS[build.activation])
    if last < 0 or extent != width:
        raise ValueError(f"they give {extent} numbers where {width} are wanted")
    return lambda x: _through(steps, x)


def _weight(layer: Mapping[str, Tensor]) -> Tensor:
    weight = layer.get("weight")
    if weight is None or weight.ndim not in {1, 2}:
        raise ValueError("a layer has no weight")
    return weight


def _linear(weight: Tensor, bias: Tensor | None) -> Step:
    return lambda x: functional.linear(x, weight, bias)


def _norm(weight: Tensor, bias: Tensor | None) -> Step:
    return lambda x: functional.layer_norm(x, weight.shape, weight, bias)


def _through(steps: Sequence[Step], x: Tensor) -> Tensor:
    for step in steps:
        x = step(x)
    return x
