"""diffusers' modules, and only those: its packages import far more than a UNet and a VAE need.

A plain import of UNet2DConditionModel and AutoencoderKL takes about 4.5 s on top of torch (torch._dynamo for a decorator,
all of transformers for a type annotation, every other model of its folders); this way takes 0.6 s.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

PACKAGES = ("diffusers.models.unets", "diffusers.models.transformers", "diffusers.models.autoencoders")


class Libraries(NamedTuple):
    """The classes of modules that checkpoints are built from."""

    unet: Any
    vae: Any


@cache
def load_libraries() -> Libraries:
    """Import what checkpoints are built from, offline and without chatter; takes about half a second the first time."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    with _stand_ins():
        unets = importlib.import_module("diffusers.models.unets.unet_2d_condition")
        autoencoders = importlib.import_module("diffusers.models.autoencoders.autoencoder_kl")
    return Libraries(unets.UNet2DConditionModel, autoencoders.AutoencoderKL)


@contextmanager
def _stand_ins() -> Iterator[None]:
    """Hollow modules under the names of what is not needed, gone afterwards; modules already imported stay as they are."""
    diffusers = importlib.util.find_spec("diffusers")
    folders = (diffusers.submodule_search_locations if diffusers else None) or []
    # where somebody has imported the whole transformers before, it wants the whole of torch, too
    whole = "transformers" in sys.modules
    modules = {} if whole else {"torch._dynamo": _hollow_dynamo(), "transformers": _hollow_transformers()}
    for name in PACKAGES:
        package = ModuleType(name)
        package.__path__ = [str(Path(folder).joinpath(*name.split(".")[1:])) for folder in folders]
        modules[name] = package
    placed = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(placed)
    try:
        yield
    finally:
        for name, module in placed.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def _hollow_dynamo() -> ModuleType:
    """torch._dynamo's two decorators that diffusers uses at import; they only matter to a compiler."""

    def keep(function: Any = None, *_: object, **__: object) -> Callable[..., Any]:
        return function if function is not None else keep

    module = ModuleType("torch._dynamo")
    module.__dict__.update(allow_in_graph=keep, disable=keep)
    return module


def _hollow_transformers() -> ModuleType:
    """The two names of transformers that diffusers' loaders mention, as empty classes."""
    module = ModuleType("transformers")
    module.__spec__ = ModuleSpec("transformers", None)
    module.__dict__.update(
        PreTrainedModel=type("PreTrainedModel", (), {}), AutoImageProcessor=type("AutoImageProcessor", (), {})
    )
    return module
