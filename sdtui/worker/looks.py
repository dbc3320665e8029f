"""How colourful a checkpoint's pictures usually are, so that one which is much duller gets a hint: often it is the wrong VAE."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
from PIL import Image

from sdtui.spec.outcome import Painted
from sdtui.weights.identify import builtin_path

KEPT = 64
USUAL = 8
"""So many pictures tell what is usual."""
LEAST_STEPS = 8
"""A picture of fewer steps may be grey because it is not finished."""
DULL_COLOUR, DULL_CONTRAST = 0.5, 0.6
SIDE = 32


class Look(NamedTuple):
    """How colourful and how contrasty a picture is; 0 is one even grey, some 50 is lively."""

    colour: float
    contrast: float


def look_at(painted: Painted) -> Look:
    """The look of a picture, at 32 × 32: colourfulness as Hasler and Süsstrunk (2003), and the deviation of its luminance."""
    picture = Image.frombytes("RGB", (painted.width_px, painted.height_px), painted.rgb)
    data = picture.resize((SIDE, SIDE), Image.Resampling.BOX).tobytes()
    pixels = list(zip(data[::3], data[1::3], data[2::3], strict=True))
    red_green = [red - green for red, green, _ in pixels]
    yellow_blue = [(red + green) / 2 - blue for red, green, blue in pixels]
    spread = (statistics.pvariance(red_green) + statistics.pvariance(yellow_blue)) ** 0.5
    middle = (statistics.fmean(red_green) ** 2 + statistics.fmean(yellow_blue) ** 2) ** 0.5
    luminance = [0.299 * red + 0.587 * green + 0.114 * blue for red, green, blue in pixels]
    return Look(spread + 0.3 * middle, statistics.pstdev(luminance))


class Looks:
    """The looks of each checkpoint's newest pictures, kept in a file between sessions."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._looks = _read(path)
        self._hinted: set[int] = set()

    def judge(self, painted: Painted) -> str:
        """Remember the picture's look; a hint, one for each job, if it and the one before are much duller than the usual ones.

        A single one may be plain because it was asked for. The built-in checkpoint's own VAE is above suspicion.
        """
        render = painted.render
        if render.params.steps < LEAST_STEPS:
            return ""
        look = look_at(painted)
        held = self._looks.setdefault(render.checkpoint.path, [])
        usual, before = _usual(held), held[-1:]
        held.append(look)
        del held[:-KEPT]
        self._write()
        if usual is None or not all(_is_dull(each, usual) for each in (*before, look)):
            return ""
        if render.job_id in self._hinted or (render.vae is None and Path(render.checkpoint.path) == builtin_path()):
            return ""
        self._hinted.add(render.job_id)
        vae = f"the VAE {render.vae.name}" if render.vae else "the checkpoint's own VAE"
        return (
            f"Two pictures are much duller than those of {render.checkpoint.name} usually are (colour {look.colour:.0f} instead of "
            f"{usual.colour:.0f}). Unless that was asked for, {vae} may not belong to this model: try another."
        )

    def _write(self) -> None:
        part = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            part.write_text(json.dumps(self._looks))
            part.replace(self._path)
        except OSError:
            # a hint that is not remembered is not worth a picture
            part.unlink(missing_ok=True)


def _is_dull(look: Look, usual: Look) -> bool:
    return look.colour < DULL_COLOUR * usual.colour and look.contrast < DULL_CONTRAST * usual.contrast


def _usual(looks: list[Look]) -> Look | None:
    """The medians, once there are enough pictures."""
    if len(looks) < USUAL:
        return None
    return Look(statistics.median(look.colour for look in looks), statistics.median(look.contrast for look in looks))


def _read(path: Path) -> dict[str, list[Look]]:
    """What was kept; nothing when there is no such file, or none that can be understood."""
    try:
        kept: Mapping[str, list[Look]] = msgspec.json.decode(path.read_bytes(), type=dict[str, list[Look]])
    except (OSError, msgspec.DecodeError):
        return {}
    return dict(kept)
