"""What the tensors of a LoRA are called: which module one belongs to, and which part of the change it is.

kohya and LyCORIS write `lora_unet_down_blocks_0_…_to_q.lora_down.weight`, with the blocks of diffusers or of the original
UNet (`input_blocks_1_1_…`); diffusers and PEFT write `unet.down_blocks.0.….to_q.lora_A.weight`, in several spellings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from torch import Tensor, nn

from sdtui.engine.keys import TEXT_ENCODER, UNET, UNET_PREFIX, original_naming
from sdtui.engine.traits import Traits


class Place(NamedTuple):
    """A module of a checkpoint: which component, and its path in it."""

    component: str
    path: str


PARTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern + "$"), part)
    for pattern, part in (
        (r"\.lora_down\.weight", "down"),
        (r"\.lora_up\.weight", "up"),
        (r"\.lora_mid\.weight", "mid"),
        (r"\.lora_A(?:\.\w+)?\.weight", "down"),
        (r"\.lora_B(?:\.\w+)?\.weight", "up"),
        (r"[._]lora(?:_linear_layer)?\.down\.weight", "down"),
        (r"[._]lora(?:_linear_layer)?\.up\.weight", "up"),
        (r"\.lora_magnitude_vector(?:\.\w+)?(?:\.weight)?", "dora_scale"),
        (r"\.dora_scale", "dora_scale"),
        (r"\.alpha", "alpha"),
        (r"\.scale", "scale"),
        (r"\.(hada_[wt][12](?:_[ab])?)", ""),
        (r"\.(lokr_[wt][12](?:_[ab])?)", ""),
        (r"\.(diff|diff_b|w_norm|b_norm|rescale)", ""),
        (r"\.(oft_blocks)", ""),
        (r"\.oft_diag", "oft_blocks"),
        (r"\.([ab][12])\.weight", ""),
    )
)
"""How the end of a tensor's name says which part it is; without a word of its own it is what the group holds."""
KOHYA_UNET = ("lora_unet_", "oft_unet_", "lycoris_unet_")
KOHYA_TEXT = ("lora_te", "oft_te", "lycoris_te")
WRAPPERS = ("base_model.model.", "diffusion_model.", "model.diffusion_model.")
"""What stands before the module's own path when a whole wrapped model was saved."""


def split(name: str) -> tuple[str, str] | None:
    """The module's written name and the part, of a tensor's name; None when it is no part of a LoRA."""
    for pattern, part in PARTS:
        if found := pattern.search(name):
            return name[: found.start()], part or found[1]
    return None


def group(tensors: Mapping[str, Tensor]) -> tuple[dict[str, dict[str, Tensor]], list[str]]:
    """The tensors by the written names of their modules and by parts; and the names that are no part of a LoRA."""
    modules: dict[str, dict[str, Tensor]] = {}
    strange: list[str] = []
    for name, tensor in tensors.items():
        found = split(name)
        if found is None:
            strange.append(name)
        else:
            modules.setdefault(found[0], {})[found[1]] = tensor
    return modules, strange


class Host(Protocol):
    """What has modules to be found: a checkpoint, or what is known of one before it is loaded."""

    @property
    def name(self) -> str:
        """What errors call it."""

    @property
    def traits(self) -> Traits:
        """Its family's."""

    @property
    def modules(self) -> Mapping[str, Any]:
        """Every module by the name of its component."""


class Places:
    """Finds the modules of one checkpoint by every name that files have for them."""

    def __init__(self, host: Host) -> None:
        encoders = text_encoders(host)
        self._places = dict(_unet_names(host.modules[UNET]))
        for number, encoder in enumerate(encoders, 1):
            self._places |= dict(_text_names(encoder, number, alone=len(encoders) == 1))

    def find(self, written: str) -> Place | None:
        """The module of this name."""
        name = written
        for wrapper in WRAPPERS:
            name = name.removeprefix(wrapper)
        name = name.replace(".processor.", ".")
        return self._places.get(name) or self._places.get(f"{name}.0")


def text_encoders(host: Host) -> list[Any]:
    """The text encoders of a checkpoint, in the order in which files count them."""
    return [host.modules[name] for name in _encoder_names(host)]


def component(host: Host, name: str) -> Any:
    """The module that a place's component names."""
    return host.modules[component_name(host, name)]


def component_name(host: Host, name: str) -> str:
    """What the checkpoint calls a place's component."""
    return UNET if name == UNET else _encoder_names(host)[int(name.removeprefix(TEXT_ENCODER)) - 1]


def _encoder_names(host: Host) -> list[str]:
    return [reader.component for reader in host.traits.readers if reader.component in host.modules]


def _unet_names(unet: Any) -> Iterator[tuple[str, Place]]:
    original = original_naming(UNET, unet.config)
    for path in _weighted(unet):
        place = Place(UNET, path)
        theirs = original(f"{path}.weight")[0].removeprefix(UNET_PREFIX).removesuffix(".weight")
        for spelled in {path, theirs}:
            yield spelled, place
            yield f"unet.{spelled}", place
            for prefix in KOHYA_UNET:
                yield prefix + spelled.replace(".", "_"), place


def _text_names(encoder: Any, number: int, *, alone: bool) -> Iterator[tuple[str, Place]]:
    for path in _weighted(encoder):
        place = Place(f"{TEXT_ENCODER}{number}", path)
        for spelled in (f"text_model.{path}", path):
            names = ["text_encoder"] if number == 1 else [f"text_encoder_{number}"]
            for name in names:
                yield f"{name}.{spelled}", place
            for prefix in KOHYA_TEXT:
                counts = [str(number), ""] if alone else [str(number)]
                for count in counts:
                    yield f"{prefix}{count}_{spelled.replace('.', '_')}", place


def _weighted(module: nn.Module) -> Iterable[str]:
    return [path for path, part in module.named_modules() if path and isinstance(getattr(part, "weight", None), Tensor)]
