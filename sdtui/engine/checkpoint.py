"""A checkpoint on the device, and how it gets there from the disk."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from sdtui.engine.blank import Blank
from sdtui.engine.clip import ClipTextEncoder
from sdtui.engine.device import Compute
from sdtui.engine.files.mapped import MappedFile
from sdtui.engine.keys import UNET, VAE
from sdtui.engine.libraries import load_libraries
from sdtui.engine.originals import Originals
from sdtui.engine.prediction import PREDICTIONS, Prediction, find_prediction
from sdtui.engine.preview import LinearSketcher, sketcher_for
from sdtui.engine.sigmas import NoiseLevels
from sdtui.engine.stored import Stored, check_usable, find_components, place
from sdtui.engine.traits import Traits, traits_of
from sdtui.errors import ModelError
from sdtui.spec.model import ModelRecord
from sdtui.weights.archive import is_pickled
from sdtui.weights.families import latents_of

STAGE_BYTES = 256 << 20
INPUT_CHANNELS = 4
"""The UNet's input channels when there is nothing beside the latents."""
SPOKEN = {"text_encoder": "text encoder", "text_encoder_2": "second text encoder"}
"""What components are called in progress."""


class Progress(NamedTuple):
    """How far a load is: 0..1."""

    share: float
    text: str


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Checkpoint:
    """The modules of a checkpoint, ready to be called, and what belongs to them; without `sketcher` a sketch is a decode.

    `blank` is there when the UNet wants a mask and a masked picture. `adapters` tells apart what its text encoders may have
    merged into them.
    """

    name: str
    family: str
    traits: Traits
    unet: Any
    vae: Any
    text_encoders: Mapping[str, ClipTextEncoder]
    prediction: Prediction
    levels: NoiseLevels
    blank: Blank | None
    sketcher: LinearSketcher | None
    compute: Compute
    size_bytes: int
    originals: Originals
    adapters: tuple[str, ...] = ()

    @property
    def text_encoder(self) -> ClipTextEncoder:
        """The first of its text encoders."""
        return self.text_encoders[self.traits.readers[0].component]

    @property
    def text_encoder_2(self) -> ClipTextEncoder | None:
        """The second of its text encoders, where there are two."""
        readers = self.traits.readers
        return self.text_encoders[readers[1].component] if len(readers) > 1 else None

    @property
    def modules(self) -> Mapping[str, Any]:
        """Every module by the name of its component."""
        return {UNET: self.unet, VAE: self.vae, **self.text_encoders}

    @property
    def latent_scale(self) -> float:
        """What the VAE's own latents are multiplied with to have about unit variance."""
        return float(self.vae.config.scaling_factor)


def load_checkpoint(record: ModelRecord, compute: Compute) -> Generator[Progress, None, Checkpoint]:
    """Read a checkpoint onto a device in stages of some hundred megabytes; yields how far it is, returns it.

    Raises ModelError before any tensor is read when the file does not fit; MemoryError or torch's when memory ends.
    """
    yield Progress(0.0, "importing")
    load_libraries()
    yield Progress(0.02, "reading the header")
    check_usable(record)
    components = find_components(record, traits_of(record.family).components)
    modules = empty_modules({name: component.config for name, component in components.items()}, record)
    placed = place({name: module.state_dict() for name, module in modules.items()}, components, record)
    originals = Originals(placed)
    total = sum(stored.size for tensors in placed.values() for stored in tensors.values())
    done = 0
    for name, module in modules.items():
        state: dict[str, Tensor] = {}
        shapes = {key: tuple(tensor.shape) for key, tensor in module.state_dict().items()}
        for stage in _stages(placed[name]):
            yield Progress(0.05 + 0.95 * done / max(total, 1), f"reading {SPOKEN.get(name, name)}")
            state |= _read(stage, shapes, compute)
            done += sum(stored.size for stored in stage.values())
        module.load_state_dict(state, strict=True, assign=True)
        module.requires_grad_(False).eval()
    originals.check_unchanged()
    return _assembled(record, modules, originals, compute)


def _assembled(record: ModelRecord, modules: Mapping[str, Any], originals: Originals, compute: Compute) -> Checkpoint:
    unet, vae = modules[UNET], modules[VAE]
    if compute.is_cpu:
        # a fifth faster there; the UNet gains nothing from it
        vae.to(memory_format=torch.channels_last)
    sketcher = sketcher_for(tuple(vae.config.block_out_channels), latents_of(record.family), compute.device)
    size = sum(tensor.nbytes for module in modules.values() for tensor in module.state_dict().values())
    return Checkpoint(
        name=record.name,
        family=record.family,
        traits=traits_of(record.family),
        unet=unet,
        vae=vae,
        text_encoders={name: module for name, module in modules.items() if isinstance(module, ClipTextEncoder)},
        prediction=PREDICTIONS.get(record.prediction) or find_prediction(unet, compute),
        levels=NoiseLevels(zero_terminal=record.zero_terminal),
        blank=Blank(vae, compute) if unet.config.in_channels > INPUT_CHANNELS else None,
        sketcher=sketcher,
        compute=compute,
        size_bytes=size,
        originals=originals,
    )


def empty_modules(configs: Mapping[str, Mapping[str, Any]], record: ModelRecord) -> dict[str, Any]:
    """Modules without memory (torch's meta device), the largest first."""
    libraries = load_libraries()
    try:
        with torch.device("meta"):
            built = {
                UNET: libraries.unet.from_config(dict(configs[UNET])),
                VAE: libraries.vae.from_config(dict(configs[VAE])),
            }
            encoders = (name for name in configs if name not in built)
            return built | {name: ClipTextEncoder(configs[name]) for name in encoders}
    except (ValueError, TypeError, KeyError, IndexError, ArithmeticError, RuntimeError, NotImplementedError) as error:
        raise ModelError(
            f"No model can be built from the config that comes with it: {type(error).__name__}: {error}.",
            where=record.path,
        ) from None


def _stages(tensors: Mapping[str, Stored]) -> Generator[dict[str, Stored], None, None]:
    stage: dict[str, Stored] = {}
    size = 0
    for name, stored in tensors.items():
        stage[name] = stored
        size += stored.size
        if size >= STAGE_BYTES:
            yield stage
            stage, size = {}, 0
    if stage:
        yield stage


def _read(tensors: Mapping[str, Stored], shapes: Mapping[str, tuple[int, ...]], compute: Compute) -> dict[str, Tensor]:
    """The tensors on the device, in its dtype; on a CPU float32 ones stay where the file is mapped."""
    by_file: dict[str, list[str]] = {}
    for name, stored in tensors.items():
        by_file.setdefault(str(stored.file), []).append(name)
    state: dict[str, Tensor] = {}
    for path, names in by_file.items():
        if is_pickled(Path(path)):
            file = MappedFile(Path(path))
            for name in names:
                state[name] = _brought(tensors[name], file.at(name, tensors[name].info), shapes[name], compute)
            continue
        try:
            with safe_open(path, framework="pt", device="cpu") as opened:
                for name in names:
                    state[name] = _brought(tensors[name], opened.get_tensor(tensors[name].name), shapes[name], compute)
        except (SafetensorError, OSError) as error:
            raise ModelError(
                f"The file cannot be read: {error}.", where=path, todo="Was it changed or removed?"
            ) from None
    return state


def _brought(stored: Stored, tensor: Tensor, shape: tuple[int, ...], compute: Compute) -> Tensor:
    """A file's tensor as its module has it, on the device."""
    return stored.cut(tensor).to(compute.device, compute.dtype).reshape(shape).contiguous()
