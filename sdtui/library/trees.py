"""Which folders of a tree hold which kind of model, as A1111, Forge and ComfyUI lay them out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from sdtui.spec.model import ModelKind
from sdtui.weights.folder import is_model_folder

CATEGORIES: Mapping[str, ModelKind] = {
    "stable-diffusion": "checkpoint",
    "checkpoints": "checkpoint",
    "diffusers": "checkpoint",
    "lora": "lora",
    "loras": "lora",
    "lycoris": "lora",
    "embeddings": "embedding",
    "hypernetworks": "hypernetwork",
    "vae": "vae",
    "controlnet": "controlnet",
    "esrgan": "upscaler",
    "realesrgan": "upscaler",
    "bsrgan": "upscaler",
    "swinir": "upscaler",
    "scunet": "upscaler",
    "dat": "upscaler",
    "hat": "upscaler",
    "upscale_models": "upscaler",
}
"""Folder name in lower case to the kind that is kept there."""
HOMES: Mapping[ModelKind, str] = {
    "checkpoint": "Stable-diffusion",
    "lora": "Lora",
    "embedding": "embeddings",
    "hypernetwork": "hypernetworks",
    "vae": "VAE",
    "controlnet": "ControlNet",
    "upscaler": "ESRGAN",
    "unknown": "",
}
"""What A1111 calls the folder of a kind: the name of one that has to be made."""
SATELLITES: tuple[str, ...] = ("embeddings", "extensions/sd-webui-controlnet/models")
"""Folders of A1111 that lie beside models/ instead of in it."""


class Root(NamedTuple):
    """A folder to look through: names are relative to it; `skip` are folders below it that are roots of their own.

    `expected` is the kind of what is found there where a file itself does not say; `rank` is the place of the folder it
    was configured by.
    """

    path: Path
    expected: ModelKind = "unknown"
    skip: frozenset[Path] = frozenset()
    rank: int = 0


def find_roots(folder: Path, rank: int = 0) -> tuple[Root, ...]:
    """The folders to look through for one configured folder: a program's tree, its models/ folder, or any folder.

    In a program's tree only the known folders count (it holds a whole program besides); of any other folder everything.
    Raises OSError when the folder cannot be listed.
    """
    if is_model_folder(folder):
        # its vae/ is a part of it, not a folder of VAEs
        return (Root(folder, "checkpoint", rank=rank),)
    models = folder / "models"
    inside = _categories(models) if models.is_dir() else ()
    if inside:
        satellites = tuple(
            Root(folder / name, CATEGORIES.get(name, "controlnet")) for name in SATELLITES if (folder / name).is_dir()
        )
        return tuple(root._replace(rank=rank) for root in (*inside, *satellites))
    below = _categories(folder)
    rest = Root(folder, CATEGORIES.get(folder.name.lower(), "unknown"), frozenset(root.path for root in below))
    return tuple(root._replace(rank=rank) for root in (*below, rest))


def home_of(kind: ModelKind, tree: Path) -> Path:
    """The folder of a tree in which a new model of a kind belongs: the one that is there, else A1111's, made when needed.

    Raises OSError when the tree is there and cannot be listed.
    """
    if tree.is_dir():
        there = [root.path for root in find_roots(tree) if root.expected == kind and root.path != tree]
        # one tree may have several (ESRGAN, RealESRGAN): the usual one comes first
        there.sort(key=lambda path: path.name.lower() != HOMES[kind].lower())
        if there:
            return there[0]
    models = tree / "models"
    if kind == "embedding" and models.is_dir():
        return tree / HOMES[kind]
    return (models if models.is_dir() else tree) / HOMES[kind]


def _categories(folder: Path) -> tuple[Root, ...]:
    children = sorted(folder.iterdir())
    return tuple(
        Root(child, CATEGORIES[child.name.lower()])
        for child in children
        if child.name.lower() in CATEGORIES and child.is_dir()
    )
