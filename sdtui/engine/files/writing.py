"""Writes a safetensors file piece by piece, so that it appears whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import torch
from torch import Tensor

from sdtui.engine.files.mapped import MappedFile
from sdtui.errors import WorkspaceError
from sdtui.weights.header import BITS

PIECE = 4 << 20
"""Numbers that are computed and written at a time."""
ALIGNMENT = 8

Tell = Callable[[float], None]


class Output(NamedTuple):
    """One tensor to be written: its name, its dtype as safetensors names it, and its numbers, a piece at a time."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    pieces: Callable[[], Iterable[Tensor]]

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return math.prod(self.shape) * BITS[self.dtype] // 8


class Held(NamedTuple):
    """What a source becomes before anything is changed; `notes` are sentences that are worth knowing."""

    outputs: list[Output]
    metadata: Mapping[str, str]
    notes: tuple[str, ...] = ()


def mapped(file: MappedFile, name: str) -> Callable[[], Iterator[Tensor]]:
    """The pieces of a file's tensor, as it is."""
    return lambda: pieces_of(file.tensor(name))


def pieces_of(tensor: Tensor) -> Iterator[Tensor]:
    """The numbers of a tensor in order, some at a time, each piece (numbers,)."""
    flat = tensor.reshape(-1)
    for start in range(0, flat.numel(), PIECE):
        yield flat[start : start + PIECE]


def write_safetensors(
    path: Path, outputs: Sequence[Output], metadata: Mapping[str, str], *, overwrite: bool, tell: Tell
) -> None:
    """Write the tensors, those with the widest numbers first; `tell` is told the share that is done.

    Written under another name first and renamed when it is whole and on the disk. Raises WorkspaceError when the file exists
    (unless `overwrite`), another process writes it, or the disk has no room.
    """
    if path.is_dir():
        raise WorkspaceError("This is a folder.", where=str(path), todo="Name a file in it.")
    if path.exists() and not overwrite:
        raise WorkspaceError("This file exists.", where=str(path), todo="Choose another name, or say --force.")
    ordered = sorted(outputs, key=lambda output: (-BITS[output.dtype], output.name))
    header = _header(ordered, metadata)
    part = path.with_name(f".{path.name}.part")
    try:
        _refuse_full_disk(path, len(header) + sum(output.size for output in ordered))
        with part.open("ab") as file:
            _own(file, path)
            try:
                file.truncate(0)
                file.write(header)
                _write(file, ordered, tell)
                os.fsync(file.fileno())
                _place(part, path, overwrite=overwrite)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        raise WorkspaceError(f"The file cannot be written: {error.strerror or error}.", where=str(path)) from None


def _header(outputs: Sequence[Output], metadata: Mapping[str, str]) -> bytes:
    table: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for output in outputs:
        start, end = end, end + output.size
        table[output.name] = {"dtype": output.dtype, "shape": list(output.shape), "data_offsets": [start, end]}
    raw = json.dumps(table, separators=(",", ":"), ensure_ascii=False).encode()
    raw += b" " * (-len(raw) % ALIGNMENT)
    return struct.pack("<Q", len(raw)) + raw


def _write(file: BinaryIO, outputs: Sequence[Output], tell: Tell) -> None:
    total = sum(output.size for output in outputs) or 1
    done = 0
    for output in outputs:
        before = done
        for piece in output.pieces():
            data = piece.contiguous().view(torch.uint8).numpy()
            file.write(memoryview(data))  # type: ignore[arg-type]
            done += data.nbytes
            tell(done / total)
        if done - before != output.size:
            raise AssertionError(f"{output.name} has {done - before} bytes instead of {output.size}")
    file.flush()


def _own(file: BinaryIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise WorkspaceError("Another process is writing this file.", where=str(path)) from None


def _refuse_full_disk(path: Path, size: int) -> None:
    status = os.statvfs(path.parent)
    room = status.f_bavail * status.f_frsize
    if room < size:
        raise WorkspaceError(
            f"The file needs {size / 1e9:.1f} GB, and the disk has {room / 1e9:.1f} GB left.", where=str(path)
        )


def _place(part: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        part.replace(path)
    else:
        try:
            path.hardlink_to(part)
        except FileExistsError:
            raise WorkspaceError("This file exists.", where=str(path), todo="Somebody made it meanwhile.") from None
        except OSError:
            # a file system without links
            part.rename(path)
    with contextlib.suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
