"""What a picture in the making may ask for: a closed union, served by the engine, so that pictures never touch a module.

Each names its model, so that a second pass with another checkpoint is the same mechanism.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor

from sdtui.prompt.emphasis import Run
from sdtui.spec.adapter import Embedding
from sdtui.spec.model import ModelFile

Text = tuple[Run, ...]


class Cue(NamedTuple):
    """A text and the side it stands on: some families read a negative prompt in another way."""

    text: Text
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Encode:
    """Texts through the text encoders; answered with Encoded.

    `clip_skip` counts from 1, the last layer. size_px: width and height of the picture, which some families are told.
    `embeddings` are the words that stand for files of vectors.
    """

    model: ModelFile
    cues: tuple[Cue, ...]
    clip_skip: int
    emphasis: str
    comma_backtrack: int
    size_px: tuple[int, int] = (512, 512)
    embeddings: tuple[Embedding, ...] = ()


class Added(NamedTuple):
    """What SDXL's UNet is told beside the context. pooled: (width of the pooled output,); numbers: sizes and scores, (6,) or (5,)."""

    pooled: Tensor
    numbers: Tensor


class EncodedText(NamedTuple):
    """A text's chunks and the chunk to pad them with, (77, width) each; `added` where the family wants it.

    Cues that are encoded alike share one object.
    """

    chunks: tuple[Tensor, ...]
    fill: Tensor
    added: Added | None = None


class Encoded(NamedTuple):
    """The encoding of each cue, in their order; `notes` are sentences for the job's log.

    `unread`: the words of embeddings that were read as words.
    """

    texts: tuple[EncodedText, ...]
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluate:
    """One guess of the clean latents under each context; answered with a tensor (contexts, 4, height/8, width/8).

    latents: (4, height/8, width/8), clean latents plus sigma times unit noise; contexts: (77·chunks, width) each, all as long.
    added: as many as contexts, for families that want it. beside: (5, height/8, width/8), the mask and the latents of the
    masked picture, for inpainting models; None stands for a picture that is masked all over. seamless: opposite edges touch.
    """

    model: ModelFile
    latents: Tensor
    sigma: float
    contexts: tuple[Tensor, ...]
    added: tuple[Added, ...] = ()
    beside: Tensor | None = None
    seamless: bool = False

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
    """Latents through the VAE, while others go on; answered with a Picture. latents: (4, height/8, width/8).

    seamless: opposite edges touch.
    """

    model: ModelFile
    latents: Tensor
    seamless: bool = False


class Picture(NamedTuple):
    """RGB bytes, row by row; `notes` are sentences for the job's log, `makeshifts` what a lack of memory changed about it."""

    width_px: int
    height_px: int
    rgb: bytes
    notes: tuple[str, ...] = ()
    makeshifts: tuple[str, ...] = ()


Request = Encode | Evaluate | Note | Decode
Making = Generator[Request, Any, Picture]
