"""The model families by the ids that records carry, and which of them can be rendered."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

UNKNOWN = "unknown"


ONE_ENCODER = ("unet", "vae", "text_encoder")
TWO_ENCODERS = (*ONE_ENCODER, "text_encoder_2")
ONLY_SECOND = ("unet", "vae", "text_encoder_2")


class Family(Struct, frozen=True, kw_only=True):
    """One family of models; its checkpoints can be rendered when `modules` says what they are made of.

    `side_px` is the side of the square pictures it was trained on.
    """

    id: str
    label: str
    modules: tuple[str, ...] = ()
    side_px: int = 512

    @property
    def renderable(self) -> bool:
        """The engine makes pictures with its checkpoints."""
        return bool(self.modules)


FAMILIES: tuple[Family, ...] = (
    Family(id="sd1", label="SD 1.x", modules=ONE_ENCODER),
    Family(id="sd1-inpaint", label="SD 1.x inpainting", modules=ONE_ENCODER),
    Family(id="sd2", label="SD 2.x", modules=ONE_ENCODER),
    Family(id="sd2-inpaint", label="SD 2.x inpainting", modules=ONE_ENCODER),
    Family(id="sdxl", label="SDXL", modules=TWO_ENCODERS, side_px=1024),
    Family(id="sdxl-inpaint", label="SDXL inpainting", modules=TWO_ENCODERS, side_px=1024),
    Family(id="sdxl-refiner", label="SDXL refiner", modules=ONLY_SECOND, side_px=1024),
    Family(id="sd3", label="SD 3"),
    Family(id="flux", label="Flux"),
    # what SD 1.x, 2.x and XL share: a VAE of theirs cannot be told apart by its header
    Family(id="sd", label="SD 1.x, 2.x or XL"),
    Family(id="any", label="any model"),
    Family(id=UNKNOWN, label="unknown family"),
)
FAMILY: Mapping[str, Family] = {family.id: family for family in FAMILIES}

CONTEXT_WIDTHS: Mapping[int, str] = {768: "sd1", 1024: "sd2", 2048: "sdxl", 1280: "sdxl-refiner"}
"""Family by the width of the text encoding that cross-attention reads."""
INPAINT = "-inpaint"
INPUT_CHANNELS: Mapping[int, str] = {4: "", 9: INPAINT}
"""What the number of the UNet's input channels adds to the family's id; other numbers are no family of ours."""
METADATA_PREFIXES: tuple[tuple[str, str], ...] = (
    ("stable-diffusion-xl", "sdxl"),
    ("sdxl", "sdxl"),
    ("stable-diffusion-v1", "sd1"),
    ("sd_v1", "sd1"),
    ("sd_1", "sd1"),
    ("stable-diffusion-v2", "sd2"),
    ("sd_v2", "sd2"),
    ("stable-diffusion-3", "sd3"),
    ("stable-diffusion-v3", "sd3"),
    ("sd3", "sd3"),
    ("flux", "flux"),
)
"""Family by the beginning of `modelspec.architecture` or `ss_base_model_version`, where the tensors do not tell."""


def with_channels(family: str, channels: int) -> str:
    """The family's id with what its UNet's input channels say: `sd1` of 9 channels is `sd1-inpaint`."""
    widened = family + INPUT_CHANNELS.get(channels, "?")
    return widened if widened in FAMILY else UNKNOWN


def latents_of(family: str) -> str:
    """A name for the latents of a family; models of equal names can go on with each other's."""
    return "xl" if family.startswith("sdxl") else "sd" if family.startswith(("sd1", "sd2")) else family
