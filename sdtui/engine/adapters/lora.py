"""A LoRA's file, fitted to the modules of a checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import torch
from torch import Tensor

from sdtui.engine.adapters.forms import Parts, bias_change, fits, form_of, shortened
from sdtui.engine.adapters.names import Host, Place, Places, component, group
from sdtui.engine.adapters.tensors import Held, check_finite, read_shapes, read_tensors
from sdtui.errors import ModelError
from sdtui.spec.model import ModelFile

NAMED = 3
"""How many names of tensors a sentence has."""
MADE_FOR: tuple[tuple[str, str], ...] = (
    ("lora_te2_", "SDXL"),
    ("text_encoder_2.", "SDXL"),
    ("double_blocks", "Flux"),
    ("single_transformer_blocks", "Flux"),
    ("joint_blocks", "SD 3"),
    ("transformer.", "SD 3 or another transformer model"),
    ("lora_te3_", "SD 3"),
    ("transformer_blocks_1_", "SDXL"),
    ("input_blocks_8", "SDXL"),
    ("down_blocks_3_attentions", "a model with more blocks"),
    ("middle_block", "SDXL"),
    ("lora_te1_", "SDXL"),
    ("lora_controlnet", "ControlNet"),
)
"""What a piece of a name says about the model that a file was made for, the surest first."""
ALPHA_KEY = "lora_adapter_metadata"


class Lora(NamedTuple):
    """The changes that a file makes to a checkpoint; `note` says what of the file was left out, if anything."""

    changes: Mapping[Place, Parts]
    note: str = ""


def read_lora(file: ModelFile, host: Host, places: Places, dyn: int | None = None) -> Lora:
    """A LoRA for this checkpoint, on the CPU; nothing is changed yet.

    Raises ModelError when the file is damaged, holds no LoRA, or was made for a model of another build.
    """
    path = Path(file.path)
    held = read_tensors(path)
    check_finite(held.tensors, path)
    return _fitted(file, held, host, places, dyn)


def check_lora(file: ModelFile, host: Host, places: Places) -> None:
    """Raises ModelError as `read_lora` would, as far as names and shapes tell."""
    _fitted(file, read_shapes(Path(file.path)), host, places, None)


def _fitted(file: ModelFile, held: Held, host: Host, places: Places, dyn: int | None) -> Lora:
    modules, unknown = group(held.tensors)
    _add_alphas(modules, held.metadata)
    found: dict[Place, dict[str, Tensor]] = {}
    for written, parts in modules.items():
        place = places.find(written)
        if place is None:
            unknown += [f"{written}.{part}" for part in parts]
        else:
            # what one file calls by two names belongs together
            found[place] = {**parts, **found.get(place, {})}
    changes: dict[Place, Parts] = {}
    for place, parts in found.items():
        if form_of(parts) is None and bias_change(parts) is None:
            unknown += [f"{place.path}.{part}" for part in parts]
        else:
            changes[place] = parts if dyn is None else shortened(parts, dyn)
    if not changes:
        raise _foreign(file, host, unknown)
    _check_shapes(changes, host, file)
    return Lora(changes, _left_out(file, host, unknown, len(changes)) if unknown else "")


def _check_shapes(changes: Mapping[Place, Parts], host: Host, file: ModelFile) -> None:
    """Raises ModelError unless every change fits its weight."""
    misfits = []
    for place, parts in changes.items():
        module = component(host, place.component).get_submodule(place.path)
        bias = bias_change(parts)
        fits_bias = bias is None or (module.bias is not None and bias.numel() == module.bias.numel())
        if not (fits_bias and fits(parts, tuple(module.weight.shape))):
            misfits.append(place.path)
    if misfits:
        what = (
            f"{len(misfits)} of its {len(changes)} modules have another shape"
            if len(changes) > 1
            else "its shape is another"
        )
        raise ModelError(
            f"The LoRA {file.name} does not fit {host.name}: {what} ({_listed(misfits)}).",
            where=file.path,
            todo="It was made for a model of another size, or the file is damaged.",
        )


def _add_alphas(modules: dict[str, dict[str, Tensor]], metadata: Mapping[str, str]) -> None:
    """The alphas that PEFT keeps in the metadata: `unet.lora_alpha`, and by module `unet.alpha_pattern`."""
    try:
        said: dict[str, Any] = msgspec.json.decode(metadata.get(ALPHA_KEY, "{}"), type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return
    for written, parts in modules.items():
        owner, _, path = written.partition(".")
        patterns = said.get(f"{owner}.alpha_pattern")
        alpha = said.get(f"{owner}.lora_alpha")
        if isinstance(patterns, dict):
            alpha = next((value for key, value in patterns.items() if path == key or path.endswith(f".{key}")), alpha)
        if "alpha" not in parts and "down" in parts and isinstance(alpha, int | float):
            rank = parts["down"].shape[0] if parts["down"].ndim else 1
            rooted = said.get(f"{owner}.use_rslora") is True
            parts["alpha"] = torch.tensor(float(alpha) * (rank**0.5 if rooted else 1.0))


def _foreign(file: ModelFile, host: Host, unknown: Sequence[str]) -> ModelError:
    guess = _guess(unknown)
    made = f" It looks as if it was made for {guess}." if guess else ""
    return ModelError(
        f"The LoRA {file.name} holds nothing that {host.name} knows ({_listed(unknown)}).{made}", where=file.path
    )


def _left_out(file: ModelFile, host: Host, unknown: Sequence[str], used: int) -> str:
    guess = _guess(unknown)
    made = f"; those are of {guess}" if guess else ""
    parts = "1 module is used" if used == 1 else f"{used} modules are used"
    tensors, fit = ("1 tensor", "fits") if len(unknown) == 1 else (f"{len(unknown)} tensors", "fit")
    return f"{tensors} of the LoRA {file.name} {fit} nothing in {host.name} ({_listed(unknown)}){made}; {parts}."


def _guess(names: Iterable[str]) -> str:
    """What a file with such names was made for; empty when nothing tells."""
    listed = "\n".join(names)
    return next((model for piece, model in MADE_FOR if piece in listed), "")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name[:80] for name in names[:NAMED]) + (", …" if len(names) > NAMED else "")
