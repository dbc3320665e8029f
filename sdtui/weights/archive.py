"""Reads what a pickled checkpoint holds without running it: names, shapes and places of its tensors, as from a safetensors header.

A pickle is a program, and opening one runs it. This reader knows the few calls that a file of tensors is made of, by name, and
answers them with descriptions; whatever else a pickle wants to call is refused or, where training tools are known to leave it
behind, replaced by something that does nothing. Nothing is imported and nothing of torch is needed.
"""

from __future__ import annotations

import io
import math
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sdtui.errors import ModelError
from sdtui.weights.files import open_regular
from sdtui.weights.header import BITS, Header, TensorInfo, read_header

PICKLE_SUFFIXES = (".ckpt", ".pt", ".pth", ".bin")
PROGRAM_LIMIT = 64 * 2**20
"""Longest pickle that is read, in bytes; the tensors lie outside it."""
LOCAL_HEADER = 30
STORAGES: Mapping[str, str] = {
    "FloatStorage": "F32",
    "HalfStorage": "F16",
    "BFloat16Storage": "BF16",
    "DoubleStorage": "F64",
    "LongStorage": "I64",
    "IntStorage": "I32",
    "ShortStorage": "I16",
    "CharStorage": "I8",
    "ByteStorage": "U8",
    "BoolStorage": "BOOL",
}
HARMLESS: tuple[tuple[str, str], ...] = (
    ("pytorch_lightning.", ""),
    ("lightning.", ""),
    ("omegaconf.", ""),
    ("numpy", "scalar"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy", "_reconstruct"),
    ("_codecs", "encode"),
    ("__builtin__", "set"),
    ("builtins", "set"),
    ("typing", "Any"),
    ("collections", "defaultdict"),
    ("__builtin__", "dict"),
    ("builtins", "dict"),
    ("__builtin__", "int"),
    ("builtins", "int"),
    ("__builtin__", "list"),
    ("builtins", "list"),
    ("torch.optim", ""),
)
"""Module (its beginning) and name (any when empty) of what training leaves in checkpoints; none of it is called."""
_FAULTS = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


class _Storage(NamedTuple):
    """A run of numbers in the archive."""

    dtype: str
    key: str
    numbers: int


class _Tensor(NamedTuple):
    """A tensor as the pickle describes it; offset and strides in numbers."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Inert:
    """Stands for what is not called: takes everything, does nothing."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass

    def __setitem__(self, _: object, __: object) -> None:
        pass

    def append(self, _: object) -> None:
        """Take an element."""

    def extend(self, _: object) -> None:
        """Take elements."""

    def add(self, _: object) -> None:
        """Take an element."""


def _tensor(storage: object, offset: object, shape: object, strides: object, *_: object) -> _Tensor:
    """torch._utils._rebuild_tensor_v2, without a tensor."""
    if not isinstance(storage, _Storage) or not isinstance(offset, int):
        raise pickle.UnpicklingError("a tensor without a storage")
    return _Tensor(storage, offset, _extents(shape), _extents(strides))


def _parameter(data: object, *_: object) -> object:
    """torch._utils._rebuild_parameter: the tensor itself."""
    return data


def _extents(numbers: object) -> tuple[int, ...]:
    if not isinstance(numbers, tuple) or not all(isinstance(number, int) and number >= 0 for number in numbers):
        raise pickle.UnpicklingError("a tensor of a senseless shape")
    return numbers


CALLS: Mapping[tuple[str, str], Callable[..., object]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch", "Size"): tuple,
}


class _Reader(pickle._Unpickler):
    # the one written in Python: a pickle can make the other one allocate what it likes
    """Runs a pickle's program with nothing to call but CALLS."""

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the pickle stands for; raises ModelError for one that has no business in a checkpoint."""
        if (module, name) in CALLS:
            return CALLS[module, name]
        if module in {"torch", "torch.storage"} and name in STORAGES:
            return STORAGES[name]
        if any(module.startswith(start) and name.startswith(wanted) for start, wanted in HARMLESS):
            return _Inert
        raise ModelError(
            f"The pickle wants to call {module[:60]}.{name[:60]}, which has no business in a checkpoint. It was not run.",
            todo="Do not open this file with other programs either: it may be meant to do harm.",
        )

    def persistent_load(self, pid: Any) -> _Storage:
        """A storage: ("storage", kind, key, where it was, numbers)."""
        if not isinstance(pid, tuple) or len(pid) != 5 or pid[0] != "storage":
            raise pickle.UnpicklingError("an unknown kind of reference")
        _, dtype, key, _, count = pid
        if not isinstance(dtype, str) or not isinstance(key, str) or not isinstance(count, int):
            raise pickle.UnpicklingError("a senseless storage")
        return _Storage(dtype, key, count)


def is_pickled(path: Path) -> bool:
    """The name is that of a pickled file."""
    return path.suffix.lower() in PICKLE_SUFFIXES


def read_either(path: Path) -> Header:
    """The header of a safetensors file, or what stands for one in a pickled file; raises ModelError."""
    return read_archive(path) if is_pickled(path) else read_header(path)


def read_archive(path: Path) -> Header:
    """The tensors of a checkpoint that torch saved, by name; raises ModelError when it is another file or wants to run code.

    Read are zip archives (torch ≥ 1.6); tensors below `state_dict` if there is one. The bytes of a tensor are in the file as
    they would be in a safetensors file.
    """
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            program = _program(archive)
            held = _Reader(io.BytesIO(archive.read(program))).load()
            folder = program.filename.removesuffix("data.pkl")
            tensors = {name: _place(name, tensor, archive, folder, file) for name, tensor in _tensors(held).items()}
    except ModelError as error:
        raise ModelError(error.what, where=str(path), todo=error.todo) from None
    except (zipfile.BadZipFile, NotImplementedError, OSError):
        raise ModelError(
            "This is no pickled checkpoint that can be read: no zip archive of torch.",
            where=str(path),
            todo="Files of torch before 1.6 must be saved again by a newer one; a broken download must be repeated.",
        ) from None
    except _FAULTS as error:
        raise ModelError(f"The pickle cannot be read: {error or type(error).__name__}.", where=str(path)) from None
    return Header(tensors=tensors, metadata={})


def _program(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The pickle itself; raises ModelError when there is none, or it is unreasonably long."""
    found = next((info for info in archive.infolist() if info.filename.split("/")[-1] == "data.pkl"), None)
    if found is None:
        raise ModelError("The zip archive holds no data.pkl, so torch did not save it.")
    if found.file_size > PROGRAM_LIMIT:
        raise ModelError(f"Its pickle is longer than {PROGRAM_LIMIT >> 20} MiB.")
    return found


def _tensors(held: object) -> dict[str, _Tensor]:
    """The tensors of a dictionary, or of the one that it holds as `state_dict`."""
    inner = held.get("state_dict", held) if isinstance(held, dict) else held
    if not isinstance(inner, dict):
        raise ModelError("The pickle holds no dictionary of tensors.")
    return {name: value for name, value in inner.items() if isinstance(name, str) and isinstance(value, _Tensor)}


def _place(name: str, tensor: _Tensor, archive: zipfile.ZipFile, folder: str, file: io.FileIO) -> TensorInfo:
    """Where in the file a tensor's bytes are; raises ModelError unless they lie there in order and whole."""
    dtype, key, _ = tensor.storage
    if not _is_plain(tensor):
        raise ModelError(f"Tensor '{name[:80]}' does not lie in one piece.", todo="Save the model as safetensors.")
    if dtype not in STORAGES.values():
        raise ModelError(f"Tensor '{name[:80]}' has an unknown kind of storage.")
    entry = archive.getinfo(f"{folder}data/{key}")
    if entry.compress_type != zipfile.ZIP_STORED:
        raise ModelError(f"Tensor '{name[:80]}' is compressed.")
    file.seek(entry.header_offset + LOCAL_HEADER - 4)
    name_length, extra_length = struct.unpack("<HH", file.read(4))
    begin = entry.header_offset + LOCAL_HEADER + name_length + extra_length
    width = BITS[dtype] // 8
    start = begin + tensor.offset * width
    end = start + math.prod(tensor.shape) * width
    if end > begin + entry.file_size or end > file.seek(0, 2):
        raise ModelError(f"Tensor '{name[:80]}' is longer than its storage.")
    return TensorInfo(dtype, tensor.shape, start, end)


def _is_plain(tensor: _Tensor) -> bool:
    """Its numbers lie one after another, the last axis the quickest."""
    step = 1
    for extent, stride in zip(reversed(tensor.shape), reversed(tensor.strides), strict=True):
        if extent > 1 and stride != step:
            return False
        step *= extent
    return True
