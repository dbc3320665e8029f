"""What a checkpoint's UNet predicts, as far as its files tell: SD 2.x models of both kinds have the same tensors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from sdtui.errors import ModelError
from sdtui.weights.families import INPAINT
from sdtui.weights.files import read_small
from sdtui.weights.folder import scheduler
from sdtui.weights.header import Header
from sdtui.weights.wishes import SIDE_LIMIT, read_side_prediction, side_file

Kind = Literal["epsilon", "v_prediction", "unknown"]
EPSILON: Kind = "epsilon"
VELOCITY: Kind = "v_prediction"
SPELLINGS: Mapping[str, Kind] = {
    "v": VELOCITY,
    "v_prediction": VELOCITY,
    "v-prediction": VELOCITY,
    "vpred": VELOCITY,
    "epsilon": EPSILON,
    "eps": EPSILON,
}
ARCHITECTURES: tuple[tuple[str, Kind], ...] = (
    ("stable-diffusion-v2-768-v", VELOCITY),
    ("stable-diffusion-v2-512", EPSILON),
)
"""What `modelspec.architecture` says of SD 2.x."""
EDM_KEYS = ("edm_mean", "edm_vpred.sigma_max")
"""Marker keys of models that were trained in another way altogether."""
_PARAMETERIZATION = re.compile(rb"""^\s*parameterization\s*:\s*["']?(\w+)""", re.MULTILINE)


class Predicted(NamedTuple):
    """What the UNet predicts, and whether it was trained on pure noise, too (zero terminal SNR)."""

    kind: Kind
    zero_terminal: bool = False


def of_file(path: Path, family: str, header: Header) -> Predicted:
    """By the side files (NAME.json, NAME.yaml as A1111 reads it), then the file's own marks and metadata.

    An SD 2.x model of which nothing is said is `unknown`, others predict the noise. Raises ModelError on a word nobody knows.
    """
    if found := next((key for key in EDM_KEYS if key in header.tensors), ""):
        raise ModelError(f"The model was trained as EDM ('{found}'), which cannot be rendered yet.", where=str(path))
    return Predicted(_kind(path, family, header), "ztsnr" in header.tensors)


def of_folder(path: Path) -> Predicted:
    """By the side file, else the scheduler's config."""
    config = scheduler(path)
    told = read_side_prediction(path) or str(config.get("prediction_type") or EPSILON)
    return Predicted(_spelled(told, str(path)), config.get("rescale_betas_zero_snr") is True)


def _kind(path: Path, family: str, header: Header) -> Kind:
    for told in _told(path, header):
        return _spelled(told, str(path))
    architecture = header.metadata.get("modelspec.architecture", "").lower()
    for start, kind in ARCHITECTURES:
        if architecture.startswith(start):
            return kind
    return "unknown" if family.removesuffix(INPAINT) == "sd2" else EPSILON


def _told(path: Path, header: Header) -> Iterable[str]:
    if said := read_side_prediction(path):
        yield said
    yaml = side_file(path).with_suffix(".yaml")
    if yaml.is_file() and (found := _PARAMETERIZATION.search(read_small(yaml, SIDE_LIMIT))):
        yield found[1].decode("ascii", "replace")
    if "v_pred" in header.tensors:
        yield VELOCITY
    if said := header.metadata.get("modelspec.prediction_type", ""):
        yield said


def _spelled(word: str, where: str) -> Kind:
    kind = SPELLINGS.get(word.lower())
    if kind is None:
        raise ModelError(f"The model predicts '{word[:40]}', which cannot be rendered; epsilon and v can.", where=where)
    return kind
