"""Everything that can be told of a model without reading a tensor: side files, metadata, preview picture."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import msgspec

from sdtui.errors import ModelError
from sdtui.spec.model_about import ModelAbout
from sdtui.weights.header import read_header
from sdtui.weights.identify import SAFE_SUFFIXES
from sdtui.weights.metadata import TAG_KEY
from sdtui.weights.sidefile import read_only, read_side
from sdtui.weights.siteinfo import SiteInfo, beside, read_site_info
from sdtui.weights.wishes import side_file

PREVIEWS = (".preview.png", ".png", ".jpg", ".jpeg", ".webp", ".preview.jpg", ".preview.jpeg", ".preview.webp")
"""What the name of a model's picture ends in, as A1111 and its extensions write it, the first one that is there."""
TAGS_TOLD = 40
LONGEST = 4000
"""Characters of a description, or of one fact, that are told."""
FACTS: tuple[tuple[str, str], ...] = (
    ("title", "modelspec.title"),
    ("author", "modelspec.author"),
    ("licence", "modelspec.license"),
    ("date", "modelspec.date"),
    ("base model", "ss_sd_model_name"),
    ("base version", "ss_base_model_version"),
    ("architecture", "modelspec.architecture"),
    ("resolution", "modelspec.resolution"),
    ("trained at", "ss_resolution"),
    ("rank", "ss_network_dim"),
    ("alpha", "ss_network_alpha"),
    ("steps", "ss_steps"),
    ("epochs", "ss_epoch"),
    ("pictures", "ss_num_train_images"),
    ("clip skip", "ss_clip_skip"),
    ("usage", "modelspec.usage_hint"),
)
"""What is told of the metadata, and the key it is read from."""

_BROKEN = (msgspec.MsgspecError, UnicodeError, RecursionError)
_FREQUENCIES = msgspec.json.Decoder(dict[str, dict[str, float]])


def read_about(path: Path, sha256: str = "") -> ModelAbout:
    """What is known of a model; whatever cannot be read is not told."""
    side, info, metadata = read_side(path), read_site_info(path), _metadata(path)
    description = side.description or _plain(info.description or "") or metadata.get("modelspec.description", "")
    return ModelAbout(
        path=str(path),
        activation_text=side.activation_text,
        preferred_weight=side.preferred_weight,
        negative_text=side.negative_text,
        notes=side.notes,
        description=description.strip()[:LONGEST],
        tags=tuple(top_tags(metadata)),
        facts=tuple(_facts(metadata, info)),
        sha256=sha256,
        preview=str(preview_of(path) or ""),
        side_path=str(side_file(path)),
        read_only=read_only(path),
    )


def preview_of(path: Path) -> Path | None:
    """The picture beside a model; None when there is none."""
    found = (beside(path, ending) for ending in PREVIEWS)
    return next((picture for picture in found if picture.is_file()), None)


def top_tags(metadata: Mapping[str, str]) -> list[tuple[str, int]]:
    """What a LoRA's pictures were tagged with and how often, over all its folders, the most frequent first."""
    counts: Counter[str] = Counter()
    try:
        folders = _FREQUENCIES.decode(metadata.get(TAG_KEY, "{}"))
    except _BROKEN:
        return []
    for tags in folders.values():
        for tag, count in tags.items():
            if tag.strip().isprintable() and 0 < count < 2**53:
                counts[tag.strip()] += int(count)
    return counts.most_common(TAGS_TOLD)


def _facts(metadata: Mapping[str, str], info: SiteInfo) -> list[tuple[str, str]]:
    told = [(label, " ".join(metadata.get(key, "").split())[:LONGEST]) for label, key in FACTS]
    site = (("site's name", info.model.name if info.model else ""), ("site's base", info.baseModel))
    return [
        (label, value)
        for label, value in (*told, *((label, value or "") for label, value in site))
        if value not in {"", "None"}
    ]


def _metadata(path: Path) -> Mapping[str, str]:
    if path.is_dir() or path.suffix.lower() not in SAFE_SUFFIXES:
        return {}
    try:
        return read_header(path).metadata
    except ModelError:
        return {}


def _plain(text: str) -> str:
    """A text of HTML as lines of plain text."""
    broken = re.sub(r"(?i)<\s*(?:br|/p|/li|/h\d|/div)[^>]*>", "\n", text)
    lines = (" ".join(line.split()) for line in html.unescape(re.sub(r"<[^>]{0,2000}>", "", broken)).split("\n"))
    return "\n".join(line for line in lines if line)
