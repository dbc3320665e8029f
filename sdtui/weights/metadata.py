"""Keeps a header's metadata small: training tools write megabytes of tag statistics."""

from __future__ import annotations

import heapq

import msgspec

METADATA_LIMIT = 4 * 2**20
"""Most characters of metadata that are kept, keys included."""
TAGS_KEPT = 200
"""Tags kept of each training folder when the statistics must shrink."""
TAG_KEY = "ss_tag_frequency"

_FREQUENCIES = msgspec.json.Decoder(dict[str, dict[str, float]])


def trim_metadata(metadata: dict[str, str], limit: int = METADATA_LIMIT) -> dict[str, str]:
    """The metadata in at most `limit` characters: first the tag statistics shrink to their top tags, then the longest go."""
    if _length(metadata) <= limit:
        return metadata
    kept = dict(metadata)
    if TAG_KEY in kept:
        kept[TAG_KEY] = _top_tags(kept[TAG_KEY])
    excess = _length(kept) - limit
    for key in sorted(kept, key=lambda key: len(kept[key]), reverse=True):
        if excess <= 0:
            break
        excess -= len(key) + len(kept.pop(key))
    return kept


def _top_tags(text: str) -> str:
    try:
        folders = _FREQUENCIES.decode(text)
    except (msgspec.MsgspecError, UnicodeError):
        return "{}"
    top = {
        folder: dict(heapq.nlargest(TAGS_KEPT, tags.items(), key=lambda item: item[1]))
        for folder, tags in folders.items()
    }
    return msgspec.json.encode(top).decode()


def _length(metadata: dict[str, str]) -> int:
    return sum(len(key) + len(value) for key, value in metadata.items())
