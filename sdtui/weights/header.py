"""Reads the header of a safetensors file, trusting nothing in it; no tensor is touched."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta, Raw, Struct

from sdtui.errors import ModelError
from sdtui.weights.files import open_regular, read_exactly
from sdtui.weights.metadata import trim_metadata

HEADER_LIMIT = 16 * 2**20
"""Longest header that is read, in bytes."""
DIMENSION_LIMIT = 2**40
"""Largest extent of one dimension of a tensor."""
RANK_LIMIT = 16
"""Most dimensions of a tensor."""
PREFIX = 8
METADATA = "__metadata__"

BITS = {
    **dict.fromkeys(("F4",), 4),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E5M2FNUZ", "F8_E4M3FNUZ"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
}
"""Bits of one element by the name of its dtype."""

FOREIGN_STARTS = (
    (b"version https://git-lfs", "This is a Git LFS pointer, not the model itself.", "Fetch it with `git lfs pull`."),
    (b"<", "This is a web page, not a model.", "Download it again; the site may want you to log in."),
    (b"PK\x03\x04", "This is a zip archive (a pickled checkpoint, perhaps), not safetensors.", ""),
    (b"\x80\x02", "This is a pickle, not safetensors.", ""),
    (b"GGUF", "This is a GGUF file, not safetensors.", ""),
)
"""What people find under the name of a model: first bytes, sentence, advice."""


class TensorInfo(NamedTuple):
    """One tensor as the header describes it; its bytes are `start`..`end`, counted from the beginning of the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """The tensors of a file by name, in file order of the header, and its metadata (see `trim_metadata`)."""

    tensors: dict[str, TensorInfo]
    metadata: dict[str, str]


_Extent = Annotated[int, Meta(ge=0, le=DIMENSION_LIMIT)]
_Offset = Annotated[int, Meta(ge=0)]


class _Entry(Struct, frozen=True, forbid_unknown_fields=True):
    dtype: str
    shape: Annotated[tuple[_Extent, ...], Meta(max_length=RANK_LIMIT)]
    data_offsets: tuple[_Offset, _Offset]


_ENTRY = msgspec.json.Decoder(_Entry)
_TABLE = msgspec.json.Decoder(dict[str, Raw])
_TEXTS = msgspec.json.Decoder(dict[str, str])


def read_header(path: Path) -> Header:
    """The header of a safetensors file; raises ModelError that names the file and the defect.

    Checked: header inside the file and ≤ 16 MiB; every shape, dtype and extent fits the others; the tensors cover the
    data exactly, without gap or overlap; no key twice. Metadata is kept to 4 MiB.
    """
    with open_regular(path) as file:
        prefix = read_exactly(file, PREFIX, path)
        size = file.seek(0, 2)
        length = _header_length(prefix, size, path)
        file.seek(PREFIX)
        raw = read_exactly(file, length, path)
    if len(raw) < length:
        raise ModelError("The file became shorter while it was read.", where=str(path))
    try:
        return _parse(raw, size)
    except ModelError as error:
        raise ModelError(error.what, where=str(path), todo=error.todo) from None


def _header_length(prefix: bytes, size: int, path: Path) -> int:
    if len(prefix) < PREFIX:
        what = "The file is empty." if not prefix else f"The file has {size} bytes, too few for a safetensors file."
        raise ModelError(what, where=str(path), todo="Download it again.")
    (length,) = struct.unpack("<Q", prefix)
    if length > HEADER_LIMIT:
        # only now: a sound header's length may begin with any of these bytes
        for start, what, todo in FOREIGN_STARTS:
            if prefix.startswith(start[:PREFIX]):
                raise ModelError(what, where=str(path), todo=todo)
        raise ModelError(
            f"This is no safetensors file, or its header is broken: it claims {length:,} bytes.", where=str(path)
        )
    if PREFIX + length > size:
        raise ModelError(
            f"The file ends inside its header ({size:,} of at least {PREFIX + length:,} bytes).",
            where=str(path),
            todo="Download it again.",
        )
    return int(length)


def _parse(raw: bytes, size: int) -> Header:
    if not raw.startswith(b"{"):
        raise ModelError("This is no safetensors file: its header does not begin with '{'.")
    name = ""
    entries: dict[str, _Entry] = {}
    try:
        table = _TABLE.decode(raw)
        metadata = _TEXTS.decode(table.pop(METADATA)) if METADATA in table else None
        for name, entry in table.items():
            entries[name] = _ENTRY.decode(entry)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        where = f" at tensor '{name[:80]}'" if name else ""
        raise ModelError(f"The header cannot be read{where}: {error}.") from None
    _refuse_duplicates(raw, len(entries), metadata)
    data_start = PREFIX + len(raw)
    tensors = {name: _tensor(name, entry, data_start) for name, entry in entries.items()}
    _refuse_gaps(tensors, data_start, size)
    return Header(tensors=tensors, metadata=trim_metadata(metadata or {}))


def _refuse_duplicates(raw: bytes, count: int, metadata: dict[str, str] | None) -> None:
    """Raises ModelError when a key stands twice: JSON keeps the last one, and two readers may disagree on which counts.

    Every string of a valid header is accounted for: a tensor has five (name, three fields, dtype), a metadata entry two.
    Whatever a repeated key hides adds to the quotes that are counted.
    """
    expected = 5 * count + (1 + 2 * len(metadata) if metadata is not None else 0)
    quotes = raw.replace(b"\\\\", b"").replace(b'\\"', b"").count(b'"')
    if quotes != 2 * expected:
        raise ModelError("The header names a key twice.")


def _tensor(name: str, entry: _Entry, data_start: int) -> TensorInfo:
    bits = BITS.get(entry.dtype)
    if bits is None:
        raise ModelError(f"Tensor '{name[:80]}' has the unknown dtype '{entry.dtype[:20]}'.")
    start, end = entry.data_offsets
    if end < start:
        raise ModelError(f"Tensor '{name[:80]}' ends before it begins.")
    if math.prod(entry.shape) * bits != 8 * (end - start):
        raise ModelError(
            f"Tensor '{name[:80]}' of shape {'×'.join(map(str, entry.shape)) or '1'} and dtype {entry.dtype}"
            f" does not fill its {end - start:,} bytes."
        )
    return TensorInfo(entry.dtype, entry.shape, data_start + start, data_start + end)


def _refuse_gaps(tensors: dict[str, TensorInfo], data_start: int, size: int) -> None:
    """Raises ModelError unless the tensors lie end to end from the header to the end of the file."""
    covered = data_start
    for name, tensor in _by_place(tensors):
        if tensor.start != covered:
            what = "overlaps the one before it" if tensor.start < covered else "leaves a gap before it"
            raise ModelError(f"Tensor '{name[:80]}' {what}.")
        covered = tensor.end
    if covered > size:
        raise ModelError(f"The file is cut off: {size:,} of {covered:,} bytes are there.", todo="Download it again.")
    if covered < size:
        raise ModelError(f"The file has {size - covered:,} bytes at its end that belong to no tensor.")


def _by_place(tensors: dict[str, TensorInfo]) -> Iterable[tuple[str, TensorInfo]]:
    return sorted(tensors.items(), key=lambda item: (item[1].start, item[1].end))
