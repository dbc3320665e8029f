"""Brings checkpoints from the disk onto the shelf, a stage at a time."""

from __future__ import annotations

import gc
from collections.abc import Generator
from pathlib import Path

from sdtui.engine.checkpoint import Checkpoint, Progress, load_checkpoint
from sdtui.engine.device import Compute, empty_cache, free_memory, used_memory
from sdtui.engine.memory import is_dead, is_out_of_memory
from sdtui.engine.moving import arrange
from sdtui.engine.shelf import Key, Shelf, check_version, key_of
from sdtui.errors import ModelError
from sdtui.spec.model import ModelFile, ModelRecord
from sdtui.spec.outcome import Loading
from sdtui.weights.identify import identify


class Loader:
    """Loads one checkpoint at a time; asking for another gives the unfinished one up."""

    def __init__(self, compute: Compute, shelf: Shelf) -> None:
        self._compute = compute
        self._shelf = shelf
        self._key: Key | None = None
        self._stages: Generator[Progress, None, Checkpoint] | None = None

    def advance(self, model: ModelFile) -> Loading:
        """One stage of loading this checkpoint; after the last one, which is `ready`, it is on the shelf.

        Raises ModelError when the file cannot be used, has changed, or does not fit into memory.
        """
        if self._stages is None or self._key != key_of(model):
            check_version(model)
            if self._brought_back(model):
                return self._ready(model)
            self._begin(model)
        assert self._stages is not None
        problem, no_memory = "", False
        try:
            progress = next(self._stages)
            return Loading(state="loading", text=progress.text, progress=progress.share, checkpoint=model.name)
        except StopIteration as finished:
            self._stages = None
            self._shelf.put(key_of(model), finished.value)
        except (RuntimeError, MemoryError) as error:
            if is_dead(error):
                # nothing will work in this process any more
                raise
            no_memory = is_out_of_memory(error)
            problem = "there is not enough memory" if no_memory else str(error).splitlines()[0]
        except ModelError:
            self.abandon()
            raise
        if problem:
            # only here, where the traceback no longer holds the tensors
            self.abandon()
            if no_memory and self._shelf.only(key_of(model)):
                empty_cache(self._compute.device)
                return Loading(state="loading", text="making room", checkpoint=model.name)
            raise ModelError(f"The checkpoint {model.name} cannot be loaded: {problem}.", where=model.path)
        return self._ready(model)

    def _ready(self, model: ModelFile) -> Loading:
        memory = used_memory(self._compute.device, self._shelf.held_bytes)
        return Loading(state="ready", progress=1.0, memory=memory, checkpoint=model.name, held=self._shelf.paths)

    def _brought_back(self, model: ModelFile) -> bool:
        """Whether the checkpoint waited in RAM and is on the device again; without room there it is loaded as if it were new."""
        self.abandon()
        try:
            return self._shelf.bring_back(key_of(model))
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        return False

    def abandon(self) -> None:
        """Give up what is being loaded and its memory."""
        self._key, self._stages = None, None
        gc.collect()
        empty_cache(self._compute.device)

    def _begin(self, model: ModelFile) -> None:
        self._shelf.make_room(model.size)
        # modules may hold themselves in cycles, and their memory is wanted now
        gc.collect()
        self._check_room(model)
        self._key = key_of(model)
        self._stages = self._load(identify(Path(model.path)))

    def _load(self, record: ModelRecord) -> Generator[Progress, None, Checkpoint]:
        checkpoint = yield from load_checkpoint(record, self._compute)
        arrange(checkpoint)
        return checkpoint

    def _check_room(self, model: ModelFile) -> None:
        """Raises ModelError with the numbers when the device cannot hold the checkpoint even in half of its file's precision."""
        device = self._compute.device
        least, free = model.size / 2, free_memory(device) + self._shelf.held_bytes
        if least > free:
            raise ModelError(
                f"The checkpoint {model.name} needs at least {least / 1e9:.1f} GB of memory, and {device} has {free / 1e9:.1f} GB.",
                where=model.path,
                todo="Close what else uses the device, or let another one do it (`devices` in the configuration).",
            )
