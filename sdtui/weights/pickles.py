"""What a file that torch pickled holds, without running anything in it: names, shapes and plain values, never a number of a tensor.

A pickle is a program that may call anything; here it may call the few things below, all of them ours, and what asks for more is
refused.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sdtui.errors import ModelError
from sdtui.weights.files import open_regular, read_exactly
from sdtui.weights.header import DIMENSION_LIMIT, RANK_LIMIT, TensorInfo

PICKLE_LIMIT = 16 * 2**20
"""Longest pickle that is read, in bytes; the tensors' own data is not in it."""
OLD_PARTS = 3
"""Pickles before the one that counts, in files of torch before 1.6: magic number, version, system."""

_BROKEN = (
    pickle.UnpicklingError,
    struct.error,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
)


class _Unknown(Exception):
    """The pickle asks for something that is not a tensor or a plain value."""


class _Mapping(dict[Any, Any]):
    """A dictionary that may be given a state, as OrderedDict and ParameterDict are."""

    def __setstate__(self, state: object) -> None:
        held = state.get("_parameters", {}) if isinstance(state, dict) else {}
        self.update(held if isinstance(held, dict) else {})


class _Storage(NamedTuple):
    dtype: str


class Nothing:
    """Stands for a value that says nothing about the model: a device, a dtype."""

    def __init__(self, *values: object) -> None:
        del values


def read_outline(path: Path) -> object:
    """What the file holds, tensors as TensorInfo whose extent in the file is 0; raises ModelError when it is anything else."""
    try:
        return _outline(path)
    except _Unknown as unknown:
        raise ModelError(
            f"The file asks for {str(unknown)[:120]}, which could run code; it is not opened.",
            where=str(path),
            todo="Convert it to .safetensors where you trust it.",
        ) from None
    except _BROKEN:
        raise ModelError("The file is no pickle that torch wrote, or is damaged.", where=str(path)) from None


def _outline(path: Path) -> object:
    with open_regular(path) as file:
        start = read_exactly(file, 4, path)
        file.seek(0)
        if start != b"PK\x03\x04":
            data = io.BytesIO(read_exactly(file, PICKLE_LIMIT, path))
            for _ in range(OLD_PARTS):
                _Reader(data).load()
            return _Reader(data).load()
        with zipfile.ZipFile(file) as archive:
            inside = next((entry for entry in archive.infolist() if entry.filename.endswith("data.pkl")), None)
            if inside is None or inside.file_size > PICKLE_LIMIT:
                raise ValueError("no pickle inside")
            return _Reader(io.BytesIO(archive.read(inside))).load()


class _Reader(pickle._Unpickler):
    # the one written in Python: a pickle can make the other one allocate what it likes
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ALLOWED:
            return _ALLOWED[module, name]
        if module != "torch":
            raise _Unknown(f"{module}.{name}")
        return _Storage(name) if name.endswith("Storage") else Nothing

    def persistent_load(self, pid: Any) -> Any:
        return pid[1]


def _tensor(storage: object, offset: object, size: object, *_: object) -> TensorInfo:
    shape = size if isinstance(size, tuple) else ()
    sound = len(shape) <= RANK_LIMIT and all(isinstance(one, int) and 0 <= one <= DIMENSION_LIMIT for one in shape)
    if not isinstance(storage, _Storage) or not sound:
        raise ValueError("no tensor")
    return TensorInfo(storage.dtype, shape, 0, 0)


def _parameter(data: object, *_: object) -> object:
    return data


_ALLOWED: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("__builtin__", "set"): set,
    ("builtins", "set"): set,
    ("collections", "OrderedDict"): _Mapping,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch.nn.modules.container", "ParameterDict"): _Mapping,
    ("torch.storage", "UntypedStorage"): Nothing,
    ("torch", "device"): Nothing,
    ("torch", "Size"): tuple,
}
