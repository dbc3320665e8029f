"""The module configs of model families, as they ship."""

from __future__ import annotations

import json
from importlib.resources import files

from sdtui.errors import ModelError
from sdtui.weights.families import FAMILY, INPAINT

INPAINT_CHANNELS = 9


def family_config(family: str) -> dict[str, object]:
    """The configs of a family's modules by name (unet, vae, text_encoder, …), in diffusers' and transformers' words.

    Inpainting models are their family's own but for the UNet's input. Raises ModelError when none ship for this family.
    """
    known = FAMILY.get(family)
    if known is None or not known.renderable:
        raise ModelError(f"There are no module configs for the family '{family}'.")
    folder = files("sdtui.data") / "configs" / family.removesuffix(INPAINT)
    configs = {module: json.loads((folder / f"{module}.json").read_text("utf-8")) for module in known.modules}
    if family.endswith(INPAINT):
        configs["unet"]["in_channels"] = INPAINT_CHANNELS
    return configs
