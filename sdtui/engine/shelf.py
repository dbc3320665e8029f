"""The checkpoints that stay loaded, by a budget of bytes; the one used longest ago goes first."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from sdtui.engine.checkpoint import Checkpoint
from sdtui.errors import ModelError
from sdtui.spec.model import ModelFile
from sdtui.weights.stamp import stamp

Key = tuple[str, int, int]


def key_of(model: ModelFile) -> Key:
    """What names a version of a model: path, size, time."""
    return (model.path, model.size, model.mtime_ns)


def check_version(model: ModelFile) -> None:
    """Raises ModelError when the file is gone, or is not the one that the render was planned with."""
    try:
        size, mtime_ns = stamp(Path(model.path))
    except OSError as error:
        raise ModelError(
            f"The checkpoint {model.name} cannot be read: {(error.strerror or str(error)).lower()}.", where=model.path
        ) from None
    if (size, mtime_ns) != (model.size, model.mtime_ns):
        raise ModelError(
            f"The checkpoint {model.name} has changed since this picture was planned.",
            where=model.path,
            todo="Submit the job again to render with the file as it is now.",
        )


class Shelf:
    """Owns the loaded checkpoints; nobody else keeps one beyond a call."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._loaded: OrderedDict[Key, Checkpoint] = OrderedDict()

    @property
    def held_bytes(self) -> int:
        """Bytes of all loaded checkpoints."""
        return sum(checkpoint.size_bytes for checkpoint in self._loaded.values())

    def get(self, key: Key) -> Checkpoint | None:
        """The loaded checkpoint, which becomes the one used last; None when it is not loaded."""
        checkpoint = self._loaded.get(key)
        if checkpoint is not None:
            self._loaded.move_to_end(key)
        return checkpoint

    def make_room(self, size_bytes: int) -> None:
        """Drop checkpoints, longest unused first, until this many bytes more fit or none is left."""
        while self._loaded and self.held_bytes + size_bytes > self._budget_bytes:
            self._loaded.popitem(last=False)

    def put(self, key: Key, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; it stays even when it alone is larger than the budget."""
        self.make_room(checkpoint.size_bytes)
        self._loaded[key] = checkpoint

    def clear(self) -> None:
        """Drop them all."""
        self._loaded.clear()
