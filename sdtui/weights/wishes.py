"""What a model brings along besides tensors: its own defaults and, when it is not of its family's size, its architecture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from sdtui.errors import ModelError, UsageError
from sdtui.spec.params import Scalar, check_value
from sdtui.weights.families import FAMILY
from sdtui.weights.files import read_small

DEFAULTS_KEY = "sdtui.defaults"
ARCHITECTURE_KEY = "sdtui.architecture"
SIDE_KEY = "sdtui"
PREDICTION_KEY = "prediction"
SIDE_LIMIT = 2**20
"""Longest side file that is read, in bytes."""
ARCHITECTURE_LIMIT = 2**16
"""Longest architecture that is read, in characters."""

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_SCALARS = msgspec.json.Decoder(dict[str, Scalar])
_Setting = Scalar | list[Scalar | list[Scalar] | None] | None
# two levels of lists and no more: what is nested deeper than a module's config ever is would travel on every wire
_MODULES = msgspec.json.Decoder(dict[str, dict[str, _Setting]])


class _Said(msgspec.Struct, frozen=True):
    prediction: str = ""


class _Side(msgspec.Struct, frozen=True):
    sdtui: _Said = _Said()


_SIDE = msgspec.json.Decoder(_Side)
_BROKEN = (msgspec.MsgspecError, UnicodeError, RecursionError)


def side_file(path: Path) -> Path:
    """Where a model's side file is: NAME.json beside NAME.safetensors, FOLDER.json beside a diffusers folder."""
    return path.parent / f"{path.name if path.is_dir() else path.stem}.json"


def read_defaults(path: Path, metadata: Mapping[str, str]) -> dict[str, Scalar]:
    """The parameters a model wants: those of its metadata, overruled by its side file's; raises ModelError on a wrong one."""
    own = _defaults(metadata[DEFAULTS_KEY].encode(), str(path)) if DEFAULTS_KEY in metadata else {}
    side = side_file(path)
    if not side.is_file():
        return own
    data = read_small(side, SIDE_LIMIT)
    try:
        entries = _OBJECT.decode(data)
    except _BROKEN:
        # other programs write files of this name too; a broken one concerns us only when it speaks to us
        if f'"{SIDE_KEY}"'.encode() in data:
            raise ModelError("The side file is not valid JSON.", where=str(side)) from None
        return own
    return {**own, **_defaults(bytes(entries[SIDE_KEY]), str(side))} if SIDE_KEY in entries else own


def read_side_prediction(path: Path) -> str:
    """What the side file says that the UNet predicts (`"sdtui": {"prediction": "v"}`), or nothing."""
    side = side_file(path)
    if not side.is_file():
        return ""
    try:
        return _SIDE.decode(read_small(side, SIDE_LIMIT)).sdtui.prediction
    except (*_BROKEN, ModelError):
        # what is wrong with it is told where the defaults are read
        return ""


def read_architecture(path: Path, metadata: Mapping[str, str], family: str) -> dict[str, object] | None:
    """The module configs that a model of a family brings along, None when it has none; raises ModelError when they are broken."""
    text = metadata.get(ARCHITECTURE_KEY)
    if text is None:
        return None
    try:
        modules = _MODULES.decode(text) if len(text) <= ARCHITECTURE_LIMIT else {}
    except _BROKEN:
        modules = {}
    wanted = FAMILY[family].modules
    if set(modules) != set(wanted):
        raise ModelError(f"Its metadata '{ARCHITECTURE_KEY}' does not hold {', '.join(wanted)}.", where=str(path))
    return dict(modules)


def _defaults(data: bytes, where: str) -> dict[str, Scalar]:
    try:
        values = _SCALARS.decode(data)
        values.pop(PREDICTION_KEY, None)
        return {name: check_value(name, value) for name, value in values.items()}
    except UsageError as error:
        raise ModelError(f"Its defaults are wrong: {error}", where=where) from None
    except _BROKEN:
        raise ModelError("Its defaults are not an object of parameters and values.", where=where) from None
