"""What is done when memory runs out in a UNet call: a rung further down each time, until it fits or nothing is left to try."""

from __future__ import annotations

import gc
import sys
import weakref
from typing import Any, NamedTuple

from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.device import Compute, empty_cache
from sdtui.engine.shelf import Key, Shelf
from sdtui.engine.slicing import slice_attention
from sdtui.engine.streaming import stream_blocks

SLICED = "sliced attention"
"""What a picture's record says of it; the other rungs do not change a pixel."""


class Rung(NamedTuple):
    """What was done, in a sentence, and for the picture's record if it changes pixels."""

    note: str
    makeshift: str = ""


class Place(NamedTuple):
    """Where memory ran out: a checkpoint and the height and width of latents, in cells."""

    key: Key
    cells: tuple[int, int]


class Ladder:
    """The rungs: other checkpoints leave the device, half the rows a call, attention in slices, the UNet's blocks in RAM.

    Rows are counted for each shape; the last two stay with a checkpoint until it is dropped.
    """

    def __init__(self, compute: Compute, shelf: Shelf, *, streams: bool | None = None) -> None:
        """`streams` says whether blocks can go to RAM: everywhere but where the device's memory is RAM (None: find out)."""
        self._compute = compute
        self._shelf = shelf
        self._streams = compute.device.type == "cuda" if streams is None else streams
        self._rows: dict[Place, int] = {}
        self._sliced: weakref.WeakSet[Any] = weakref.WeakSet()
        self._streamed: weakref.WeakSet[Any] = weakref.WeakSet()

    def forget(self) -> None:
        """Forget what was learnt about rows."""
        self._rows.clear()

    def rows(self, place: Place) -> int:
        """The most rows of a call that are left at this place; without a lack of memory more than anybody has."""
        return self._rows.get(place, sys.maxsize)

    def makeshift(self, checkpoint: Checkpoint) -> str:
        """What changes the pixels of this checkpoint's pictures now; empty when nothing does."""
        return SLICED if checkpoint.unet in self._sliced else ""

    def step_down(self, checkpoint: Checkpoint, place: Place, rows: int) -> Rung | None:
        """After so many rows were too many: do the next thing that helps; None when nothing is left.

        To be called when no traceback holds the tensors any more.
        """
        gc.collect()
        empty_cache(self._compute.device)
        if self._shelf.only(place.key):
            empty_cache(self._compute.device)
            return Rung("The other checkpoints left the device, which had too little memory.")
        if rows > 1:
            self._rows[place] = rows // 2
            return Rung(f"There was too little memory for {rows} rows of this size in a call; it is {rows // 2} now.")
        if checkpoint.unet not in self._sliced:
            self._sliced.add(checkpoint.unet)
            slice_attention(checkpoint.unet)
            return Rung("There was too little memory: attention is computed in slices.", SLICED)
        if self._streams and checkpoint.unet not in self._streamed:
            self._streamed.add(checkpoint.unet)
            stream_blocks(checkpoint.unet, self._compute.device)
            empty_cache(self._compute.device)
            return Rung("There was too little memory: the UNet's blocks wait in RAM, and each step fetches them.")
        return None
