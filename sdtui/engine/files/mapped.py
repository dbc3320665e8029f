"""Files of weights as tensors that lie where the file is mapped: safetensors, and pickled checkpoints, which are not run."""

from __future__ import annotations

import math
import mmap
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor

from sdtui.errors import ModelError
from sdtui.weights.archive import read_either
from sdtui.weights.files import open_regular
from sdtui.weights.header import TensorInfo

DTYPES: Mapping[str, torch.dtype] = MappingProxyType(
    {
        "BOOL": torch.bool,
        "U8": torch.uint8,
        "I8": torch.int8,
        "I16": torch.int16,
        "I32": torch.int32,
        "I64": torch.int64,
        "F16": torch.float16,
        "BF16": torch.bfloat16,
        "F32": torch.float32,
        "F64": torch.float64,
    }
)
"""Of the dtypes that safetensors names, those that can be computed with."""


class MappedFile:
    """A file of weights, open; its tensors share the file's memory and must not be written to."""

    def __init__(self, path: Path) -> None:
        """Raises ModelError when the file cannot be read, or is no file of weights."""
        self.path = path
        header = read_either(path)
        self.infos = header.tensors
        self.metadata = header.metadata
        with open_regular(path) as file:
            # private, so that torch may take it for memory of its own
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)

    def tensor(self, name: str) -> Tensor:
        """The tensor of this name, on the CPU."""
        return self.at(name, self.infos[name])

    def at(self, name: str, info: TensorInfo) -> Tensor:
        """The tensor that lies there; raises ModelError when its dtype cannot be computed with."""
        dtype = DTYPES.get(info.dtype)
        if dtype is None:
            raise ModelError(
                f"Tensor '{name[:80]}' has the dtype {info.dtype}, which cannot be read.", where=str(self.path)
            )
        count = math.prod(info.shape)
        if count == 0:
            return torch.empty(info.shape, dtype=dtype)
        return torch.frombuffer(self._map, dtype=dtype, count=count, offset=info.start).view(info.shape)
