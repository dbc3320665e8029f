"""A picture's record as A1111 writes it: prompt lines, `Negative prompt: …`, then one line of `Key: value, Key: value`."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from sdtui import __version__
from sdtui.images import chunk
from sdtui.spec.document import Document
from sdtui.spec.job import Render
from sdtui.spec.params import Params

KEY = "parameters"
NEGATIVE = "Negative prompt:"
TEMPLATE, NEGATIVE_TEMPLATE = "Template", "Negative Template"
"""What the prompts were drawn from; ours are pairs, the dynamic-prompts extension writes them as lines below the others."""
ALL_STEPS = "NGMS all steps"
"""Says that the negative prompt is left out in every step below the sigma, as we do; without it every other step, A1111's habit."""
ADAPTER_DIGITS = 12
LOW_MEMORY = "Low memory"
LEAST_PAIRS = 3
"""So many pairs make a line the parameter line (as A1111); fewer are text."""

# No two neighbours of this pattern can eat the same text in many ways: a line of a megabyte takes linear time.
_PAIR = re.compile(r'\s*(?P<key>\w[\w \-/+.()]{0,80}):(?:\s+|(?="))(?P<value>"(?:[^"\\]|\\.)*"\s*|[^,]*)(?:,|$)')
_SIZE = re.compile(r"(\d+)\s*[x×]\s*(\d+)")


@dataclass(frozen=True)
class Record:
    """What an infotext says; a pair whose value is a size is there as `Key-1` and `Key-2`.

    `line` (from 1) is the parameter line's, 0 where there is none.
    """

    prompt: str = ""
    negative_prompt: str = ""
    pairs: dict[str, str] = field(default_factory=dict)
    line: int = field(default=0, compare=False)


def texts(
    render: Render,
    document: Document,
    *,
    model_hash: str,
    lora_hashes: Mapping[str, str] | None = None,
    makeshift: str = "",
) -> dict[str, str]:
    """The text chunks of a picture: A1111's record and our own."""
    record = infotext(render, document, model_hash=model_hash, lora_hashes=lora_hashes, makeshift=makeshift)
    return {KEY: record, chunk.KEY: chunk.encode(render, document)}


def infotext(
    render: Render,
    document: Document,
    *,
    model_hash: str,
    lora_hashes: Mapping[str, str] | None = None,
    makeshift: str = "",
) -> str:
    """The record of a picture; `model_hash` is the SHA-256 of the model's file in hex, empty where it is not known.

    `lora_hashes`: by path the SHA-256 of a LoRA's file without its header; the other files' hashes are the render's.
    `makeshift` is what a lack of memory changed about the picture, in a few words.
    """
    lines = [render.prompt] if render.prompt else []
    if render.negative_prompt:
        lines.append(f"{NEGATIVE} {render.negative_prompt}")
    pairs = _pairs(render, document, model_hash, lora_hashes or {})
    pairs |= {LOW_MEMORY: makeshift, "Version": f"sdtui {__version__}"}
    lines.append(", ".join(f"{key}: {quote(value)}" for key, value in pairs.items() if value))
    return "\n".join(lines)


def parse(text: str, known: Container[str] = ()) -> Record:
    """The record in a text; never raises. A text without a parameter line is all prompt.

    The parameter line is the last line of at least LEAST_PAIRS pairs, or one whose keys are all `known`; what stands below it
    is no part of the record, but for the templates of the dynamic-prompts extension.
    """
    lines, templates = _split_templates(text.replace("\r\n", "\n").split("\n"))
    pairs: dict[str, str] = {}
    at = 0
    for number in range(len(lines) - 1, -1, -1):
        found = _read_pairs(lines[number])
        if len(found) >= LEAST_PAIRS or (found and all(key in known for key in found)):
            at = number + 1
            lines, pairs = lines[:number], _split_sizes(found) | templates
            break
    prompt: list[str] = []
    negative: list[str] | None = None
    for line in lines:
        if negative is None and line.lstrip().startswith(NEGATIVE):
            negative = [line.lstrip().removeprefix(NEGATIVE)]
        else:
            (prompt if negative is None else negative).append(line)
    return Record("\n".join(prompt).strip(), "\n".join(negative or ()).strip(), pairs, at)


def quote(value: str) -> str:
    """The value as it stands in a parameter line: in JSON's quotes where a comma, colon, quote or line break would mislead."""
    plain = value == value.strip() and value.isprintable() and not set(value) & set(',:"')
    return value if plain else json.dumps(value, ensure_ascii=False)


