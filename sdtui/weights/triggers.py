"""How a model is to be used: what its maker called it, the words that trigger it, and the weight it is best used with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from sdtui.weights.sidefile import read_side
from sdtui.weights.siteinfo import read_site_info

NAME_KEY = "ss_output_name"
PHRASE_KEY = "modelspec.trigger_phrase"
MOST_WORDS = 50
LONGEST = 500
"""Characters of a name or a trigger word that are kept."""


class Use(NamedTuple):
    """`preferred_weight` is 0 where nobody says."""

    alias: str = ""
    trigger_words: tuple[str, ...] = ()
    preferred_weight: float = 0.0


def read_use(path: Path, metadata: Mapping[str, str]) -> Use:
    """What the side file that A1111 writes says (`activation text`, `preferred weight`), else the metadata, else the site's tool."""
    alias = metadata.get(NAME_KEY, "").strip()[:LONGEST]
    side = read_side(path)
    words = side.activation_text or metadata.get(PHRASE_KEY, "") or ", ".join(read_site_info(path).trainedWords)
    return Use(alias if alias.isprintable() else "", _split(words), side.preferred_weight)


def _split(words: str) -> tuple[str, ...]:
    found = (" ".join(word.split())[:LONGEST] for word in words.split(","))
    return tuple(word for word in found if word and word.isprintable())[:MOST_WORDS]
