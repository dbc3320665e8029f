"""A checkpoint as a single safetensors file in the original layout."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from sdtui.engine.files.mapped import DTYPES, MappedFile
from sdtui.engine.files.writing import Held, Output, Tell, mapped, write_safetensors
from sdtui.errors import ModelError, UsageError
from sdtui.weights.archive import is_pickled
from sdtui.weights.folder import is_model_folder

WIDE = ("F32", "F64")
"""What `half` makes F16 of."""


class Made(NamedTuple):
    """What was written: its path, and sentences that are worth knowing."""

    path: Path
    notes: tuple[str, ...] = ()


class Overflow:
    """Counts what was too large for half precision."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def halved(self, name: str, piece: Tensor) -> Tensor:
        """A piece in half precision."""
        made = piece.to(torch.float16)
        if not made.isfinite().all() and piece.isfinite().all():
            self.names.add(name)
        return made

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence when there was any."""
        if not self.names:
            return ()
        return (f"Numbers of {len(self.names)} tensors are too large for half precision ({min(self.names)}, …).",)


def convert(source: Path, target: Path, *, half: bool, overwrite: bool, tell: Tell) -> Made:
    """Write a .ckpt, a diffusers folder, or (with `half`) a safetensors file as a single safetensors file.

    Metadata stays; `half` makes F16 of wider numbers. Raises ModelError, UsageError or WorkspaceError with what is wrong.
    """
    if source.is_dir():
        if not is_model_folder(source):
            raise ModelError("The folder holds no model_index.json, so it is no model.", where=str(source))
        # imports the modules' namings, which a file does not need
        from sdtui.engine.files.gather import gather

        held = gather(source)
    else:
        if not (half or is_pickled(source)):
            raise UsageError(
                f"{source.name} is safetensors already.",
                todo="With --half it becomes smaller, if it is in full precision.",
            )
        held = _of_file(MappedFile(source))
    overflow = Overflow()
    outputs = [_halved(output, overflow) if half else output for output in held.outputs]
    write_safetensors(target, outputs, held.metadata, overwrite=overwrite, tell=tell)
    return Made(target, (*held.notes, *overflow.notes))


def _of_file(file: MappedFile) -> Held:
    if not file.infos:
        raise ModelError("The file holds no tensors.", where=str(file.path))
    for name, info in file.infos.items():
        if info.dtype not in DTYPES:
            raise ModelError(f"Tensor '{name[:80]}' has the dtype {info.dtype}.", where=str(file.path))
    outputs = [Output(name, info.dtype, info.shape, mapped(file, name)) for name, info in file.infos.items()]
    return Held(outputs, file.metadata)


def _halved(output: Output, overflow: Overflow) -> Output:
    if output.dtype not in WIDE:
        return output
    return output._replace(
        dtype="F16", pieces=lambda: (overflow.halved(output.name, piece) for piece in output.pieces())
    )
