"""How the texts of a picture are read."""

from __future__ import annotations

from sdtui.spec.fields.field import Field
from sdtui.spec.samplers import EMPHASIS_MODES

WILDCARD_MODES = ("random", "combinatorial", "off")

TEXTS: tuple[Field, ...] = (
    Field(
        name="clip_skip",
        label="Clip skip",
        kind="int",
        default=1,
        low=1,
        high=12,
        infotext="Clip skip",
        main=False,
        help="1 is the text encoder's last layer, 2 the one before.",
    ),
    Field(
        name="emphasis",
        label="Emphasis",
        kind="choice",
        default="Original",
        choices=EMPHASIS_MODES,
        infotext="Emphasis",
        main=False,
        help="How prompt weights act on the text encoder's output.",
    ),
    Field(
        name="comma_backtrack",
        label="Comma backtrack",
        kind="int",
        default=20,
        low=0,
        high=74,
        main=False,
        help="A full chunk of 75 tokens is split after a comma at most this many tokens back; 0 never looks back.",
    ),
    Field(
        name="wildcards",
        label="Wildcard mode",
        kind="choice",
        default="random",
        choices=WILDCARD_MODES,
        infotext="Wildcards",
        main=False,
        help="How wildcards and choices are resolved: drawn by each picture's seed, one picture each combination, or left alone.",
    ),
)
