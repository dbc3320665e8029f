"""One UNet call for what several pictures want evaluated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import torch
from torch import Tensor

from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.requests import Added, Evaluate
from sdtui.engine.seams import join_edges


class Conditions(NamedTuple):
    """What the rows of a call are evaluated under: a context each, and what stands beside it in families that want it."""

    contexts: tuple[Tensor, ...]
    added: tuple[Added, ...] = ()

    def part(self, start: int, end: int) -> Conditions:
        """Those of some rows."""
        return Conditions(self.contexts[start:end], self.added[start:end])


class Forward:
    """Packs Evaluate requests of one checkpoint and latent shape into UNet calls; keeps what the next call has in common."""

    def __init__(self) -> None:
        self.calls = 0
        self._conditions = Conditions(())
        self._stacked: tuple[Tensor, dict[str, Tensor] | None] | None = None

    def evaluate(self, checkpoint: Checkpoint, requests: Sequence[Evaluate], most_rows: int) -> list[Tensor]:
        """The guesses of the clean latents for each request: (contexts, 4, h, w), float32.

        One call for requests that are seamless alike, unless a single one has more rows than `most_rows`: then its rows take turns.
        """
        with join_edges(checkpoint.unet, requests[0].seamless):
            if len(requests) > 1:
                return self._evaluate_many(checkpoint, requests)
            return [self._evaluate_alone(checkpoint, requests[0], most_rows)]

    def _evaluate_alone(self, checkpoint: Checkpoint, request: Evaluate, most_rows: int) -> Tensor:
        """One request, its rows in turns where they are too many."""
        rows = Conditions(request.contexts, request.added)
        if request.rows <= most_rows:
            return self._evaluate_one(checkpoint, request, rows)
        pieces = [rows.part(at, at + most_rows) for at in range(0, request.rows, most_rows)]
        return torch.cat([self._evaluate_one(checkpoint, request, piece) for piece in pieces])

    def forget(self) -> None:
        """Keep nothing."""
        self._conditions, self._stacked = Conditions(()), None

    def _evaluate_one(self, checkpoint: Checkpoint, request: Evaluate, rows: Conditions) -> Tensor:
        latents, sigma = request.latents, request.sigma
        scaled = _with_beside(checkpoint, latents * input_scale(sigma), request.beside)
        inputs = scaled.expand(len(rows.contexts), -1, -1, -1)
        timestep = torch.tensor(checkpoint.levels.timestep(sigma), device=latents.device)
        output = self._predict(checkpoint, inputs, timestep, rows)
        of_latents, of_output = checkpoint.prediction(sigma)
        return torch.add(latents if of_latents == 1 else latents * of_latents, output, alpha=of_output)

    def _evaluate_many(self, checkpoint: Checkpoint, requests: Sequence[Evaluate]) -> list[Tensor]:
        device = requests[0].latents.device
        counts = [request.rows for request in requests]
        shares = [checkpoint.prediction(request.sigma) for request in requests]
        of_latents, of_output = (torch.tensor(column, device=device) for column in zip(*shares, strict=True))
        timesteps = torch.tensor([checkpoint.levels.timestep(request.sigma) for request in requests], device=device)
        places = torch.tensor([place for place, count in enumerate(counts) for _ in range(count)], device=device)
        stacked = torch.stack([request.latents for request in requests])
        scaled = [
            _with_beside(checkpoint, request.latents * input_scale(request.sigma), request.beside)
            for request in requests
        ]
        rows = Conditions(
            tuple(chain.from_iterable(request.contexts for request in requests)),
            tuple(chain.from_iterable(request.added for request in requests)),
        )
        output = self._predict(checkpoint, torch.stack(scaled)[places], timesteps[places], rows)
        denoised = (stacked * of_latents[:, None, None, None])[places] + of_output[places][:, None, None, None] * output
        return list(torch.split(denoised, counts))

    def _predict(self, checkpoint: Checkpoint, inputs: Tensor, timesteps: Tensor, rows: Conditions) -> Tensor:
        """The UNet's output, (rows, 4, h, w), float32."""
        self.calls += 1
        count, _, height, width = inputs.shape
        checkpoint.compute.spread(checkpoint.size_bytes, count * height * width)
        inputs = inputs.to(checkpoint.compute.dtype)
        contexts, added = self._stack(rows)
        options: dict[str, Any] = {} if added is None else {"added_cond_kwargs": added}
        return checkpoint.unet(inputs, timesteps, contexts, return_dict=False, **options)[0].float()  # type: ignore[no-any-return]

    def _stack(self, rows: Conditions) -> tuple[Tensor, dict[str, Tensor] | None]:
        """Contexts (rows, tokens, width), and what is added by the UNet's own names.

        Contexts of different length are repeated to a common one, which attention does not notice.
        """
        held = self._conditions
        same = len(rows.contexts) == len(held.contexts) and all(map(_is, rows.contexts, held.contexts))
        same = same and len(rows.added) == len(held.added) and all(map(_is, rows.added, held.added))
        if self._stacked is None or not same:
            tokens = math.lcm(*(context.shape[0] for context in rows.contexts))
            contexts = torch.stack([context.repeat(tokens // context.shape[0], 1) for context in rows.contexts])
            self._stacked = contexts, _stack_added(rows.added)
            self._conditions = rows
        return self._stacked


def input_scale(sigma: float) -> float:
    """What latents at a sigma are multiplied with to have the variance the UNet was trained on (Karras et al. 2022, table 1)."""
    return 1.0 / math.sqrt(sigma**2 + 1.0)


def _with_beside(checkpoint: Checkpoint, scaled: Tensor, beside: Tensor | None) -> Tensor:
    """The UNet's input channels: the scaled latents, and for an inpainting model the mask and the masked picture behind them."""
    if checkpoint.blank is None:
        return scaled
    height, width = scaled.shape[-2:]
    surroundings = checkpoint.blank.at(height, width) if beside is None else beside
    return torch.cat([scaled, surroundings.to(scaled)])


def _stack_added(added: tuple[Added, ...]) -> dict[str, Tensor] | None:
    if not added:
        return None
    return {
        "text_embeds": torch.stack([one.pooled for one in added]),
        "time_ids": torch.stack([one.numbers for one in added]),
    }


def _is(one: object, other: object) -> bool:
    return one is other