def unquote(text: str) -> str:
    """The value that `quote` wrote."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    # Half a surrogate pair could go on no wire.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else text


def _pairs(render: Render, document: Document, model_hash: str, lora_hashes: Mapping[str, str]) -> dict[str, str]:
    """Keys in A1111's order; an empty value means that the key is left out."""
    params = render.params
    several = params.batch_size > 1
    return {
        "Steps": str(params.steps),
        "Sampler": params.sampler,
        "Schedule type": params.schedule_type,
        "CFG scale": f"{params.cfg_scale:.10g}",
        "Seed": str(params.seed),
        "Size": f"{params.width}x{params.height}",
        "Model hash": model_hash[:10],
        "Model": render.checkpoint.name,
        "VAE hash": render.vae.sha256[:10] if render.vae else "",
        "VAE": PurePath(render.vae.path).name if render.vae else "",
        "Batch size": str(params.batch_size) if several else "",
        "Batch pos": str(render.index % params.batch_size) if several else "",
        **_noise_pairs(params),
        "Clip skip": str(params.clip_skip) if params.clip_skip != 1 else "",
        "ENSD": str(params.ensd) if params.ensd else "",
        "RNG": params.rng,
        "Tiling": str(params.tiling) if params.tiling else "",
        "Eta": f"{params.eta:.10g}" if params.eta != 1 else "",
        "Eta DDIM": f"{params.eta_ddim:.10g}" if params.eta_ddim else "",
        "Rescale CFG": f"{params.guidance_rescale:.10g}" if params.guidance_rescale else "",
        "NGMS": f"{params.skip_uncond_below:.10g}" if params.skip_uncond_below else "",
        ALL_STEPS: str(True) if params.skip_uncond_below else "",
        **_refiner_pairs(render),
        **_adapter_pairs(render, lora_hashes),
        "Emphasis": params.emphasis if params.emphasis != "Original" else "",
        "Wildcards": params.wildcards if params.wildcards != "random" else "",
        TEMPLATE: document.prompt if document.prompt != render.prompt else "",
        NEGATIVE_TEMPLATE: document.negative_prompt if document.negative_prompt != render.negative_prompt else "",
    }


def _refiner_pairs(render: Render) -> dict[str, str]:
    """The checkpoint that made the last steps, with its hash as A1111 writes it, and where it took over."""
    if render.refiner is None:
        return {}
    file = render.refiner.file
    title = f"{file.name} [{file.sha256[:10]}]" if file.sha256 else file.name
    return {"Refiner": title, "Refiner switch at": f"{render.params.refiner_switch_at:.10g}"}


def _adapter_pairs(render: Render, lora_hashes: Mapping[str, str]) -> dict[str, str]:
    """The hashes of what the prompts name, as far as they are known: `name: hash, name: hash`."""
    files = [network.file for network in render.networks if network.kind == "lora"]
    loras = [(_bare(file.name), lora_hashes.get(file.path, "")) for file in files]
    words = [(embedding.word, embedding.file.sha256) for embedding in render.embeddings]
    return {"Lora hashes": _hashes(loras), "TI hashes": _hashes(words)}


def _hashes(named: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name}: {sha256[:ADAPTER_DIGITS]}" for name, sha256 in named if sha256)


def _bare(name: str) -> str:
    """The name as A1111 writes it in such a list: without its folder, and without what parts the list."""
    return name.rpartition("/")[2].replace(":", "").replace(",", "")


def _noise_pairs(params: Params) -> dict[str, str]:
    """What the seed's noise is changed by; a size of which one side is given is written with both."""
    varied = params.variation_strength > 0
    resized = params.seed_resize_width or params.seed_resize_height
    size = f"{params.seed_resize_width or params.width}x{params.seed_resize_height or params.height}"
    return {
        "Variation seed": str(params.variation_seed) if varied else "",
        "Variation seed strength": f"{params.variation_strength:.10g}" if varied else "",
        "Seed resize from": size if resized else "",
    }


def _split_templates(lines: list[str]) -> tuple[list[str], dict[str, str]]:
    """The lines above the extension's templates, and the templates, which may have several lines each."""
    labels = {f"{label}:": label for label in (TEMPLATE, NEGATIVE_TEMPLATE)}
    starts = [number for number, line in enumerate(lines) if line.startswith(tuple(labels))]
    first = next(
        (start for start in starts if any(len(_read_pairs(line)) >= LEAST_PAIRS for line in lines[:start])), None
    )
    if first is None:
        return lines, {}
    templates: dict[str, list[str]] = {}
    for line in lines[first:]:
        label, colon, rest = line.partition(":")
        if label + colon in labels and label not in templates:
            templates[label] = [rest]
        else:
            templates[list(templates)[-1]].append(line)
    return lines[:first], {label: "\n".join(text).strip() for label, text in templates.items()}


def _read_pairs(line: str) -> dict[str, str]:
    """The pairs of a line that begins with one, the first of each key; what is no pair between them is passed over."""
    pairs: dict[str, str] = {}
    at = 0
    while at < len(line):
        match = _PAIR.match(line, at)
        if match:
            pairs.setdefault(match["key"].strip(), unquote(match["value"].strip()))
            at = match.end()
        elif not pairs:
            break
        else:
            at = (line.find(",", at) + 1) or len(line)
    return pairs


def _split_sizes(pairs: dict[str, str]) -> dict[str, str]:
    split: dict[str, str] = {}
    for key, value in pairs.items():
        size = _SIZE.fullmatch(value)
        if size:
            split[f"{key}-1"], split[f"{key}-2"] = size[1], size[2]
        else:
            split[key] = value
    return split
