"""A file of weights, known by its header."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from sdtui.spec.params import Scalar

ModelKind = Literal["checkpoint", "lora", "embedding", "hypernetwork", "vae", "controlnet", "upscaler", "unknown"]
ModelLayout = Literal["original", "diffusers"]


class ModelRecord(Struct, frozen=True, kw_only=True):
    """What the header of a file (or folder) of weights says.

    `size` in bytes, `mtime_ns` in nanoseconds since the epoch; both name the version of the file together with `path`.
    `defaults` are the parameters the model wants (field name to value); `architecture` holds the module configs it brings
    along, when it is not of its family's own size. `alias` is what whoever made it called it, `trigger_words` are what a
    LoRA is called up by and `preferred_weight` what it is best used with (0: nobody says). `vectors` is how many tokens an
    embedding takes the place of (0: nobody knows).
    `prediction` is what a checkpoint's UNet predicts (unknown: found out when it is loaded), `zero_terminal` whether it was
    trained on pure noise, too.
    `problem` says why it cannot be used, in a sentence, or is empty.
    """

    name: str
    path: str
    kind: ModelKind
    family: str
    layout: ModelLayout = "original"
    size: int = 0
    mtime_ns: int = 0
    sha256: str = ""
    defaults: dict[str, Scalar] = {}
    architecture: dict[str, object] | None = None
    title: str = ""
    alias: str = ""
    trigger_words: tuple[str, ...] = ()
    preferred_weight: float = 0
    vectors: int = 0
    prediction: Literal["epsilon", "v_prediction", "unknown"] = "epsilon"
    zero_terminal: bool = False
    problem: str = ""
    builtin: bool = False


class ModelFile(Struct, frozen=True, kw_only=True):
    """The version of a model that a render was planned with; another size or mtime means the file has changed since."""

    name: str
    path: str
    size: int
    mtime_ns: int
    sha256: str = ""

    @property
    def version(self) -> tuple[str, ...]:
        """What tells this version of the file from every other."""
        return (self.path, str(self.size), str(self.mtime_ns))
