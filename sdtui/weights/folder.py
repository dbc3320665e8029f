"""Diffusers folders: which family, and whether everything is there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from sdtui.errors import ModelError
from sdtui.weights.families import CONTEXT_WIDTHS, UNKNOWN, with_channels
from sdtui.weights.files import read_small
from sdtui.weights.header import read_header
from sdtui.weights.stamp import part_files

INDEX = "model_index.json"
CONFIG_LIMIT = 2**20
"""Longest config that is read, in bytes."""
CLASSES = {"unet": "UNet2DConditionModel", "vae": "AutoencoderKL"}
"""The only classes whose modules we build."""
PIPELINE_FAMILIES: tuple[tuple[str, str], ...] = (
    ("StableDiffusion3", "sd3"),
    ("Flux", "flux"),
    ("StableDiffusion", ""),
)
"""Family by the beginning of the pipeline's class name; nothing means that the UNet's config tells."""

_OBJECT = msgspec.json.Decoder(dict[str, object])


def is_model_folder(path: Path) -> bool:
    """Whether a folder is a model in diffusers' layout."""
    return (path / INDEX).is_file()


def folder_family(path: Path) -> str:
    """The family of a diffusers folder by its pipeline's class and its UNet's config; raises ModelError on a broken file."""
    name = read_object(path / INDEX).get("_class_name")
    if not isinstance(name, str):
        return UNKNOWN
    for start, family in PIPELINE_FAMILIES:
        if name.startswith(start):
            return family or _unet_family(path)
    return UNKNOWN


def check_parts(path: Path, parts: tuple[str, ...]) -> None:
    """Raises ModelError unless these parts are there, of the known classes, with sound safetensors weights."""
    for part in parts:
        config = read_object(path / part / "config.json")
        wanted = CLASSES.get(part)
        if wanted and config.get("_class_name") != wanted:
            raise ModelError(f"Its {part} is a {config.get('_class_name')}, not a {wanted}.", where=str(path))
        files = part_files(path, part)
        if not files:
            raise ModelError(_missing(path / part), where=str(path / part))
        for file in files:
            read_header(file)


def scheduler(path: Path) -> dict[str, object]:
    """The scheduler's config: what the model predicts, and from which noise; empty when there is none."""
    config = path / "scheduler" / "scheduler_config.json"
    return read_object(config) if config.is_file() else {}


def read_object(path: Path) -> dict[str, object]:
    """The JSON object in a small file; raises ModelError when there is none."""
    try:
        return _OBJECT.decode(read_small(path, CONFIG_LIMIT))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise ModelError("The file is not a JSON object.", where=str(path)) from None


def _unet_family(path: Path) -> str:
    config = read_object(path / "unet" / "config.json")
    width = config.get("cross_attention_dim")
    family = CONTEXT_WIDTHS.get(width, "") if isinstance(width, int) else ""
    if config.get("addition_embed_type") == "text_time":
        family = "sdxl" if (path / "text_encoder" / "config.json").is_file() else "sdxl-refiner"
    family = family or _encoder_family(path)
    channels = config.get("in_channels")
    return with_channels(family, channels) if isinstance(channels, int) else UNKNOWN


def _encoder_family(path: Path) -> str:
    """The family of a UNet of no usual width by its text encoder: CLIP's activation is SD1's, OpenCLIP's is SD2's."""
    activation = _get(read_object(path / "text_encoder" / "config.json"), "hidden_act")
    return {"quick_gelu": "sd1", "gelu": "sd2"}.get(activation, UNKNOWN)


def _get(config: Mapping[str, object], key: str) -> str:
    value = config.get(key)
    return value if isinstance(value, str) else ""


def _missing(folder: Path) -> str:
    names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    if any(name.endswith(".index.json") or "-of-" in name for name in names):
        return "Its weights are split into several files, and not all of them are there. Download what is missing."
    if any(name.endswith((".bin", ".pt")) for name in names):
        return "Its weights are pickled (.bin), and pickles are off: they can run code. Save them as safetensors."
    return "Its weights are missing (no diffusion_pytorch_model.safetensors or model.safetensors)."
