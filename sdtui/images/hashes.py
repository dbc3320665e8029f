"""The hashes of model files that a picture's record names, and whether a render is made with the same files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from sdtui.spec.job import Render

LEAST_DIGITS = 10
"""A1111's first hashes had 8 and were of something else: nothing can be told by them."""
_HASH = re.compile(rf"[0-9a-f]{{{LEAST_DIGITS},64}}")
_NAMED = re.compile(r"\s*([^:,]+):\s*([0-9a-fA-F]+)\s*(?:,|$)")


class RecordedHashes(Struct, frozen=True, kw_only=True):
    """The first digits of SHA-256 in lower case: of the checkpoint's file ("": not known), of LoRAs without header by bare name."""

    checkpoint: str = ""
    loras: Mapping[str, str] = {}


def recorded_hashes(pairs: Mapping[str, str]) -> RecordedHashes:
    """The hashes in the pairs of a record; what is none is left out."""
    loras = {
        name.strip(): found for name, text in _NAMED.findall(pairs.get("Lora hashes", "")) if (found := _hash(text))
    }
    return RecordedHashes(checkpoint=_hash(pairs.get("Model hash", "")), loras=loras)


def unlike(recorded: RecordedHashes, render: Render, content_hash: Callable[[str], str]) -> Iterator[str]:
    """Sentences about the files of a render that are other ones than the record's, as far as both hashes are known.

    `content_hash` is the SHA-256 of the file at a path without its header, "" where nobody knows it.
    """
    mine = render.checkpoint.sha256
    if not _alike(recorded.checkpoint, mine):
        yield (
            f"The picture was made with another version of {render.checkpoint.name}: its hash was {recorded.checkpoint}, "
            f"that of the file now is {mine[:LEAST_DIGITS]}. This one will look otherwise."
        )
    for network in render.networks:
        bare = network.file.name.rpartition("/")[2]
        wanted = recorded.loras.get(bare, "") if network.kind == "lora" else ""
        known = content_hash(network.file.path) if wanted else ""
        if not _alike(wanted, known):
            yield (
                f"The picture was made with another version of the LoRA {bare}: its hash was {wanted}, "
                f"that of the file now is {known[: len(wanted)]}."
            )


def _alike(recorded: str, known: str) -> bool:
    """Nothing tells them apart."""
    return not recorded or not known or known.startswith(recorded)


def _hash(text: str) -> str:
    folded = text.strip().lower().removeprefix("0x")
    return folded if _HASH.fullmatch(folded) else ""
