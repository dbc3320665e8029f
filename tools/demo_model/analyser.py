"""What a picture shows, seen by a program that knows the drawing rules and nothing of the model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from tools.demo_model import draw, words
from tools.demo_model.scene import SIDE_PX, strength

LEAST_PIXELS = 30
LEAST_DIFFERENCE = 50.0
LEAST_OVERLAP = 0.7
MIDDLE_PX = 6.5
# emphases at which a colour is looked for: a model draws some stronger than the data did
LOOKS = (0.7, 1.0, 1.3, 1.6)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One thing: `shape` is "" when none fits; centre, radius in pixels; saturation and overlap 0..1."""

    shape: str
    colour: str
    x_px: float
    y_px: float
    radius_px: float
    saturation: float
    overlap: float

    @property
    def position(self) -> str:
        """Where it stands, as the words say it."""
        across, down = self.x_px - SIDE_PX / 2, self.y_px - SIDE_PX / 2
        if max(abs(across), abs(down)) < MIDDLE_PX:
            return "center"
        if abs(across) > abs(down):
            return "left" if across < 0 else "right"
        return "top" if down < 0 else "bottom"


@dataclass(frozen=True, kw_only=True)
class Sight:
    """A picture on a backdrop of one colour: that colour, its saturation 0..1, and up to three things, largest first."""

    backdrop: str
    saturation: float
    things: tuple[Seen, ...]


@cache
def _palette() -> np.ndarray:
    """Colours (names, looks, 3) a name may stand for."""
    return np.array([[draw.colour(name, look) for look in LOOKS] for name in words.COLOUR_NAMES], np.float32)


def nearest_colours(pixels: np.ndarray) -> np.ndarray:
    """Index of the nearest colour name for pixels (n, 3)."""
    away = ((pixels[:, None, None] - _palette()[None]) ** 2).sum(-1).min(-1)
    return away.argmin(1)


def saturation(pixel: np.ndarray) -> float:
    """Range of a colour's channels, 0 (grey) to 1."""
    return float(pixel.max() - pixel.min()) / 255


@cache
def _proportions(shape: str) -> tuple[float, float]:
    """Area in squared radii, and how far the centroid lies below the centre in radii."""
    inside = draw.distance(shape, draw.COLUMNS - 32, draw.ROWS - 32, 24.0) > 0
    return float(inside.sum()) / 24**2, float((draw.ROWS[inside] - 32).mean()) / 24


def _fit(shape: str, mask: np.ndarray) -> tuple[float, float]:
    """Best overlap (intersection over union) of a shape of about the mask's area and centroid, and its radius."""
    area, lower = _proportions(shape)
    middle_x, middle_y = draw.COLUMNS[mask].mean(), draw.ROWS[mask].mean()
    best = (0.0, 1.0)
    for factor in (0.95, 1.0, 1.05):
        radius = factor * np.sqrt(mask.sum() / area)
        drawn = draw.distance(shape, draw.COLUMNS - middle_x, draw.ROWS - (middle_y - lower * radius), radius) > 0
        best = max(best, (float((drawn & mask).sum() / (drawn | mask).sum()), float(radius)))
    return best


def components(mask: np.ndarray) -> list[np.ndarray]:
    """Connected parts (8 neighbours) of a mask as masks, largest first, without specks."""
    left, found = mask.copy(), []
    while left.any():
        part = np.zeros_like(mask)
        part[tuple(np.argwhere(left)[0])] = True
        size = 0
        while part.sum() != size:
            size = part.sum()
            padded = np.pad(part, 1)
            for across in (0, 1, 2):
                for down in (0, 1, 2):
                    part |= padded[down : down + SIDE_PX, across : across + SIDE_PX]
            part &= left
        left &= ~part
        if size >= LEAST_PIXELS:
            found.append(part)
    return sorted(found, key=lambda part: -int(part.sum()))


def _describe(picture: np.ndarray, mask: np.ndarray, backdrop: int) -> Seen:
    votes = np.bincount(nearest_colours(picture[mask]), minlength=len(words.COLOUR_NAMES))
    votes[backdrop] = 0
    fits = {shape: _fit(shape, mask) for shape in words.SHAPE_NAMES}
    shape = max(fits, key=lambda name: fits[name][0])
    overlap, radius = fits[shape]
    rows, columns = np.where(mask)
    return Seen(
        shape=shape if overlap >= LEAST_OVERLAP else "",
        colour=words.COLOUR_NAMES[int(votes.argmax())],
        x_px=(columns.min() + columns.max() + 1) / 2,
        y_px=(rows.min() + rows.max() + 1) / 2,
        radius_px=radius,
        saturation=saturation(np.median(picture[mask], 0)),
        overlap=overlap,
    )


def see(picture: np.ndarray) -> Sight:
    """What a picture (64, 64, 3), uint8, with a backdrop of one colour shows."""
    floats = picture.astype(np.float32)
    border = np.concatenate([floats[:2].reshape(-1, 3), floats[-2:].reshape(-1, 3)])
    border = np.concatenate([border, floats[:, :2].reshape(-1, 3), floats[:, -2:].reshape(-1, 3)])
    behind = np.median(border, 0)
    index = int(nearest_colours(behind[None])[0])
    mask = np.sqrt(((floats - behind) ** 2).sum(-1)) > LEAST_DIFFERENCE
    things = tuple(_describe(floats, part, index) for part in components(mask)[:3])
    return Sight(backdrop=words.COLOUR_NAMES[index], saturation=saturation(behind), things=things)


def full_strength_saturation(colour: str, weight: float) -> float:
    """Saturation that the drawer gives a colour at an emphasis: what a measured one is compared with."""
    vivid = np.array(draw.VIVID[colour], np.float32)
    return strength(weight) * saturation(vivid)
