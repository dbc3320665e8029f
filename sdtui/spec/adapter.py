"""What a picture adds to its checkpoint: LoRAs, hypernetworks and embeddings."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from sdtui.spec.model import ModelFile

NetworkKind = Literal["lora", "hypernetwork"]


class Network(Struct, frozen=True, kw_only=True):
    """A LoRA or hypernetwork as a picture uses it, with its weights (±10) in the text encoders and in the UNet.

    A hypernetwork has one multiplier, `unet`. `dyn` is how many of a LoRA's dimensions count (None: all).
    """

    kind: NetworkKind
    file: ModelFile
    te: float = 1.0
    unet: float = 1.0
    dyn: int | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """Equal for equal effects."""
        return (self.kind, *self.file.version, repr(self.te), repr(self.unet), repr(self.dyn))


class Embedding(Struct, frozen=True, kw_only=True):
    """A word of the prompts that stands for the vectors in a file."""

    word: str
    file: ModelFile
