"""Scenes: what a picture shows, as values, drawn at random from a seed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.demo_model import words

SIDE_PX = 64
OFFSET_PX = 16.0
HELD_OUT_IN = 9
# how often each shape is drawn: a ring's hole has to be learnt against every backdrop
SHAPE_SHARES = {"ring": 2.0, "star": 1.3}
PAIRS = (("left", "right"), ("right", "left"), ("top", "bottom"), ("bottom", "top"))
DIRECTIONS = {"center": (0, 0), "left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1)}
# radius in pixels of small, unnamed and large things, alone and in pairs
RADII_ALONE = {"small": 11.0, "": 14.5, "large": 19.0}
RADII_PAIR = {"small": 10.6, "": 11.9, "large": 13.4}


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One drawn thing; `weights` holds the emphasis of the attributes that have one (0..2, else 1)."""

    shape: str
    colour: str
    size: str
    position: str
    style: str = "plain"
    weights: Mapping[str, float] = field(default_factory=dict)
    x_px: float = SIDE_PX / 2
    y_px: float = SIDE_PX / 2
    radius_px: float = RADII_ALONE["large"]

    def weight(self, attribute: str) -> float:
        """Emphasis of an attribute: 1 when none was given."""
        return self.weights.get(attribute, 1.0)


@dataclass(frozen=True, kw_only=True)
class Backdrop:
    """What lies behind the things; `weights` as in Thing, for `colour` and `kind`."""

    kind: str
    colour: str
    weights: Mapping[str, float] = field(default_factory=dict)

    def weight(self, attribute: str) -> float:
        """Emphasis of an attribute: 1 when none was given."""
        return self.weights.get(attribute, 1.0)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A backdrop, one or two things, and the cells (column, row) of a night sky's stars."""

    backdrop: Backdrop
    things: tuple[Thing, ...]
    stars: tuple[tuple[int, int], ...] = ()


def held_out(shape: str, colour: str, backdrop: Backdrop) -> bool:
    """Whether this triple of shape, colour and background colour never occurs in the training."""
    if backdrop.kind == "night":
        return False
    numbers = (words.SHAPE_NAMES.index(shape), words.COLOUR_NAMES.index(colour))
    return (numbers[0] + 2 * numbers[1] + 4 * words.COLOUR_NAMES.index(backdrop.colour)) % HELD_OUT_IN == 0


def strength(weight: float) -> float:
    """How much of an attribute is drawn for an emphasis: 0.66 at weight 1, all of it from 1.6 on."""
    return max(0.0, min(1.0, 0.66 * weight if weight <= 1 else 0.66 + 0.34 * (weight - 1) / 0.6))


def radius_px(size: str, weight: float, *, pair: bool) -> float:
    """Radius of a thing: sizes move away from the unnamed size as their emphasis grows."""
    radii = RADII_PAIR if pair else RADII_ALONE
    return radii[""] * (radii[size] / radii[""]) ** min(weight, 1.6)


def centre_px(position: str, radius: float, weight: float, *, pair: bool) -> tuple[float, float]:
    """Centre (x, y) of a thing: the offset from the middle grows with the emphasis, inside the picture."""
    reach = OFFSET_PX if pair or radius < 15 else OFFSET_PX - 3
    offset = min(reach * weight, 31 - radius)
    across, down = DIRECTIONS[position]
    return SIDE_PX / 2 + across * offset, SIDE_PX / 2 + down * offset


def place(thing: Thing, rnd: random.Random, *, pair: bool) -> Thing:
    """The thing with its radius and centre, a little at random."""
    radius = radius_px(thing.size, thing.weight("size"), pair=pair) * rnd.uniform(0.96, 1.04)
    x, y = centre_px(thing.position, radius, thing.weight("position"), pair=pair)
    x, y = x + rnd.uniform(-1, 1), y + rnd.uniform(-1, 1)
    fields = {"shape": thing.shape, "colour": thing.colour, "size": thing.size, "position": thing.position}
    return Thing(**fields, style=thing.style, weights=thing.weights, x_px=x, y_px=y, radius_px=radius)


