"""Whether LoRAs fit a checkpoint, told from names and shapes alone: before time is spent on loading it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sdtui.engine.adapters.lora import check_lora
from sdtui.engine.adapters.names import Places
from sdtui.engine.checkpoint import empty_modules
from sdtui.engine.stored import find_components
from sdtui.engine.traits import Traits, traits_of
from sdtui.spec.adapter import Network
from sdtui.spec.model import ModelFile
from sdtui.weights.families import UNKNOWN
from sdtui.weights.identify import identify


class _Skeleton(NamedTuple):
    """A checkpoint's modules without memory."""

    name: str
    traits: Traits
    modules: Mapping[str, Any]


class Foresight:
    """Checks what a checkpoint that is about to be loaded shall be given, once."""

    def __init__(self) -> None:
        self._checked: tuple[Any, ...] = ()

    def check(self, model: ModelFile, networks: Sequence[Network]) -> None:
        """Raises ModelError that names file and reason when a LoRA whose family its header does not tell cannot be merged.

        The others were judged by their family when the picture was planned.
        """
        asked = (model.version, *(network.key for network in networks))
        if asked == self._checked:
            return
        loras = [network.file for network in networks if network.kind == "lora"]
        untold = [file for file in loras if identify(Path(file.path), expected="lora").family == UNKNOWN]
        if untold and (skeleton := _skeleton(model)) is not None:
            places = Places(skeleton)
            for file in untold:
                check_lora(file, skeleton, places)
        self._checked = asked


def _skeleton(model: ModelFile) -> _Skeleton | None:
    """None where loading will say what is wrong with the checkpoint."""
    record = identify(Path(model.path))
    if record.problem or record.kind != "checkpoint":
        return None
    traits = traits_of(record.family)
    configs = {name: component.config for name, component in find_components(record, traits.components).items()}
    return _Skeleton(model.name, traits, empty_modules(configs, record))
