"""Breaks a long UNet call off between two of its blocks when nobody wants any picture of it any more."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from sdtui.engine.checkpoint import Checkpoint

LONG_CALL = 5e10
"""Bytes of weights times latent cells; a smaller call is through before anybody could notice."""
PLACES = ("ResnetBlock2D", "BasicTransformerBlock")


class Abandoned(Exception):
    """The call was broken off; its pictures are about to leave."""


class Breaking:
    """Knows which renders nobody wants, and which ones the running call is for. `forsake` may be called from any thread."""

    def __init__(self) -> None:
        self._forsaken: set[str] = set()
        self._running: frozenset[str] = frozenset()
        self._seen: weakref.WeakSet[Any] = weakref.WeakSet()

    def forsake(self, render_id: str) -> None:
        """Nobody wants this render."""
        self._forsaken.add(render_id)

    def forget(self, render_id: str) -> None:
        """The render has left, or somebody wants it again."""
        self._forsaken.discard(render_id)

    @contextmanager
    def running(self, checkpoint: Checkpoint, render_ids: Iterable[str], cells: int) -> Iterator[None]:
        """The call in here, of so many latent cells in all, is for these renders; Abandoned is raised in it when all are forsaken."""
        self._running = frozenset(render_ids)
        self._watch(checkpoint, cells)
        try:
            yield
        finally:
            self._running = frozenset()

    def _watch(self, checkpoint: Checkpoint, cells: int) -> None:
        """Look up between the blocks of a UNet once its calls are long; not on a GPU, which is asked and not awaited."""
        unet = checkpoint.unet
        short = checkpoint.size_bytes * cells < LONG_CALL or checkpoint.compute.device.type == "cuda"
        if short or unet in self._seen:
            return
        self._seen.add(unet)
        for module in unet.modules():
            if type(module).__name__ in PLACES:
                module.register_forward_pre_hook(self._look_up)

    def _look_up(self, module: nn.Module, arguments: object) -> None:
        if self._running and self._running <= self._forsaken:
            raise Abandoned