def random_backdrop(rnd: random.Random) -> Backdrop:
    """A backdrop: mostly one colour."""
    kind = rnd.choices(words.BACKDROP_NAMES, (0.74, 0.14, 0.12))[0]
    return Backdrop(kind=kind, colour=rnd.choice(words.COLOUR_NAMES))


def colours_on(backdrop: Backdrop) -> list[str]:
    """Colours that can be seen on a backdrop."""
    hidden = {"black"} if backdrop.kind == "night" else {backdrop.colour}
    if backdrop.kind == "checkered":
        hidden |= {"white", "black"}
    return [name for name in words.COLOUR_NAMES if name not in hidden]


def random_thing(rnd: random.Random, backdrop: Backdrop, position: str, *, unseen: bool) -> Thing:
    """A thing whose triple with the backdrop is held out of the training, or is not."""
    pairs = [
        (shape, colour)
        for shape in words.SHAPE_NAMES
        for colour in colours_on(backdrop)
        if held_out(shape, colour, backdrop) == unseen
    ]
    shares = [SHAPE_SHARES.get(shape, 1.0) for shape, _ in pairs]
    shape, colour = rnd.choice(pairs) if unseen else rnd.choices(pairs, shares)[0]
    style = rnd.choices(words.STYLE_NAMES, (0.82, 0.18))[0]
    return Thing(shape=shape, colour=colour, size=rnd.choice(words.SIZE_NAMES), position=position, style=style)


def random_weight(rnd: random.Random) -> float:
    """An emphasis: weaker (0.25..0.95) as often as stronger (1.05..1.8)."""
    return round(rnd.uniform(0.25, 0.95) if rnd.random() < 0.45 else rnd.uniform(1.05, 1.8), 2)


def emphasised(backdrop: Backdrop, things: list[Thing], rnd: random.Random) -> tuple[Backdrop, list[Thing]]:
    """The same scene with one attribute of the backdrop or of a thing weaker or stronger."""
    weight = random_weight(rnd)
    if backdrop.kind != "night" and rnd.random() < 0.22:
        key = rnd.choice(("colour", "kind")) if backdrop.kind == "checkered" else "colour"
        weights = {**backdrop.weights, key: weight}
        return Backdrop(kind=backdrop.kind, colour=backdrop.colour, weights=weights), things
    index = rnd.randrange(len(things))
    thing = things[index]
    keys = ["colour"] * 7 + ["size"] * 6 + ["shape"]
    keys += ["position"] if len(things) == 1 and thing.position != "center" else []
    keys += ["style"] * 3 if thing.style == "striped" else []
    key = rnd.choice(keys)
    weights = {**thing.weights, key: round(rnd.uniform(0.6, 1.5), 2) if key == "shape" else weight}
    fields = {"shape": thing.shape, "colour": thing.colour, "size": thing.size, "position": thing.position}
    changed = Thing(**fields, style=thing.style, weights=weights)
    return backdrop, [*things[:index], changed, *things[index + 1 :]]


def random_scene(rnd: random.Random, *, pair: bool, emphasis: float = 0.0, unseen: bool = False) -> Scene:
    """A scene of one thing or a pair; `emphasis` is the chance (0..1) that attributes are weaker or stronger."""
    backdrop = random_backdrop(rnd)
    while unseen and backdrop.kind != "solid":
        backdrop = random_backdrop(rnd)
    positions = rnd.choice(PAIRS) if pair else (rnd.choice(words.POSITION_NAMES),)
    things = [random_thing(rnd, backdrop, position, unseen=unseen) for position in positions]
    if rnd.random() < emphasis:
        for _ in range(rnd.choice((1, 1, 2))):
            backdrop, things = emphasised(backdrop, things, rnd)
    placed = tuple(place(thing, rnd, pair=pair) for thing in things)
    cells = [(column, row) for column in range(8) for row in range(8) if rnd.random() < 0.22]
    return Scene(backdrop=backdrop, things=placed, stars=tuple(cells) if backdrop.kind == "night" else ())
