"""The checkpoints that stay loaded, on the device and in RAM, each by a budget of bytes; the one used longest ago goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.device import Budget
from sdtui.errors import ModelError
from sdtui.spec.model import ModelFile
from sdtui.weights.stamp import stamp

Key = tuple[str, int, int]
Move = Callable[[Checkpoint], None]


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
    """Owns the loaded checkpoints; nobody else keeps one beyond a call.

    `park` brings a checkpoint from the device to RAM, `unpark` back; without them nothing waits in RAM.
    """

    def __init__(self, budget: Budget, *, park: Move | None = None, unpark: Move | None = None) -> None:
        self.budget = budget
        self._park = park
        self._unpark = unpark
        self._loaded: OrderedDict[Key, Checkpoint] = OrderedDict()
        self._parked: OrderedDict[Key, Checkpoint] = OrderedDict()

    @property
    def held_bytes(self) -> int:
        """Bytes of all checkpoints on the device."""
        return _bytes(self._loaded)

    @property
    def parked_bytes(self) -> int:
        """Bytes of all checkpoints that wait in RAM."""
        return _bytes(self._parked)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files of what is held: on the device, the one used last first, then in RAM."""
        return tuple(dict.fromkeys(key[0] for key in (*reversed(self._loaded), *reversed(self._parked))))

    def get(self, key: Key) -> Checkpoint | None:
        """The checkpoint on the device, which becomes the one used last; None when it is not there."""
        checkpoint = self._loaded.get(key)
        if checkpoint is not None:
            self._loaded.move_to_end(key)
        return checkpoint

    def bring_back(self, key: Key) -> bool:
        """Bring a checkpoint that waits in RAM back to the device; False when there is none. Raises what moving it raises."""
        checkpoint = self._parked.pop(key, None)
        if checkpoint is None or self._unpark is None:
            return False
        self.make_room(checkpoint.size_bytes)
        self._unpark(checkpoint)
        self._loaded[key] = checkpoint
        return True

    def make_room(self, size_bytes: int, *, but: Key | None = None) -> bool:
        """Take checkpoints from the device until this many bytes more fit or only `but` is left; whether one had to go."""
        gone = False
        for key in tuple(self._loaded):
            if self.held_bytes + size_bytes <= self.budget.device:
                break
            if key != but:
                self._set_aside(key)
                gone = True
        return gone

    def only(self, key: Key) -> bool:
        """Take every other checkpoint from the device; whether there was one."""
        return self.make_room(self.budget.device + 1, but=key)

    def put(self, key: Key, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint on the device; it stays even when it alone is larger than the budget."""
        self.make_room(checkpoint.size_bytes)
        self._parked.pop(key, None)
        self._loaded[key] = checkpoint

    def drop(self, key: Key) -> None:
        """Let go of a checkpoint for good."""
        self._loaded.pop(key, None)
        self._parked.pop(key, None)

    def clear(self, *, keep: bool = False) -> None:
        """Drop them all; with `keep` those wait in RAM that fit into its budget."""
        for key in tuple(self._loaded):
            if keep:
                self._set_aside(key)
        self._loaded.clear()
        if not keep:
            self._parked.clear()

    def _set_aside(self, key: Key) -> None:
        """From the device to RAM, where older ones give way; dropped when it would not fit there alone."""
        checkpoint = self._loaded.pop(key)
        if self._park is None or checkpoint.size_bytes > self.budget.ram:
            return
        while self._parked and self.parked_bytes + checkpoint.size_bytes > self.budget.ram:
            self._parked.popitem(last=False)
        self._park(checkpoint)
        self._parked[key] = checkpoint


def _bytes(checkpoints: OrderedDict[Key, Checkpoint]) -> int:
    return sum(checkpoint.size_bytes for checkpoint in checkpoints.values())
