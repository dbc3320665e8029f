"""What a picture in the making may ask for: a closed union, served by the engine, so that pictures never touch a module.

Each names its model, so that a second pass with another checkpoint is the same mechanism.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor

from sdtui.prompt.emphasis import Run
from sdtui.spec.model import ModelFile

Text = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Encode:
    """Texts through the text encoder; answered with Encoded. `clip_skip` counts from 1, the last layer."""

    model: ModelFile
    texts: tuple[Text, ...]
    clip_skip: int
    emphasis: str
    comma_backtrack: int


class Encoded(NamedTuple):
    """For each text its chunks, (77, width) each, and the chunk of the empty text to pad with."""

    texts: tuple[tuple[Tensor, ...], ...]
    empty: Tensor


@dataclass(frozen=True, slots=True)
class Evaluate:
    """One guess of the clean latents under each context; answered with a tensor (contexts, 4, height/8, width/8).

    latents: (4, height/8, width/8), clean latents plus sigma times unit noise; contexts: (77·chunks, width) each, all as long.
    """

    model: ModelFile
    latents: Tensor
    sigma: float
    contexts: tuple[Tensor, ...]

    @property
    def rows(self) -> int:
        """How many rows of a batch it takes."""
        return len(self.contexts)

    @property
    def tokens(self) -> int:
        """The length of its contexts."""
        return self.contexts[0].shape[0]


@dataclass(frozen=True, slots=True)
class Note:
    """A step is done; answered with None at once. denoised: the guess of the clean latents, (4, height/8, width/8)."""

    step: int
    denoised: Tensor


@dataclass(frozen=True, slots=True)
class Decode:
    """Latents through the VAE, while others go on; answered with a Picture. latents: (4, height/8, width/8)."""

    model: ModelFile
    latents: Tensor


class Picture(NamedTuple):
    """RGB bytes, row by row; `notes` are sentences for the job's log."""

    width_px: int
    height_px: int
    rgb: bytes
    notes: tuple[str, ...] = ()


Request = Encode | Evaluate | Note | Decode
Making = Generator[Request, Any, Picture]
