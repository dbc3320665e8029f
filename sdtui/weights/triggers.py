"""How a model is to be used: what its maker called it, the words that trigger it, and the weight it is best used with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from sdtui.weights.sidefile import read_side
from sdtui.weights.siteinfo import read_site_info

NAME_KEY = "ss_output_name"
PHRASE_KEY = "modelspec.trigger_phrase"
TAGS_KEY = "ss_tag_frequency"
MOST_TAGS = 5
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
    words = words or _commonest(metadata.get(TAGS_KEY, ""))
    return Use(alias if alias.isprintable() else "", _split(words), side.preferred_weight)


def _commonest(frequencies: str) -> str:
    """The tags that no tag was more frequent than in what a LoRA was trained on; with more than a few, nothing is told apart."""
    try:
        folders = msgspec.json.decode(frequencies or "{}", type=dict[str, dict[str, int]])
    except (msgspec.DecodeError, RecursionError):
        return ""
    counts: Counter[str] = Counter()
    for tags in folders.values():
        counts.update({tag.strip(): count for tag, count in tags.items()})
    most = max(counts.values(), default=0)
    found = [tag for tag, count in counts.items() if count == most > 0]
    return ", ".join(found) if len(found) <= MOST_TAGS else ""


def _split(words: str) -> tuple[str, ...]:
    found = (" ".join(word.split())[:LONGEST] for word in words.split(","))
    return tuple(word for word in found if word and word.isprintable())[:MOST_WORDS]
