"""Files of adapters as tensors on the CPU; what is wrong with one is said with its name, before anything is made of it."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor
from torch.nn import ParameterDict

from sdtui.errors import ModelError
from sdtui.spec.model import ModelFile
from sdtui.weights.files import describe
from sdtui.weights.header import read_header
from sdtui.weights.identify import SAFE_SUFFIXES
from sdtui.weights.stamp import stamp

UNREADABLE = (RuntimeError, ValueError, EOFError, KeyError, AttributeError, TypeError, IndexError, OSError)
"""What torch raises for a file that is cut off or was never written by it."""


class Held(NamedTuple):
    """The tensors of a file by name, and its metadata."""

    tensors: dict[str, Tensor]
    metadata: Mapping[str, str]


def check_unchanged(file: ModelFile, kind: str) -> ModelFile:
    """The file, if it is the version that the render was planned with; raises ModelError that calls it by its kind."""
    try:
        version = stamp(Path(file.path))
    except OSError as error:
        raise ModelError(f"The {kind} {file.name} cannot be read: {describe(error)}", where=file.path) from None
    if version != (file.size, file.mtime_ns):
        raise ModelError(
            f"The {kind} {file.name} has changed since this picture was planned.",
            where=file.path,
            todo="Submit the job again to render with the file as it is now.",
        )
    return file


def read_tensors(path: Path) -> Held:
    """The tensors of a safetensors file, or of a pickle that holds nothing else (below `state_dict`, if there is one).

    Raises ModelError that names the file and the defect.
    """
    if path.suffix.lower() in SAFE_SUFFIXES:
        return _read_safetensors(path)
    read = read_pickle(path)
    state = read.get("state_dict", read) if isinstance(read, Mapping) else read
    if not isinstance(state, Mapping):
        raise ModelError("The file holds no tensors.", where=str(path))
    return Held({str(name): held for name, held in state.items() if isinstance(held, Tensor)}, {})


def read_shapes(path: Path) -> Held:
    """As `read_tensors`, but from the header of a safetensors file: its tensors have shapes and no numbers."""
    if path.suffix.lower() not in SAFE_SUFFIXES:
        return read_tensors(path)
    header = read_header(path)
    return Held(
        {name: torch.empty(info.shape, device="meta") for name, info in header.tensors.items()}, header.metadata
    )


def read_pickle(path: Path) -> Any:
    """What torch saved in a file, as long as it is tensors and plain values; raises ModelError when it is more than that."""
    try:
        with torch.serialization.safe_globals([ParameterDict]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        reason = str(error).strip().splitlines()
        raise ModelError(
            "The file holds more than tensors and could run code, or is damaged; it is not opened.",
            where=str(path),
            todo=f"Convert it to .safetensors where you trust it. ({_innermost(reason)})",
        ) from None
    except UNREADABLE as error:
        raise ModelError(
            f"The file cannot be read: {(str(error).splitlines() or [''])[0]}",
            where=str(path),
            todo="Download it again.",
        ) from None


def check_finite(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Raises ModelError when a number is no number: it would make every picture black."""
    for name, tensor in tensors.items():
        if not tensor.is_floating_point() or not tensor.numel():
            continue
        # the least and the greatest are no numbers when one of all is none; thirty times as quick as looking at each
        ends = torch.aminmax(tensor.float() if tensor.itemsize < 2 else tensor)
        if not (ends.min.isfinite() and ends.max.isfinite()):
            raise ModelError(
                f"The tensor '{name[:80]}' holds numbers that are not finite.",
                where=str(path),
                todo="Download it again.",
            )


def _read_safetensors(path: Path) -> Held:
    header = read_header(path)
    try:
        with safe_open(str(path), framework="pt", device="cpu") as file:
            return Held({name: file.get_tensor(name) for name in header.tensors}, header.metadata)
    except (SafetensorError, OSError) as error:
        raise ModelError(f"The file cannot be read: {error}.", where=str(path), todo="Download it again.") from None


def _innermost(reason: list[str]) -> str:
    """The line of torch's explanation that names what it would not load."""
    named = next((line for line in reason if "Unsupported global" in line or "GLOBAL" in line), None)
    return (named or (reason[0] if reason else "no reason given")).strip().rstrip(".")[:200]
