"""A checkpoint's weights as its files hold them, to be put back where something was merged into them."""

from __future__ import annotations

import math
import os
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from sdtui.engine.files.mapped import DTYPES
from sdtui.engine.stored import Stored
from sdtui.errors import ModelError
from sdtui.weights.files import describe, open_regular
from sdtui.weights.stamp import Stamp


class OriginalsGoneError(ModelError):
    """A checkpoint's file was written over while something was merged: the weights in memory can no longer be made right."""


class Changed(NamedTuple):
    """A tensor of a module whose values are to be its own again."""

    component: str
    name: str
    tensor: Tensor


class _Source(NamedTuple):
    descriptor: int
    version: Stamp


class Originals:
    """Keeps the files of a checkpoint open, so that one that is removed or replaced by another can be read still.

    `placed`: for every component where its tensors lie, by the module's own names.
    """

    def __init__(self, placed: Mapping[str, Mapping[str, Stored]]) -> None:
        """Raises ModelError when a file cannot be opened."""
        self._placed = placed
        self._sources: dict[Path, _Source] = {}
        for path in sorted({stored.file for tensors in placed.values() for stored in tensors.values()}):
            with open_regular(path) as file:
                descriptor = os.dup(file.fileno())
            weakref.finalize(self, os.close, descriptor)
            self._sources[path] = _Source(descriptor, _version(os.fstat(descriptor)))

    def check_unchanged(self) -> None:
        """Raises ModelError unless the files, by their paths, are those that were opened, as they were then."""
        for path, source in self._sources.items():
            try:
                there = path.stat()
            except OSError as error:
                raise ModelError(describe(error), where=str(path)) from None
            if not os.path.samestat(there, os.fstat(source.descriptor)) or _version(there) != source.version:
                raise ModelError(
                    "The file changed while it was read.",
                    where=str(path),
                    todo="Submit the job again when it is whole.",
                )

    def put_back(self, changed: Iterable[Changed]) -> None:
        """Give tensors the values that loading gave them, bit for bit; they are read one at a time.

        Raises OriginalsGoneError when a file was written over or cannot be read: some of the tensors are right then, some not.
        """
        buffer = bytearray()
        for component, name, tensor in changed:
            stored = self._placed[component][name]
            length = stored.info.end - stored.info.start
            if len(buffer) < length:
                buffer = bytearray(length)
            self._read(stored, memoryview(buffer)[:length])
            if length:
                held = torch.frombuffer(buffer, dtype=DTYPES[stored.info.dtype], count=math.prod(stored.info.shape))
                tensor.copy_(stored.cut(held.view(stored.info.shape)).reshape(tensor.shape))
        # only now: what was read before a change that came in between is right, too
        for path, source in self._sources.items():
            if _version(os.fstat(source.descriptor)) != source.version:
                raise _gone(path)

    def _read(self, stored: Stored, into: memoryview) -> None:
        """The bytes of the whole tensor."""
        descriptor, done = self._sources[stored.file].descriptor, 0
        while done < len(into):
            try:
                count = os.preadv(descriptor, [into[done:]], stored.info.start + done)
            except OSError:
                count = 0
            if count == 0:
                raise _gone(stored.file)
            done += count


def _gone(path: Path) -> OriginalsGoneError:
    return OriginalsGoneError(
        "The file was written over while the model was in use.",
        where=str(path),
        todo="Submit the job again to render with the file as it is now.",
    )


def _version(status: os.stat_result) -> Stamp:
    return Stamp(status.st_size, status.st_mtime_ns)
