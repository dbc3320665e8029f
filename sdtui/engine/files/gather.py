"""A diffusers folder's tensors under the names of the original layout."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from sdtui.engine.files.mapped import MappedFile
from sdtui.engine.files.writing import Held, Output, mapped, pieces_of
from sdtui.engine.keys import OPENCLIP_THIRDS, VAE, VAE_ATTENTION_OF_OLD_DIFFUSERS, Naming, cut_of, original_naming
from sdtui.errors import ModelError
from sdtui.spec.model import ModelRecord
from sdtui.weights.configs import family_config
from sdtui.weights.families import FAMILY
from sdtui.weights.folder import read_object
from sdtui.weights.identify import identify
from sdtui.weights.stamp import part_files
from sdtui.weights.wishes import ARCHITECTURE_KEY

SHAPING = (
    "block_out_channels",
    "cross_attention_dim",
    "layers_per_block",
    "transformer_layers_per_block",
    "attention_head_dim",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "projection_dim",
)
"""Settings that make another model of a family than its usual one."""
LEFT_OUT = ("position_ids",)


def gather(folder: Path) -> Held:
    """The folder as the single file that its family's makers would publish; raises ModelError when it cannot be used."""
    record = identify(folder)
    if record.problem:
        raise ModelError(record.problem, where=str(folder))
    outputs: list[Output] = []
    configs: dict[str, dict[str, object]] = {}
    for component in FAMILY[record.family].modules:
        configs[component] = read_object(folder / component / "config.json")
        files = part_files(folder, component)
        if len(files) != 1:
            what = (
                "Its weights are missing."
                if not files
                else "Its weights are split into several files; these cannot be joined yet."
            )
            raise ModelError(what, where=str(folder / component))
        naming = original_naming(component, configs[component], record.family)
        outputs += _component(component, MappedFile(files[0]), naming)
    if record.zero_terminal:
        outputs.append(Output("ztsnr", "F32", (0,), tuple))
    return Held(outputs, _metadata(record, configs))


def _component(component: str, file: MappedFile, naming: Naming) -> Iterator[Output]:
    fused: dict[str, list[str]] = {}
    for name, info in file.infos.items():
        if name.endswith(LEFT_OUT):
            continue
        own = _own_name(component, name)
        original = _named(naming, own, file)
        part = cut_of(own, original)
        if part.third is not None:
            fused.setdefault(original, ["", "", ""])[part.third] = name
        elif part.transposed:
            yield Output(original, info.dtype, info.shape[::-1], _turned(file, name))
        else:
            shape = (*info.shape, 1, 1) if _is_convolution(component, own, info.shape) else info.shape
            yield Output(original, info.dtype, shape, mapped(file, name))
    for original, names in fused.items():
        if not all(names):
            raise ModelError(f"One of {', '.join(OPENCLIP_THIRDS)} is missing for {original}.", where=str(file.path))
        infos = [file.infos[name] for name in names]
        rows = sum(info.shape[0] for info in infos)
        yield Output(original, infos[0].dtype, (rows, *infos[0].shape[1:]), _joined(file, names, infos[0].dtype))


def _own_name(component: str, name: str) -> str:
    """A tensor's name in its module, without the spellings of other releases."""
    own = name.removeprefix("text_model.")
    if component == VAE and ".attentions." in own:
        for new, old in VAE_ATTENTION_OF_OLD_DIFFUSERS.items():
            own = own.replace(f".{old}.", f".{new}.")
    return own


def _named(naming: Naming, own: str, file: MappedFile) -> str:
    try:
        return naming(own)[0]
    except KeyError:
        raise ModelError(f"The tensor '{own[:80]}' has no place in a single file.", where=str(file.path)) from None


def _is_convolution(component: str, own: str, shape: tuple[int, ...]) -> bool:
    """Attention in original VAEs is made of 1×1 convolutions."""
    return component == VAE and ".attentions." in own and len(shape) == 2


def _turned(file: MappedFile, name: str) -> Callable[[], Iterator[Tensor]]:
    return lambda: pieces_of(file.tensor(name).T.contiguous())


def _joined(file: MappedFile, names: list[str], dtype: str) -> Callable[[], Iterator[Tensor]]:
    def pieces() -> Iterator[Tensor]:
        for name in names:
            if file.infos[name].dtype != dtype:
                raise ModelError(f"The tensor '{name}' has another dtype than its neighbours.", where=str(file.path))
            yield from pieces_of(file.tensor(name))

    return pieces


def _metadata(record: ModelRecord, configs: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """What the tensors alone do not tell: an unusual architecture, and what the UNet predicts."""
    metadata: dict[str, str] = {}
    usual: Mapping[str, Any] = family_config(record.family)
    if any(
        key in config and key in usual[name] and config[key] != usual[name][key]
        for name, config in configs.items()
        for key in SHAPING
    ):
        metadata[ARCHITECTURE_KEY] = json.dumps({name: _settings(config) for name, config in configs.items()})
    if record.prediction != "unknown":
        metadata["modelspec.prediction_type"] = record.prediction
    return metadata


def _settings(config: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in config.items() if not isinstance(value, dict) and value is not None}
