"""Every word the built-in model knows, in one table; drawer, captions, README, completion and wildcards follow it."""

from __future__ import annotations

from typing import NamedTuple


class Word(NamedTuple):
    """One attribute's name, the wordings that mean it (the first is the plain one) and how often each is used."""

    name: str
    wordings: tuple[str, ...]
    shares: tuple[int, ...]


def _word(name: str, **wordings: int) -> Word:
    chosen = {key.replace("_", " "): share for key, share in wordings.items()} or {name: 1}
    return Word(name, tuple(chosen), tuple(chosen.values()))


SHAPES = (
    _word("circle", circle=6, disc=1, ball=1),
    _word("square", square=7, box=1),
    _word("triangle"),
    _word("star"),
    _word("cross", cross=6, plus=1),
    _word("ring", ring=6, donut=1),
)
COLOURS = tuple(
    _word(name) for name in ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "black")
)
SIZES = (_word("small", small=4, tiny=1), _word("large", large=3, big=1))
POSITIONS = (
    _word("center", in_the_center=2, in_the_middle=1),
    _word("left", on_the_left=1),
    _word("right", on_the_right=1),
    _word("top", at_the_top=1),
    _word("bottom", at_the_bottom=1),
)
STYLES = (_word("plain"), _word("striped"))
BACKDROPS = (_word("solid", background=1), _word("checkered"), _word("night", night_sky=1))
RELATIONS = {"left": "left of", "right": "right of", "top": "above", "bottom": "below"}
OPENINGS = ("a picture of", "a drawing of", "a photo of")
ANY_SHAPE = "shape"
SMALL_WORDS = ("a", "an", "and", "on", ",")

SHAPE_NAMES = tuple(word.name for word in SHAPES)
COLOUR_NAMES = tuple(word.name for word in COLOURS)
HUES = COLOUR_NAMES[:7]
SIZE_NAMES = tuple(word.name for word in SIZES)
POSITION_NAMES = tuple(word.name for word in POSITIONS)
STYLE_NAMES = tuple(word.name for word in STYLES)
BACKDROP_NAMES = tuple(word.name for word in BACKDROPS)

WORDS = {word.name: word for word in (*SHAPES, *COLOURS, *SIZES, *POSITIONS, *STYLES, *BACKDROPS)}


def plain(name: str) -> str:
    """The plain wording of an attribute: `center` is "in the center"."""
    return WORDS[name].wordings[0]


def article(following: str) -> str:
    """The article that goes before a word."""
    return "an" if following[:1] in "aeiou" else "a"


def vocabulary() -> tuple[str, ...]:
    """Every wording the captions are made of, without repeats; everything else is an unknown word."""
    names = [text for word in WORDS.values() if word.name != "plain" for text in word.wordings]
    return tuple(dict.fromkeys([*names, *RELATIONS.values(), *OPENINGS, ANY_SHAPE, "background", *SMALL_WORDS]))
