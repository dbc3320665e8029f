"""Latents to pictures on a thread of its own, so that the next UNet call of the others need not wait."""

from __future__ import annotations

import copy
import gc
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.device import empty_cache
from sdtui.engine.memory import is_dead, is_out_of_memory
from sdtui.engine.noise import PIXELS_PER_CELL
from sdtui.engine.preview import Sketch, rgb_bytes, shrink
from sdtui.engine.requests import Picture
from sdtui.engine.seams import join_edges, unwrapped, wrapped
from sdtui.engine.tiles import decode_tiled, smaller_sides
from sdtui.errors import RenderError

Key = TypeVar("Key")

TILED = "tiled decode"
"""What a picture's record says of it."""
TILED_NOTE = "There was too little memory to decode the picture in one piece: it was decoded in tiles of {side} pixels."
FLOAT32_NOTE = "The VAE's picture was not finite in half precision and was decoded again in float32."


class TimedSketch(NamedTuple):
    """A sketch of a step, and how many seconds its decode took."""

    step: int
    sketch: Sketch
    seconds: float


Decoded = Picture | TimedSketch | RenderError


class Decoder(Generic[Key]):
    """Decodes one thing after another; `key` is the caller's name for each."""

    def __init__(self, device: torch.device) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="decode")
        self._pending: dict[Future[Any], Key] = {}
        self._at_work: dict[Future[Any], int] = {}
        self._sketches: set[Future[Any]] = set()
        self._sides: dict[tuple[int, int], int] = {}
        self._stream: torch.cuda.Stream | None = None
        if device.type == "cuda":
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    @property
    def busy(self) -> bool:
        """Something is being decoded, or was and is not taken yet."""
        return bool(self._pending)

    def submit(self, key: Key, checkpoint: Checkpoint, latents: Tensor, *, seamless: bool = False) -> None:
        """Decode final latents (4, h, w) when the thread is free; returns at once. seamless: opposite edges touch."""
        future = self._thread.submit(self._decode, checkpoint, latents, self._ready(latents), seamless)
        self._pending[future] = key
        self._at_work[future] = id(checkpoint.vae)

    def submit_sketch(self, key: Key, step: int, checkpoint: Checkpoint, latents: Tensor) -> None:
        """Decode a guess of the clean latents (4, h, w) to a small picture when the thread is free; returns at once."""
        future = self._thread.submit(self._sketch, step, checkpoint, latents, self._ready(latents))
        self._pending[future] = key
        self._at_work[future] = id(checkpoint.vae)
        self._sketches.add(future)

    def wait(self, timeout_s: float) -> None:
        """Return when something is ready, or the time is over."""
        wait(self._pending, timeout_s, FIRST_COMPLETED)

    def forget(self) -> None:
        """Forget which sizes had to be decoded in tiles."""
        self._sides.clear()

    def settle(self, checkpoint: Checkpoint) -> None:
        """Return when nothing is decoded with this checkpoint's VAE any more; what is ready waits to be taken."""
        wait([future for future, user in self._at_work.items() if user == id(checkpoint.vae)])

    def take(self) -> Iterator[tuple[Key, Decoded]]:
        """What is ready, oldest first; an error where there is no picture. A sketch that failed is not missed."""
        for future in [future for future in self._pending if future.done()]:
            key = self._pending.pop(future)
            del self._at_work[future]
            error = future.exception()
            if error is not None and is_dead(error):
                raise error
            if error is None:
                yield key, future.result()
            elif future not in self._sketches:
                yield key, error if isinstance(error, RenderError) else _explained(error)
        self._sketches.intersection_update(self._pending)

    def _ready(self, latents: Tensor) -> torch.Event | None:
        return torch.cuda.current_stream(latents.device).record_event() if self._stream else None

    @torch.inference_mode()
    def _decode(
        self, checkpoint: Checkpoint, latents: Tensor, ready: torch.Event | None, seamless: bool = False
    ) -> Picture:
        """In one piece, and in one again when memory was just short; then in tiles, smaller and smaller."""
        height, width = latents.shape[-2:]
        known = self._sides.get((height, width), 0)
        whole = [known] if known else [0, 0]
        with self._on_stream(latents, ready):
            for side in (*whole, *smaller_sides((height, width), known)):
                picture = _attempt(checkpoint, latents, side, seamless)
                if picture is not None:
                    if side:
                        self._sides[height, width] = side
                    return picture
                # only here, where the traceback no longer holds the tensors
                gc.collect()
                empty_cache(checkpoint.compute.device)
        device, px = checkpoint.compute.device, f"{width * PIXELS_PER_CELL}×{height * PIXELS_PER_CELL}"
        raise RenderError(
            f"There is not enough memory on {device} to decode a picture of {px}.",
            todo="Try a smaller size, or close what else uses the device.",
        )

    @torch.inference_mode()
    def _sketch(self, step: int, checkpoint: Checkpoint, latents: Tensor, ready: torch.Event | None) -> TimedSketch:
        started = time.perf_counter()
        with self._on_stream(latents, ready):
            picture = shrink(_decode_once(checkpoint, checkpoint.vae, latents).float())
            sketch = Sketch(picture.shape[2], picture.shape[1], rgb_bytes(picture))
        return TimedSketch(step, sketch, time.perf_counter() - started)

    def _on_stream(self, latents: Tensor, ready: torch.Event | None) -> torch.cuda.StreamContext | nullcontext[None]:
        """The decode thread's own stream on a GPU, so that the UNet's need not wait for it."""
        if self._stream is None or ready is None:
            return nullcontext()
        self._stream.wait_event(ready)
        latents.record_stream(self._stream)
        return torch.cuda.stream(self._stream)


