"""LoRAs into the weights of a checkpoint, and out again without a trace.

Weights are changed in place, so that compiled graphs and whoever holds the module see the change. What a weight was before is
kept in RAM as long as it is changed, and copied back: removed is bit-equal to never applied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from sdtui.engine.adapters.forms import Parts, bias_change, form_of, scale, weight_change
from sdtui.engine.adapters.names import Place, component
from sdtui.engine.checkpoint import Checkpoint

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
    """What is merged into one checkpoint; `held_bytes` is the RAM that the original weights take meanwhile."""

    def __init__(self) -> None:
        self._pristine: dict[Slot, Tensor] = {}

    @property
    def held_bytes(self) -> int:
        """Bytes of the weights that are kept."""
        return sum(tensor.nbytes for tensor in self._pristine.values())

    def merge(self, checkpoint: Checkpoint, loras: Sequence[Weighted]) -> None:
        """Let exactly these LoRAs be merged, one after another into each weight; none restores all.

        Weights are in their original state when this raises.
        """
        wanted = {
            place: [(lora.changes[place], lora.multiplier(place)) for lora in loras if place in lora.changes]
            for place in dict.fromkeys(place for lora in loras for place in lora.changes)
        }
        wanted = {place: kept for place, held in wanted.items() if (kept := [one for one in held if one[1] != 0])}
        try:
            self._restore(checkpoint, {slot for slot in self._pristine if slot[0] not in wanted})
            for place, changes in wanted.items():
                self._change(checkpoint, place, changes)
        except BaseException:
            self._restore(checkpoint, set(self._pristine))
            raise

    def _change(self, checkpoint: Checkpoint, place: Place, changes: Sequence[tuple[Parts, float]]) -> None:
        module = component(checkpoint, place.component).get_submodule(place.path)
        if any(form_of(parts) for parts, _ in changes):
            weight = module.weight.data
            target = self._original(weight, (place, WEIGHT))
            for parts, multiplier in changes:
                _add(target, _on(parts, weight.device), multiplier)
            _put(weight, target)
        elif (place, WEIGHT) in self._pristine:
            self._restore(checkpoint, {(place, WEIGHT)})
        biases = [(bias, multiplier) for parts, multiplier in changes if (bias := bias_change(parts)) is not None]
        if biases:
            bias = module.bias.data
            target = self._original(bias, (place, BIAS))
            for change, multiplier in biases:
                target.add_(change.to(target).reshape(target.shape), alpha=multiplier)
            _put(bias, target)
        elif (place, BIAS) in self._pristine:
            self._restore(checkpoint, {(place, BIAS)})

    def _original(self, tensor: Tensor, slot: Slot) -> Tensor:
        """The original weight in float32 to work on: the tensor itself where it is of that kind."""
        kept = self._pristine.get(slot)
        if kept is None:
            self._pristine[slot] = tensor.to("cpu", copy=True)
        else:
            tensor.copy_(kept)
        return tensor.float()

    def _restore(self, checkpoint: Checkpoint, slots: set[Slot]) -> None:
        for slot in slots:
            place, name = slot
            module = component(checkpoint, place.component).get_submodule(place.path)
            getattr(module, name).data.copy_(self._pristine.pop(slot))


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
