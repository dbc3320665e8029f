"""What a prompt's tags ask for: LoRAs and hypernetworks with their weights."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sdtui.prompt.names import TAG_KINDS, NameKind, Names
from sdtui.prompt.nodes import Prompt, Tag, clamp


class Lora(NamedTuple):
    """A LoRA: its weight in the text encoder and in the UNet (±10), and how many of its dimensions count (None: all)."""

    name: str
    te: float = 1.0
    unet: float = 1.0
    dyn: int | None = None


class Hypernetwork(NamedTuple):
    """A hypernetwork and what its effect is multiplied with (±10)."""

    name: str
    multiplier: float = 1.0


def loras(*prompts: Prompt, names: Names | None = None) -> tuple[Lora, ...]:
    """The LoRAs of a picture's prompts in the order of their first tags, under their files' names where names are known.

    A tag counts for the picture wherever it stands, in the negative prompt, too (A1111 reads it as text there).

    The weights of one that is named twice add up, and its last `dyn` counts. A tag that names nothing or has an argument
    that is no number is left out: the linter calls it an error.
    """
    found: dict[str, Lora] = {}
    for tag in _tags(prompts):
        read = read_lora(tag) if TAG_KINDS.get(tag.kind) == "lora" else None
        if read is None:
            continue
        name = _file_name("lora", read.name, names)
        before = found.get(name)
        te, unet, dyn = (before.te, before.unet, before.dyn) if before else (0.0, 0.0, None)
        found[name] = Lora(name, clamp(te + read.te), clamp(unet + read.unet), dyn if read.dyn is None else read.dyn)
    return tuple(found.values())


def hypernetworks(*prompts: Prompt, names: Names | None = None) -> tuple[Hypernetwork, ...]:
    """The hypernetworks of a picture's prompts; as `loras`."""
    found: dict[str, Hypernetwork] = {}
    for tag in _tags(prompts):
        read = read_hypernetwork(tag) if tag.kind == "hypernet" else None
        if read is None:
            continue
        name = _file_name("hypernetwork", read.name, names)
        before = found[name].multiplier if name in found else 0.0
        found[name] = Hypernetwork(name, clamp(before + read.multiplier))
    return tuple(found.values())


def read_lora(tag: Tag) -> Lora | None:
    """`<lora:name:te:unet:dyn>`: te is 1 unless given, unet is te (as A1111); named arguments count before positional ones."""
    named = dict(tag.named)
    te = read_weight(named.get("te", _positional(tag, 1, "1")))
    unet = read_weight(named.get("unet", _positional(tag, 2, ""))) if "unet" in named or len(tag.positional) > 2 else te
    written = named.get("dyn", _positional(tag, 3, ""))
    dyn = read_count(written)
    if not tag.name or te is None or unet is None or (written and dyn is None):
        return None
    return Lora(tag.name, te, unet, dyn)


def read_hypernetwork(tag: Tag) -> Hypernetwork | None:
    """`<hypernet:name:multiplier>`: the multiplier is 1 unless given."""
    multiplier = read_weight(_positional(tag, 1, "1"))
    return Hypernetwork(tag.name, multiplier) if tag.name and multiplier is not None else None


def read_weight(written: str) -> float | None:
    """A weight within ±10, None for what is no finite number."""
    try:
        value = float(written)
    except ValueError:
        return None
    return clamp(value) if math.isfinite(value) else None


def read_count(written: str) -> int | None:
    """A whole number above 0, None for anything else."""
    plain = written.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and int(plain[:9]) > 0 and len(plain) < 10 else None


def _tags(prompts: Iterable[Prompt]) -> Iterator[Tag]:
    return (tag for prompt in prompts for tag in prompt.tags)


def _positional(tag: Tag, place: int, default: str) -> str:
    return tag.positional[place] if len(tag.positional) > place else default


def _file_name(kind: NameKind, name: str, names: Names | None) -> str:
    known = names.find(kind, name) if names else None
    return known.name if known else name
