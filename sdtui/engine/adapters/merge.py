"""LoRAs into the weights of a checkpoint, and out again without a trace.

Weights are changed in place, so that compiled graphs and whoever holds the module see the change. What a weight was before is
read again from the checkpoint's file: removed is bit-equal to never applied, and no copy is made meanwhile, whose fresh pages
take longer than the sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from sdtui.engine.adapters.forms import Parts, bias_change, form_of, scale, weight_change
from sdtui.engine.adapters.names import Place, component, component_name
from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.originals import Changed

WEIGHT, BIAS = "weight", "bias"
Slot = tuple[Place, str]


class Weighted(NamedTuple):
    """The changes of one LoRA with its multipliers for the text encoders and for the UNet."""

    changes: Mapping[Place, Parts]
    te: float
    unet: float

    def multiplier(self, place: Place) -> float:
        """What counts for a module."""
        return self.unet if place.component == "unet" else self.te


class Merged:
    """What is merged into one checkpoint."""

    def __init__(self) -> None:
        self._changed: set[Slot] = set()

    def merge(self, checkpoint: Checkpoint, loras: Sequence[Weighted]) -> None:
        """Let exactly these LoRAs be merged, one after another into each weight; none restores all.

        Weights are in their original state when this raises, but for OriginalsGoneError, after which the checkpoint is of no use.
        """
        wanted = {
            place: [(lora.changes[place], lora.multiplier(place)) for lora in loras if place in lora.changes]
            for place in dict.fromkeys(place for lora in loras for place in lora.changes)
        }
        self._restore(checkpoint)
        try:
            for place, held in wanted.items():
                if changes := [one for one in held if one[1] != 0]:
                    self._change(checkpoint, place, changes)
        except BaseException:
            self._restore(checkpoint)
            raise

    def _change(self, checkpoint: Checkpoint, place: Place, changes: Sequence[tuple[Parts, float]]) -> None:
        module = component(checkpoint, place.component).get_submodule(place.path)
        if any(form_of(parts) for parts, _ in changes):
            weight = module.weight.data
            # float() is the tensor itself where it is of that kind
            self._changed.add((place, WEIGHT))
            target = weight.float()
            for parts, multiplier in changes:
                _add(target, _on(parts, weight.device), multiplier)
            _put(weight, target)
        biases = [(bias, multiplier) for parts, multiplier in changes if (bias := bias_change(parts)) is not None]
        if biases:
            self._changed.add((place, BIAS))
            bias = module.bias.data
            target = bias.float()
            for change, multiplier in biases:
                target.add_(change.to(target).reshape(target.shape), alpha=multiplier)
            _put(bias, target)

    def _restore(self, checkpoint: Checkpoint) -> None:
        checkpoint.originals.put_back(_changed(checkpoint, slot) for slot in self._changed)
        self._changed.clear()


def _changed(checkpoint: Checkpoint, slot: Slot) -> Changed:
    place, name = slot
    tensor = getattr(component(checkpoint, place.component).get_submodule(place.path), name).data
    return Changed(component_name(checkpoint, place.component), f"{place.path}.{name}", tensor)


def _add(target: Tensor, parts: Parts, multiplier: float) -> None:
    """Add a change to a weight in float32, in place."""
    form = form_of(parts)
    if form is None:
        return
    if form.sign == "up" and "mid" not in parts and "dora_scale" not in parts and target.is_contiguous():
        # the usual case without a tensor in between
        target.flatten(1).addmm_(
            parts["up"].flatten(1), parts["down"].flatten(1), alpha=multiplier * scale(parts, form)
        )
        return
    change = weight_change(parts, target)
    if change is not None:
        target.add_(change, alpha=multiplier)


def _on(parts: Parts, device: torch.device) -> Parts:
    """The tensors where the weight is, in float32; those that are read as numbers stay."""
    return {
        name: tensor.float() if name in {"alpha", "scale"} else tensor.to(device, torch.float32)
        for name, tensor in parts.items()
    }


def _put(tensor: Tensor, target: Tensor) -> None:
    if target.data_ptr() != tensor.data_ptr():
        tensor.copy_(target)
