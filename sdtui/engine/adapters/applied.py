"""Brings a loaded checkpoint into the state that a render wants, and out of the last one."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from torch.utils.hooks import RemovableHandle

from sdtui.engine.adapters.hypernetworks import Hypernetwork, attach, check_fits, read_hypernetwork
from sdtui.engine.adapters.lora import read_lora
from sdtui.engine.adapters.merge import Merged, Weighted
from sdtui.engine.adapters.names import Places
from sdtui.engine.adapters.tensors import check_unchanged
from sdtui.engine.adapters.vae import load_vae
from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.memory import is_dead, is_out_of_memory
from sdtui.errors import ModelError
from sdtui.spec.adapter import Network
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile

VAES_KEPT = 2


class Adapted(NamedTuple):
    """A checkpoint as a render wants it, to be used at once and not kept; `notes` are sentences for the job's log."""

    checkpoint: Checkpoint
    notes: tuple[str, ...] = ()


@dataclass
class _Applied:
    """What is applied to one checkpoint now; `networks` is None while its weights are neither these nor its own."""

    networks: tuple[Network, ...] | None = ()
    notes: tuple[str, ...] = ()
    merged: Merged = field(default_factory=Merged)
    hooks: list[RemovableHandle] = field(default_factory=list)


class Adapters:
    """Applies renders' networks and VAEs to checkpoints; each stays as it is until another render wants otherwise."""

    def __init__(self) -> None:
        self._applied: weakref.WeakKeyDictionary[Any, _Applied] = weakref.WeakKeyDictionary()
        self._vaes: OrderedDict[tuple[str, ...], Any] = OrderedDict()

    def apply(self, checkpoint: Checkpoint, render: Render) -> Adapted:
        """The checkpoint with the render's networks and VAE, and with nothing else.

        Raises ModelError that names file and reason, nothing is applied then; or OriginalsGoneError when the checkpoint
        must be loaded anew.
        """
        applied = self._applied.get(checkpoint.unet)
        if applied is None:
            applied = self._applied[checkpoint.unet] = _Applied()
        if applied.networks != render.networks:
            self._change(applied, checkpoint, render.networks)
        if render.networks or render.vae is not None:
            vae = checkpoint.vae if render.vae is None else self._vae(render.vae, checkpoint)
            checkpoint = replace(checkpoint, vae=vae, adapters=_of_text(render.networks))
        return Adapted(checkpoint, applied.notes)

    def forget(self) -> None:
        """Let go of every VAE; what is applied to a checkpoint goes with it."""
        self._vaes.clear()

    def _change(self, applied: _Applied, checkpoint: Checkpoint, networks: Sequence[Network]) -> None:
        for hook in applied.hooks:
            hook.remove()
        applied.hooks, applied.networks, applied.notes = [], None, ()
        try:
            loras, applied.notes = _read_loras(networks, checkpoint)
            hypernetworks = _read_hypernetworks(networks, checkpoint)
        except ModelError:
            applied.merged.merge(checkpoint, ())
            applied.networks = ()
            raise
        problem = ""
        try:
            applied.merged.merge(checkpoint, loras)
            applied.hooks = attach(checkpoint.unet, hypernetworks)
        except (RuntimeError, ValueError, TypeError, LookupError, MemoryError) as error:
            if is_dead(error):
                raise
            problem = "there is not enough memory" if is_out_of_memory(error) else (str(error).splitlines() or ["?"])[0]
        if problem:
            # only here, where the traceback no longer holds tensors
            applied.merged.merge(checkpoint, ())
            applied.networks = ()
            names = ", ".join(network.file.name for network in networks)
            raise ModelError(f"{names} cannot be applied to {checkpoint.name}: {problem}.")
        applied.networks = tuple(networks)

    def _vae(self, file: ModelFile, checkpoint: Checkpoint) -> Any:
        # two checkpoints may scale their latents differently
        key = (*file.version, str(checkpoint.latent_scale), str(checkpoint.vae.config.block_out_channels))
        found = self._vaes.pop(key, None)
        if found is None:
            found = load_vae(check_unchanged(file, "VAE"), checkpoint.vae.config, checkpoint.compute)
        self._vaes[key] = found
        while len(self._vaes) > VAES_KEPT:
            self._vaes.popitem(last=False)
        return found


def _of_text(networks: Sequence[Network]) -> tuple[str, ...]:
    """What tells apart the text encoders that these networks leave behind; other weights in the UNet alone are the same ones."""
    loras = [network for network in networks if network.kind == "lora" and network.te != 0]
    return tuple(part for lora in loras for part in (*lora.file.version, repr(lora.te), repr(lora.dyn)))


def _read_loras(networks: Sequence[Network], checkpoint: Checkpoint) -> tuple[list[Weighted], tuple[str, ...]]:
    loras: list[Weighted] = []
    notes: list[str] = []
    places: Places | None = None
    for network in networks:
        if network.kind == "lora":
            places = places or Places(checkpoint)
            lora = read_lora(_checked(network), checkpoint, places, network.dyn)
            loras.append(Weighted(lora.changes, network.te, network.unet))
            notes += [lora.note] if lora.note else []
    return loras, tuple(notes)


def _read_hypernetworks(networks: Sequence[Network], checkpoint: Checkpoint) -> list[tuple[Hypernetwork, float]]:
    found: list[tuple[Hypernetwork, float]] = []
    for each in networks:
        if each.kind == "hypernetwork":
            file = _checked(each)
            network = read_hypernetwork(file, checkpoint.compute.device, checkpoint.compute.dtype)
            check_fits(network, file, checkpoint.name, checkpoint.unet)
            found.append((network, each.unet))
    return found


def _checked(network: Network) -> ModelFile:
    return check_unchanged(network.file, "LoRA" if network.kind == "lora" else "hypernetwork")
