"""The module configs of model families, as they ship."""

from __future__ import annotations

import json
from importlib.resources import files

from sdtui.errors import ModelError
from sdtui.weights.families import FAMILY

MODULES = ("unet", "vae", "text_encoder")


def family_config(family: str) -> dict[str, object]:
    """The configs of a family's modules by name (unet, vae, text_encoder), in diffusers' and transformers' words.

    Raises ModelError when none ship for this family.
    """
    folder = files("sdtui.data") / "configs" / family
    if family not in FAMILY or not folder.is_dir():
        raise ModelError(f"There are no module configs for the family '{family}'.")
    return {module: json.loads((folder / f"{module}.json").read_text("utf-8")) for module in MODULES}
