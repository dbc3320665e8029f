"""A submission and its pictures, with nothing left to chance."""

from __future__ import annotations

from msgspec import Struct

from sdtui.spec.adapter import Embedding, Network
from sdtui.spec.document import Document
from sdtui.spec.model import ModelFile
from sdtui.spec.params import Params


class Refiner(Struct, frozen=True, kw_only=True):
    """A checkpoint that makes the last steps; what a picture adds to its checkpoint goes along when `alike`, of one family."""

    file: ModelFile
    alike: bool = False


class Render(Struct, frozen=True, kw_only=True):
    """One picture: resolved prompt, fixed seed, model by version, final path. The same render is the same picture.

    Without `vae` the checkpoint's own decodes. `overwrite` lets it replace a file at `path`, which only `-o` with `--force`
    asks for.
    """

    id: str
    job_id: int
    index: int
    prompt: str
    negative_prompt: str
    params: Params
    checkpoint: ModelFile
    path: str
    overwrite: bool = False
    networks: tuple[Network, ...] = ()
    embeddings: tuple[Embedding, ...] = ()
    vae: ModelFile | None = None
    refiner: Refiner | None = None

    @property
    def group_key(self) -> tuple[str, ...]:
        """Renders with equal keys may share a UNet call."""
        parts = [self.checkpoint.version, *(network.key for network in self.networks)]
        parts += [("vae", *self.vae.version)] if self.vae else []
        return tuple(word for part in parts for word in part)


class Job(Struct, frozen=True, kw_only=True):
    """What the user sees as one row: a document as it was submitted and the renders it was planned into.

    `created_at` in seconds since the epoch.
    """

    id: int
    created_at: float
    document: Document
    renders: tuple[Render, ...]