def decode(checkpoint: Checkpoint, latents: Tensor, side: int = 0, seamless: bool = False) -> Picture:
    """The picture of final latents (4, h, w), by tiles of side × side cells if `side` is given.

    seamless: opposite edges touch.
    Raises RenderError rather than give a picture of values that are not finite.
    """
    if not latents.isfinite().all():
        raise RenderError(
            "The sampler ended in values that are not finite, so there is no picture.",
            todo="Try another sampler or a lower cfg scale; if it always happens, the checkpoint may be damaged.",
        )
    notes: tuple[str, ...] = (TILED_NOTE.format(side=side * PIXELS_PER_CELL),) if side else ()
    picture = _decode(checkpoint, checkpoint.vae, latents, side, seamless)
    if not picture.isfinite().all() and dtype_of(checkpoint.vae) != torch.float32:
        picture = _decode(checkpoint, copy.deepcopy(checkpoint.vae).float(), latents, side, seamless)
        notes += (FLOAT32_NOTE,)
    if not picture.isfinite().all():
        raise RenderError(
            "The VAE made values that are not finite, so there is no picture.",
            todo=f"The VAE inside {checkpoint.name} may be damaged.",
        )
    height, width = latents.shape[-2] * PIXELS_PER_CELL, latents.shape[-1] * PIXELS_PER_CELL
    return Picture(width, height, rgb_bytes(picture.float()), notes, (TILED,) if side else ())


def dtype_of(module: Any) -> torch.dtype:
    """What the weights of a module are stored in."""
    return next(module.parameters()).dtype  # type: ignore[no-any-return]


def _attempt(checkpoint: Checkpoint, latents: Tensor, side: int, seamless: bool) -> Picture | None:
    """The picture, or None when there was not enough memory."""
    try:
        return decode(checkpoint, latents, side, seamless)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    return None


def _decode(checkpoint: Checkpoint, vae: Any, latents: Tensor, side: int, seamless: bool) -> Tensor:
    """(3, height, width), about −1..1."""
    if not side:
        with join_edges(vae.decoder, seamless):
            return _decode_once(checkpoint, vae, latents)
    picture = decode_tiled(
        lambda tile: _decode_once(checkpoint, vae, tile), wrapped(latents) if seamless else latents, side
    )
    size_px = (latents.shape[-2] * PIXELS_PER_CELL, latents.shape[-1] * PIXELS_PER_CELL)
    return unwrapped(picture, size_px) if seamless else picture


def _decode_once(checkpoint: Checkpoint, vae: Any, latents: Tensor) -> Tensor:
    """(3, height, width), about −1..1."""
    checkpoint.compute.spread(checkpoint.size_bytes, latents.shape[-2] * latents.shape[-1])
    clean = (latents / checkpoint.latent_scale)[None].to(dtype_of(vae))
    return vae.decode(clean, return_dict=False)[0][0]  # type: ignore[no-any-return]


def _explained(error: BaseException) -> RenderError:
    return RenderError(f"The picture could not be decoded: {type(error).__name__}: {error}")
