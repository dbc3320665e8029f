"""What the user edits; what a picture, a preset and a draft all become."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from sdtui.spec.params import Scalar

AUTOMATIC_VAE, OWN_VAE = "Automatic", "None"
"""What A1111 calls the VAE that goes with the checkpoint, and the one inside it."""
NO_REFINER = "None"
"""What A1111 calls no refiner."""


class Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A wish, not yet a plan: prompts, the parameters that were set (the others keep their default), the checkpoint by name.

    `params` is sparse: fields that are absent take the checkpoint's default, else the FIELDS table's.
    `checkpoint` empty means the default one (config key, else the built-in model). `vae` empty means the one that goes with
    the checkpoint (its side file, else the config key, else its own), OWN_VAE the checkpoint's own whatever lies beside it.
    `refiner` is the checkpoint that takes over at `refiner_switch_at`, empty: none. `presets` names presets that are merged in
    beneath it, in their order, when it is planned.
    """

    kind: Literal["txt2img"] = "txt2img"
    prompt: str = ""
    negative_prompt: str = ""
    params: dict[str, Scalar] = {}
    checkpoint: str = ""
    vae: str = ""
    refiner: str = ""
    presets: tuple[str, ...] = ()
