"""One UNet call for what several pictures want evaluated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain

import torch
from torch import Tensor

from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.requests import Evaluate


class Forward:
    """Packs Evaluate requests of one checkpoint and latent shape into UNet calls; keeps what the next call has in common."""

    def __init__(self) -> None:
        self.calls = 0
        self._contexts: tuple[Tensor, ...] = ()
        self._stacked: Tensor | None = None

    def evaluate(self, checkpoint: Checkpoint, requests: Sequence[Evaluate], most_rows: int) -> list[Tensor]:
        """The guesses of the clean latents for each request: (contexts, 4, h, w), float32.

        One call, unless a single request has more rows than `most_rows`: then its rows take turns.
        """
        if len(requests) > 1:
            return self._evaluate_many(checkpoint, requests)
        request = requests[0]
        if request.rows <= most_rows:
            return [self._evaluate_one(checkpoint, request, request.contexts)]
        pieces = [request.contexts[at : at + most_rows] for at in range(0, request.rows, most_rows)]
        return [torch.cat([self._evaluate_one(checkpoint, request, piece) for piece in pieces])]

    def forget(self) -> None:
        """Keep nothing."""
        self._contexts, self._stacked = (), None

    def _evaluate_one(self, checkpoint: Checkpoint, request: Evaluate, contexts: tuple[Tensor, ...]) -> Tensor:
        latents, sigma = request.latents, request.sigma
        inputs = (latents * input_scale(sigma)).expand(len(contexts), -1, -1, -1)
        timestep = torch.tensor(checkpoint.levels.timestep(sigma), device=latents.device)
        noise = self._predict(checkpoint, inputs, timestep, contexts)
        return torch.sub(latents, noise, alpha=sigma)

    def _evaluate_many(self, checkpoint: Checkpoint, requests: Sequence[Evaluate]) -> list[Tensor]:
        device = requests[0].latents.device
        counts = [request.rows for request in requests]
        scales = torch.tensor([input_scale(request.sigma) for request in requests], device=device)
        sigmas = torch.tensor([request.sigma for request in requests], device=device)
        timesteps = torch.tensor([checkpoint.levels.timestep(request.sigma) for request in requests], device=device)
        places = torch.tensor([place for place, count in enumerate(counts) for _ in range(count)], device=device)
        stacked = torch.stack([request.latents for request in requests])
        inputs = (stacked * scales[:, None, None, None])[places]
        contexts = tuple(chain.from_iterable(request.contexts for request in requests))
        noise = self._predict(checkpoint, inputs, timesteps[places], contexts)
        denoised = stacked[places] - sigmas[places][:, None, None, None] * noise
        return list(torch.split(denoised, counts))

    def _predict(
        self, checkpoint: Checkpoint, inputs: Tensor, timesteps: Tensor, contexts: tuple[Tensor, ...]
    ) -> Tensor:
        """The UNet's guess of the noise, (rows, 4, h, w), float32."""
        self.calls += 1
        rows, _, height, width = inputs.shape
        checkpoint.compute.spread(checkpoint.size_bytes, rows * height * width)
        inputs = inputs.to(checkpoint.compute.dtype)
        predicted = checkpoint.unet(inputs, timesteps, self._stack(contexts), return_dict=False)[0]
        return predicted.float()  # type: ignore[no-any-return]

    def _stack(self, contexts: tuple[Tensor, ...]) -> Tensor:
        """(rows, tokens, width); contexts of different length are repeated to a common one, which attention does not notice."""
        same = len(contexts) == len(self._contexts) and all(map(_is, contexts, self._contexts))
        if self._stacked is None or not same:
            tokens = math.lcm(*(context.shape[0] for context in contexts))
            self._stacked = torch.stack([context.repeat(tokens // context.shape[0], 1) for context in contexts])
            self._contexts = contexts
        return self._stacked


def input_scale(sigma: float) -> float:
    """What latents at a sigma are multiplied with to have the variance the UNet was trained on (Karras et al. 2022, table 1)."""
    return 1.0 / math.sqrt(sigma**2 + 1.0)


def _is(one: Tensor, other: Tensor) -> bool:
    return one is other
