"""Scenes as pictures: anti-aliased signed distance fields on 64×64 pixels."""

from __future__ import annotations

import numpy as np

from tools.demo_model.scene import SIDE_PX, Backdrop, Scene, Thing, strength

GREY = 140.0
VIVID = {
    "red": (235, 0, 10),
    "orange": (255, 125, 0),
    "yellow": (255, 232, 0),
    "green": (0, 165, 40),
    "blue": (10, 50, 255),
    "purple": (135, 0, 185),
    "pink": (255, 115, 200),
    "white": (255, 255, 255),
    "black": (0, 0, 0),
}
NIGHT = (18, 20, 70)
ROWS, COLUMNS = (axis.astype(np.float32) + 0.5 for axis in np.mgrid[0:SIDE_PX, 0:SIDE_PX])
STAR_OUTER, STAR_INNER = 1.15, 0.54


def colour(name: str, weight: float = 1.0) -> np.ndarray:
    """RGB (3,) 0..255 of a colour: neutral grey at weight 0, fully vivid from 1.6 on."""
    return GREY + strength(weight) * (np.array(VIVID[name], np.float32) - GREY)


def distance(shape: str, x: np.ndarray, y: np.ndarray, radius: float) -> np.ndarray:
    """Approximate signed distance in pixels, positive inside, of a shape around (0, 0)."""
    match shape:
        case "circle":
            return radius - np.hypot(x, y)
        case "square":
            return 0.88 * radius - np.maximum(abs(x), abs(y))
        case "triangle":
            return np.minimum(0.8 * radius - y, (y + radius) * 0.4472 - abs(x) * 0.8944)
        case "star":
            return _star(x, y, radius)
        case "cross":
            across, down = abs(x), abs(y)
            arm = 0.34 * radius
            return np.maximum(np.minimum(radius - across, arm - down), np.minimum(arm - across, radius - down))
        case "ring":
            return 0.23 * radius - abs(np.hypot(x, y) - 0.77 * radius)
    raise ValueError(shape)


def _star(x: np.ndarray, y: np.ndarray, radius: float) -> np.ndarray:
    sector = 2 * np.pi / 5
    angle = abs((np.arctan2(x, -y) + sector / 2) % sector - sector / 2)
    reach = np.hypot(x, y)
    outer, inner = STAR_OUTER * radius, STAR_INNER * radius
    edge_x, edge_y = inner * np.cos(sector / 2) - outer, inner * np.sin(sector / 2)
    cross = (reach * np.cos(angle) - outer) * edge_y - reach * np.sin(angle) * edge_x
    return -cross / np.hypot(edge_x, edge_y)


def _contrast(base: np.ndarray, weight: float) -> np.ndarray:
    """The second colour of a pattern: further from the first as the pattern's emphasis grows."""
    other = np.float32(235 if base.mean() < 170 else 60)
    return base + min(1.0, 1.15 * strength(weight)) * (other - base)


def _backdrop(backdrop: Backdrop, stars: tuple[tuple[int, int], ...]) -> np.ndarray:
    if backdrop.kind == "night":
        picture = np.broadcast_to(np.array(NIGHT, np.float32), (SIDE_PX, SIDE_PX, 3)).copy()
        for column, row in stars:
            near = np.clip(2.3 - np.hypot(COLUMNS - 8 * column - 4, ROWS - 8 * row - 4), 0, 1)[..., None]
            picture = picture * (1 - near) + 245 * near
        return picture
    base = colour(backdrop.colour, backdrop.weight("colour"))
    if backdrop.kind == "solid":
        return np.broadcast_to(base, (SIDE_PX, SIDE_PX, 3)).copy()
    odd = (((COLUMNS // 8) + (ROWS // 8)) % 2)[..., None]
    return base * (1 - odd) + _contrast(base, backdrop.weight("kind")) * odd


def _paint(picture: np.ndarray, thing: Thing) -> np.ndarray:
    inside = distance(thing.shape, COLUMNS - thing.x_px, ROWS - thing.y_px, thing.radius_px)
    alpha = np.clip(inside + 0.5, 0, 1)[..., None]
    paint = colour(thing.colour, thing.weight("colour"))
    if thing.style == "striped":
        odd = ((ROWS // 4) % 2)[..., None]
        paint = paint * (1 - odd) + _contrast(paint, thing.weight("style")) * odd
    return picture * (1 - alpha) + paint * alpha


def render(scene: Scene) -> np.ndarray:
    """The scene as uint8 RGB (64, 64, 3); patterns lie on the latent grid, which the autoencoder codes cheaply."""
    picture = _backdrop(scene.backdrop, scene.stars)
    for thing in scene.things:
        picture = _paint(picture, thing)
    return np.clip(picture, 0, 255).astype(np.uint8)
