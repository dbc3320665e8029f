"""Prompt files that are pictures: what their metadata says is made again, with the picture's own seed."""

from __future__ import annotations

from msgspec.structs import replace

from sdtui.errors import UsageError
from sdtui.images import chunk
from sdtui.images.hashes import recorded_hashes
from sdtui.images.infotext import KEY, parse
from sdtui.images.restore import restore
from sdtui.spec.document import Document
from sdtui.watch.sheet import Sheet


def read_picture_sheet(texts: dict[str, str], where: str) -> Sheet:
    """What the text chunks of a PNG say of it; raises UsageError when they say nothing."""
    own = chunk.decode(texts.get(chunk.KEY, ""))
    found = parse(texts.get(KEY, ""))
    if own is not None:
        return Sheet(_again(own), hashes=recorded_hashes(found.pairs))
    if not found.pairs and not found.prompt:
        raise UsageError(
            "The picture does not say how it was made.",
            where=where,
            todo="Pictures of sdtui and A1111 do, unless a program that shows or sends pictures took it away.",
        )
    restored = restore(found)
    return Sheet(restored.document, notes=restored.problems, hashes=recorded_hashes(found.pairs))


def _again(own: chunk.Provenance) -> Document:
    """The document of that one picture."""
    render, document = own.render, own.document
    params = {**document.params, "seed": render.params.seed, "batch_size": 1, "batch_count": 1}
    prompts = (document.prompt, document.negative_prompt)
    if render.params.wildcards == "combinatorial":
        # Its seed alone does not say which of the combinations it was.
        params["wildcards"], prompts = "off", (render.prompt, render.negative_prompt)
    return replace(
        document,
        prompt=prompts[0],
        negative_prompt=prompts[1],
        params=params,
        checkpoint=document.checkpoint or render.checkpoint.name,
        vae=document.vae or (render.vae.name if render.vae else ""),
    )
