"""Carries a sampler through: what it asks for becomes evaluations, and their rows the guess it is answered with."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple, Protocol

from torch import Tensor

from sdtui.engine.guidance import Guidance, rescale
from sdtui.engine.prediction import Prediction
from sdtui.engine.requests import Evaluate, Note, Request
from sdtui.engine.sampling.steps import Point, Steps, Unconditional
from sdtui.spec.model import ModelFile


class Guide(NamedTuple):
    """How a run is guided: step by step, and otherwise below a sigma (never, where that is 0).

    `rescale` 0..1 takes back the contrast that guidance adds, in what the model predicts.
    """

    whole: tuple[Guidance, ...]
    below: tuple[Guidance, ...]
    below_sigma: float
    rescale: float
    prediction: Prediction

    def at(self, point: Point) -> Guidance:
        """The guidance of a point."""
        held = self.below if self.below and point.sigma < self.below_sigma else self.whole
        return held[min(point.step, len(held)) - 1]

    def combine(self, now: Guidance, rows: Tensor, point: Point) -> Tensor:
        """The guess at a point, from one for each context."""
        denoised = now.combine(rows)
        if self.rescale == 0 or len(now.contexts) == 1:
            return denoised
        of_latents, _ = self.prediction(point.sigma)
        return rescale(point.latents * of_latents, denoised, now.own(rows), self.rescale)


class Takeover(Protocol):
    """Another model that goes on from some point, with a guide of its own."""

    @property
    def model(self) -> ModelFile:
        """The model."""

    def begins(self, sigma: float) -> bool:
        """Whether it goes on from a point of this sigma."""

    def guided(self) -> Generator[Request, Any, Guide]:
        """Ask for what its guide is made of."""


def denoise(
    steps: Steps, guide: Guide, model: ModelFile, *, seamless: bool = False, takeover: Takeover | None = None
) -> Generator[Request, Any, Tensor]:
    """Carry a sampler from its first sigma to its last; returns the final latents.

    A step is noted when the sampler is done with it, however many evaluations it took, and with its last guess.
    """
    done, asked = 0, _next(steps, None)
    while isinstance(asked, Point):
        if takeover is not None and takeover.begins(asked.sigma):
            # for good: a sampler may step back to a higher sigma
            guide, model, takeover = (yield from takeover.guided()), takeover.model, None
        point, now = asked, guide.at(asked)
        rows = yield Evaluate(model, point.latents, point.sigma, now.contexts, now.added, seamless=seamless)
        denoised = guide.combine(now, rows, point)
        asked = _next(steps, denoised)
        if isinstance(asked, Unconditional):
            asked = _next(steps, now.without(rows))
        reached = asked.step - 1 if isinstance(asked, Point) else len(guide.whole)
        if reached > done:
            done = reached
            yield Note(done, denoised)
    assert isinstance(asked, Tensor)
    return asked


def _next(steps: Steps, answer: Tensor | None) -> Point | Unconditional | Tensor:
    """What a sampler asks for after an answer, or the final latents."""
    try:
        return next(steps) if answer is None else steps.send(answer)
    except StopIteration as finished:
        result: Tensor = finished.value
        return result
