"""Latents to pictures on a thread of its own, so that the next UNet call of the others need not wait."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from typing import Generic, TypeVar

import torch
from torch import Tensor

from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.device import empty_cache
from sdtui.engine.memory import is_out_of_memory
from sdtui.engine.noise import PIXELS_PER_CELL
from sdtui.engine.preview import rgb_bytes
from sdtui.engine.requests import Picture
from sdtui.errors import RenderError

Key = TypeVar("Key")

FLOAT32_NOTE = "The VAE's picture was not finite in half precision and was decoded again in float32."


class Decoder(Generic[Key]):
    """Decodes one picture after another; `key` is the caller's name for each."""

    def __init__(self, device: torch.device) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="decode")
        self._stream: torch.cuda.Stream | None = None
        if device.type == "cuda":
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._pending: dict[Future[Picture], Key] = {}

    @property
    def busy(self) -> bool:
        """A picture is being decoded, or was and is not taken yet."""
        return bool(self._pending)

    def submit(self, key: Key, checkpoint: Checkpoint, latents: Tensor) -> None:
        """Decode latents (4, h, w) when the thread is free; returns at once."""
        ready = torch.cuda.current_stream(latents.device).record_event() if self._stream else None
        self._pending[self._thread.submit(self._decode, checkpoint, latents, ready)] = key

    def wait(self, timeout_s: float) -> None:
        """Return when a picture is ready, or the time is over."""
        wait(self._pending, timeout_s, FIRST_COMPLETED)

    def take(self) -> Iterator[tuple[Key, Picture | RenderError]]:
        """What is ready, oldest first: the picture, or why there is none."""
        for future in [future for future in self._pending if future.done()]:
            key = self._pending.pop(future)
            error = future.exception()
            if error is None:
                yield key, future.result()
            else:
                yield key, error if isinstance(error, RenderError) else _explained(error)

    def close(self) -> None:
        """End the thread once it is done."""
        self._thread.shutdown(cancel_futures=True)

    def _decode(self, checkpoint: Checkpoint, latents: Tensor, ready: torch.Event | None) -> Picture:
        with torch.inference_mode(), torch.cuda.stream(self._stream) if self._stream else nullcontext():
            if ready is not None and self._stream is not None:
                self._stream.wait_event(ready)
                latents.record_stream(self._stream)
            try:
                return decode(checkpoint, latents)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
            empty_cache(checkpoint.compute.device)
            return decode(checkpoint, latents)


def decode(checkpoint: Checkpoint, latents: Tensor) -> Picture:
    """The picture of final latents (4, h, w); raises RenderError rather than give a picture of values that are not finite."""
    if not latents.isfinite().all():
        raise RenderError(
            "The sampler ended in values that are not finite, so there is no picture.",
            todo="Try another sampler or a lower cfg scale; if it always happens, the checkpoint may be damaged.",
        )
    clean = (latents / checkpoint.latent_scale)[None]
    vae, dtype = checkpoint.vae, checkpoint.compute.dtype
    picture = vae.decode(clean.to(dtype), return_dict=False)[0][0]
    notes: tuple[str, ...] = ()
    if not picture.isfinite().all() and dtype != torch.float32:
        picture = copy.deepcopy(vae).float().decode(clean.float(), return_dict=False)[0][0]
        notes = (FLOAT32_NOTE,)
    if not picture.isfinite().all():
        raise RenderError(
            "The VAE made values that are not finite, so there is no picture.",
            todo=f"The VAE inside {checkpoint.name} may be damaged.",
        )
    height, width = latents.shape[-2] * PIXELS_PER_CELL, latents.shape[-1] * PIXELS_PER_CELL
    return Picture(width, height, rgb_bytes(picture.float()), notes)


def _explained(error: BaseException) -> RenderError:
    if isinstance(error, RuntimeError) and is_out_of_memory(error):
        return RenderError("There was not enough memory to decode the picture.", todo="Try a smaller size.")
    return RenderError(f"The picture could not be decoded: {type(error).__name__}: {error}")
