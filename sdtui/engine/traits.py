"""What sets the model families apart for the engine: how their texts are read, and what their UNet is told beside the context."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from sdtui.engine.keys import TEXT_ENCODER, TEXT_ENCODER_2, UNET, VAE
from sdtui.errors import ModelError

CLIP_PAD, OPENCLIP_PAD = 49407, 0
"""What fills a chunk behind its end: CLIP repeats the end token, OpenCLIP writes zeros."""
HIGH_SCORE, LOW_SCORE = 6.0, 2.5
"""The aesthetic scores that SDXL's refiner is told of the prompt and of the negative prompt, as A1111."""


class Reader(NamedTuple):
    """How a family reads one text encoder: `layer` counts from the last, 1; 0 leaves it to the picture's clip skip."""

    component: str
    padding: int
    layer: int = 0
    normed: bool = True


class Traits(NamedTuple):
    """A family's ways; the contexts of several readers stand side by side, the last one's pooled output counts.

    `numbers` is what the UNet is told of a picture's size: nothing, the sizes (SDXL), or size and score (its refiner).
    """

    readers: tuple[Reader, ...]
    numbers: str = ""

    @property
    def components(self) -> tuple[str, ...]:
        """The modules that a checkpoint of the family has."""
        return (UNET, VAE, *(reader.component for reader in self.readers))

    @property
    def clip_skip_counts(self) -> bool:
        """Clip skip changes something; the other families are read as they were trained, as A1111 does."""
        return any(reader.layer == 0 for reader in self.readers)

    def told(self, size_px: tuple[int, int], *, negative: bool) -> tuple[float, ...]:
        """The numbers beside the context for a picture of this width and height.

        Sizes (SDXL): original height and width, cropped top and left, target height and width. The refiner has the aesthetic
        score in the target's place.
        """
        width, height = map(float, size_px)
        original = (height, width, 0.0, 0.0)
        if self.numbers == "sizes":
            return (*original, height, width)
        return (*original, LOW_SCORE if negative else HIGH_SCORE) if self.numbers == "score" else ()


_CLIP_L = Reader(TEXT_ENCODER, CLIP_PAD)
_OPENCLIP_H = Reader(TEXT_ENCODER, OPENCLIP_PAD, layer=1)
_CLIP_L_OF_XL = Reader(TEXT_ENCODER, CLIP_PAD, layer=2, normed=False)
_OPENCLIP_G = Reader(TEXT_ENCODER_2, OPENCLIP_PAD, layer=2, normed=False)
_SD1 = Traits((_CLIP_L,))
# its config ends at the last layer but one of OpenCLIP's, which is the last that anybody reads
_SD2 = Traits((_OPENCLIP_H,))
_SDXL = Traits((_CLIP_L_OF_XL, _OPENCLIP_G), "sizes")

TRAITS: Mapping[str, Traits] = MappingProxyType(
    {
        "sd1": _SD1,
        "sd1-inpaint": _SD1,
        "sd2": _SD2,
        "sd2-inpaint": _SD2,
        "sdxl": _SDXL,
        "sdxl-inpaint": _SDXL,
        "sdxl-refiner": Traits((_OPENCLIP_G,), "score"),
    }
)


def traits_of(family: str) -> Traits:
    """The ways of a family; raises ModelError when the engine knows none."""
    traits = TRAITS.get(family)
    if traits is None:
        raise ModelError(f"Checkpoints of the family '{family}' cannot be rendered.")
    return traits
