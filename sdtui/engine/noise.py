"""A picture's own noise, all of it from its seeds, so that neither batch nor company changes it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from sdtui.engine.brownian import BrownianPath, mixed
from sdtui.engine.philox import CudaNoise
from sdtui.spec.params import Params

LATENT_CHANNELS = 4
PIXELS_PER_CELL = 8
NEARLY_PARALLEL = 0.9995

Shape = tuple[int, ...]
Source = Callable[[Shape], Tensor]


def open_source(rng: str, seed: int, device: torch.device) -> Source:
    """A source of unit noise by the name of its generator: draws of a shape, float32 on the device.

    CPU: torch's generator on the processor, the same on every machine; GPU: the device's own; NV: a CUDA card's, computed.
    """
    if rng == "NV":
        # exact in integers wherever it runs; the processor spares other devices their gaps in them
        cuda = CudaNoise(seed, device if device.type == "cuda" else torch.device("cpu"))
        return lambda shape: cuda(shape).to(device)
    home = device if rng == "GPU" else torch.device("cpu")
    generator = torch.Generator(home).manual_seed(seed)
    return lambda shape: torch.randn(shape, generator=generator, device=home).to(device)


class PictureNoise:
    """The noise of one picture, as its parameters say; `eta` is for the sampler, see `sampling.steps.Noise`.

    `first` is to be called before the steps draw theirs.
    """

    def __init__(self, params: Params, device: torch.device, *, eta: float = 1.0) -> None:
        self.eta = eta
        self._params = params
        self._device = device
        self._shape = _latent_shape(params.width, params.height)
        self._stream = self._open(params.seed)
        self._path: BrownianPath | None = None

    def first(self) -> Tensor:
        """What the picture begins as: (4, height/8, width/8).

        As A1111: turned towards the variation seed's noise by the variation strength; with a seed resize, drawn for that size
        and put into the middle of new noise.
        """
        params = self._params
        small = _latent_shape(params.seed_resize_width or params.width, params.seed_resize_height or params.height)
        resized = small != self._shape
        noise = self._open(params.seed)(small) if resized else self._stream(small)
        if params.variation_strength > 0:
            noise = slerp(params.variation_strength, noise, self._open(params.variation_seed)(small))
        if resized:
            noise = pasted(noise, self._stream(self._shape))
        if params.ensd:
            self._stream = self._open(params.seed + params.ensd)
        return noise

    def __call__(self) -> Tensor:
        """The next noise that is added between steps, in the shape of the latents; ENSD makes it another seed's."""
        return self._stream(self._shape)

    def between(self, sigma: float, following: float) -> Tensor:
        """Unit noise of the way between two sigmas, from the path of the seed."""
        if self._path is None:
            seed = self._params.seed
            self._path = BrownianPath(lambda key: self._open(mixed(seed, key))(self._shape))
        return self._path.between(sigma, following)

    def _open(self, seed: int) -> Source:
        return open_source(self._params.rng, seed, self._device)


def slerp(share: float, one: Tensor, other: Tensor) -> Tensor:
    """From one noise to another along the sphere, 0..1 (Shoemake 1985).

    As A1111 every column of every channel turns by itself: the angle is taken along the height. (4, h, w).
    """
    angle_cosines = torch.nn.functional.cosine_similarity(one, other, dim=1)
    if angle_cosines.mean() > NEARLY_PARALLEL:
        return torch.lerp(one, other, share)
    angles = torch.acos(angle_cosines.clamp(-1, 1))[:, None]
    return (torch.sin((1 - share) * angles) * one + torch.sin(share * angles) * other) / torch.sin(angles)


def pasted(noise: Tensor, onto: Tensor) -> Tensor:
    """Noise put into the middle of other noise, cut where it is larger; all (4, h, w)."""
    result = onto.clone()
    taken, placed = [slice(None)], [slice(None)]
    for held, room in zip(noise.shape[1:], onto.shape[1:], strict=True):
        length, shift = min(held, room), (room - held) // 2
        taken.append(slice(max(-shift, 0), max(-shift, 0) + length))
        placed.append(slice(max(shift, 0), max(shift, 0) + length))
    result[tuple(placed)] = noise[tuple(taken)]
    return result


def _latent_shape(width_px: int, height_px: int) -> Shape:
    return (LATENT_CHANNELS, height_px // PIXELS_PER_CELL, width_px // PIXELS_PER_CELL)
