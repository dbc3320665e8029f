"""What model sites' tools write beside a download: NAME.civitai.info."""

from __future__ import annotations

from pathlib import Path

import msgspec

from sdtui.errors import ModelError
from sdtui.weights.files import read_small
from sdtui.weights.wishes import side_file

SUFFIX = ".civitai.info"
LIMIT = 4 * 2**20
"""Longest file that is read, in bytes."""


class _Model(msgspec.Struct, frozen=True):
    name: str | None = None


class SiteInfo(msgspec.Struct, frozen=True):
    """The keys that are used, as the site calls them."""

    trainedWords: tuple[str, ...] = ()
    description: str | None = None
    baseModel: str | None = None
    model: _Model | None = None


_INFO = msgspec.json.Decoder(SiteInfo)


def read_site_info(path: Path) -> SiteInfo:
    """What is beside a model; nothing where that is missing or broken."""
    file = beside(path, SUFFIX)
    try:
        return _INFO.decode(read_small(file, LIMIT)) if file.is_file() else SiteInfo()
    except (ModelError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return SiteInfo()


def beside(path: Path, ending: str) -> Path:
    """The file beside a model whose name is the model's own with another ending."""
    side = side_file(path)
    return side.with_name(side.name.removesuffix(".json") + ending)
