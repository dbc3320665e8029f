"""Where each tensor of a checkpoint's modules lies on the disk, checked against the modules before anything is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from sdtui.engine.keys import (
    TEXT_ENCODER,
    WHOLE,
    Cut,
    Naming,
    cut_of,
    diffusers_naming,
    harmless,
    original_naming,
    unread_layer,
)
from sdtui.errors import ModelError
from sdtui.spec.model import ModelRecord
from sdtui.weights.archive import read_either
from sdtui.weights.configs import family_config
from sdtui.weights.folder import read_object
from sdtui.weights.header import TensorInfo, read_header
from sdtui.weights.stamp import part_files

NAMED_IN_ERRORS = 3

Config = Mapping[str, Any]


class Stored(NamedTuple):
    """One tensor in a file, or a part of it."""

    file: Path
    name: str
    info: TensorInfo
    part: Cut = WHOLE

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape, that of the part."""
        shape = self.info.shape
        if self.part.third is not None:
            return (shape[0] // 3, *shape[1:])
        return shape[::-1] if self.part.transposed else shape

    @property
    def size(self) -> int:
        """How many bytes of the file it is."""
        return (self.info.end - self.info.start) // (1 if self.part.third is None else 3)

    def cut(self, tensor: Tensor) -> Tensor:
        """The part of the file's whole tensor."""
        if self.part.third is not None:
            rows = tensor.shape[0] // 3
            return tensor[self.part.third * rows : (self.part.third + 1) * rows]
        return tensor.T if self.part.transposed else tensor


class Component(NamedTuple):
    """One module as it lies on the disk: its config, how its tensors are called, and the tensors that may be its own."""

    config: Config
    naming: Naming
    tensors: Mapping[str, Stored]


def check_usable(record: ModelRecord) -> None:
    """Raises ModelError when a record is no checkpoint's, or says why the checkpoint cannot be used."""
    if record.problem:
        raise ModelError(record.problem, where=record.path)
    if record.kind != "checkpoint":
        raise ModelError(f"This is no checkpoint; it looks like: {record.kind}.", where=record.path)


def find_components(record: ModelRecord, names: tuple[str, ...]) -> dict[str, Component]:
    """The components of these names of a checkpoint; raises ModelError when the file or folder cannot be used."""
    return _in_folder(Path(record.path), names) if record.layout == "diffusers" else _in_file(record, names)


def place(
    expected: Mapping[str, Mapping[str, Tensor]], components: Mapping[str, Component], record: ModelRecord
) -> dict[str, dict[str, Stored]]:
    """For every module its tensors by the module's own names.

    `expected`: state dicts of the empty modules. Raises ModelError that names the first tensors that are missing, left
    over or of another shape, and what family the file looks like.
    """
    placed: dict[str, dict[str, Stored]] = {}
    missing: list[str] = []
    misshapen: list[str] = []
    for component, wanted in expected.items():
        _, naming, tensors = components[component]
        placed[component] = {}
        for name, tensor in wanted.items():
            candidates = naming(name)
            found = next((tensors[candidate] for candidate in candidates if candidate in tensors), None)
            if found is None:
                missing.append(candidates[0])
                continue
            found = found._replace(part=cut_of(name, found.name))
            if _fits(found.shape, tuple(tensor.shape)):
                placed[component][name] = found
            else:
                misshapen.append(f"{found.name} is {_shape(found.shape)} instead of {_shape(tuple(tensor.shape))}")
    used = {(stored.file, stored.name) for tensors in placed.values() for stored in tensors.values()}
    held = {(stored.file, stored.name) for component in components.values() for stored in component.tensors.values()}
    encoder = components.get(TEXT_ENCODER)
    unread = unread_layer(record.family, encoder.config) if encoder else ""
    extra = sorted(name for _, name in held - used if not (harmless(name) or (unread and name.startswith(unread))))
    problems = [("is missing", "are missing", missing), ("has another shape", "have another shape", misshapen)]
    if not misshapen:
        problems.append(("is not known", "are not known", extra))
    sentences = [_problem(*problem) for problem in problems if problem[2]]
    if sentences:
        raise ModelError(
            f"The checkpoint cannot be loaded as {record.family}: " + "; ".join(sentences) + ".",
            where=record.path,
            todo=f"By its header it looks like {record.family}; a damaged or merged file can be downloaded or merged again.",
        )
    return placed


def _in_file(record: ModelRecord, names: tuple[str, ...]) -> dict[str, Component]:
    path = Path(record.path)
    configs = record.architecture or family_config(record.family)
    tensors = {name: Stored(path, name, info) for name, info in read_either(path).tensors.items()}
    found: dict[str, Component] = {}
    for component in names:
        config = configs.get(component)
        if not isinstance(config, Mapping):
            raise ModelError(f"The architecture in the file's metadata has no '{component}'.", where=record.path)
        found[component] = Component(config, original_naming(component, config, record.family), tensors)
    return found


def _in_folder(folder: Path, names: tuple[str, ...]) -> dict[str, Component]:
    found: dict[str, Component] = {}
    for component in names:
        config = read_object(folder / component / "config.json")
        files = part_files(folder, component)
        if not files:
            raise ModelError("The folder has no .safetensors weights.", where=str(folder / component))
        tensors = {name: Stored(file, name, info) for file in files for name, info in read_header(file).tensors.items()}
        found[component] = Component(config, diffusers_naming(component), tensors)
    return found


def _fits(held: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Equal, or a 1×1 convolution where a linear layer is wanted (the attention of original VAEs), or the reverse."""
    return held == wanted or _trimmed(held) == _trimmed(wanted)


def _trimmed(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape[:2] if shape[2:] == (1, 1) else shape


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a number"


def _problem(one: str, many: str, names: list[str]) -> str:
    listed = ", ".join(names[:NAMED_IN_ERRORS]) + (", …" if len(names) > NAMED_IN_ERRORS else "")
    return f"1 tensor {one} ({listed})" if len(names) == 1 else f"{len(names)} tensors {many} ({listed})"
